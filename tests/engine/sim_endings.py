"""What one life was allowed, and what its end is held against at once, while the world is as it left it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sim_life import Life
from sim_person import named, states

from runner.core.life.state import OPEN_PHASES, Phase
from runner.core.sums.ending import Conclusion, Ending
from runner.model import Money

_WHEN_BROKEN: Final = frozenset({Ending.FINISHED, Ending.AUTH_CLOSED, Ending.QUOTA_CLOSED, Ending.UNREACHABLE})
"""How a run ends that bought all that it could; every other ending was asked for."""


@dataclass(slots=True, kw_only=True)
class Era:
    """What was allowed in one life, for the books to be held against."""

    began: float
    ended: float = 0.0
    route: tuple[str, ...]
    may_buy: frozenset[str]
    repeats: frozenset[str]
    max_cost: Money | None
    was_stopped: bool = False
    conclusion: Conclusion | None = None


def ending_faults(life: Life, era: Era) -> Iterator[str]:
    """Give what a life that did not die broke or left undone at its end."""
    is_free = era.max_cost is None and life.rules.budget is None
    yield from _unheard(life)
    if era.conclusion is not None and era.conclusion.ending is not Ending.HALTED:
        yield from _unanswered(life)
    if era.conclusion is not None and era.conclusion.ending in _WHEN_BROKEN and era.may_buy and is_free:
        yield from _unbought(life, era)


def _unheard(life: Life) -> Iterator[str]:
    """What came back to a process that lived on is written, or told."""
    known = named(life.folder) if life.heard else set()
    words = "\n".join(life.witness.words)
    for name, job_id in life.heard:
        if (name, job_id) not in known and f"bought at {name} as job {job_id}," not in words:
            yield f"{name}'s answer that named {job_id} reached the run, and it is neither kept nor told"


def _unanswered(life: Life) -> Iterator[str]:
    """A run that comes to its end learns what became of every request that it sent."""
    for state in states(life.folder, Phase.IN_DOUBT):
        if state.answered_at is None and state.item.key in life.witness.asked_for and not state.idempotency_key:
            yield f"the run ended, and did not await what became of {state.item.id}"


def _unbought(life: Life, era: Era) -> Iterator[str]:
    """Where something is left unbought, each provider of the list made trouble.

    A job that takes too long and fills the last slot excuses it, too: all wait for it, also what others could make.
    Where there is a cap on money it is not looked at: what is left may buy nothing.
    """
    sound = [name for name in era.route if life.number not in life.markets[name].troubled]
    left = [state for state in states(life.folder, Phase.PLANNED) if state.wanted] if sound else []
    unbought = [state for state in left if state.item.prompt in era.may_buy]
    is_set = life.witness.has_slots_set
    slow = {name for name, market in life.markets.items() if is_set or market.nature.in_flight is not None}
    if unbought and not slow & {state.provider for phase in OPEN_PHASES for state in states(life.folder, phase)}:
        yield f"{unbought[0].item.id} was not bought, though {sound[0]} made no trouble: {era.conclusion}"
