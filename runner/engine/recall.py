"""What a run must know of the runs before it, so that a restart exceeds no limit: slots, windows, pauses.

A submit counts from its answer. One without an answer may have been counted as late as its run died, at most now, and
never later than the wire lets a request live.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ..core.lifecycle import Phase, State, fold
from ..core.retry import RETRY_AFTER_MOST_S
from ..events import Accepted, Doubted, Intended, Refused, Settled, Stalled, Stamped
from .ledger import Ledger
from .provider import Provider
from .steps import PAUSING

LONGEST_SUBMIT_S: Final = 900.0  # no request lives longer: every time-out of the wire is shorter by far

_ANSWERS: Final = (Accepted, Refused, Doubted, Settled, Stalled)


def recall(ledger: Ledger, providers: Mapping[str, Provider], unanswered: Sequence[str], *, now: float) -> None:
    """Let every gate count the submits of earlier runs, and wait as long as their last refusals asked for.

    `unanswered` are the items with an open intent.
    """
    since = now - max(LONGEST_SUBMIT_S, *(provider.gate.longest_window_s for provider in providers.values()))
    keys = dict.fromkeys(unanswered)
    keys |= dict.fromkeys(key for key, stamped in ledger.journal.recent(since) if isinstance(stamped.event, _ANSWERS))
    for key in keys:
        history = ledger.journal.history(key)
        for name, at in submits(history):
            if at > since and name in providers:
                providers[name].gate.remember([at], now)
        _pause(fold(history), providers, now)


def _pause(state: State, providers: Mapping[str, Provider], now: float) -> None:
    """Hold the gate until a refused item may be tried again; a clock that jumped must not hold it for ever."""
    provider, verdict = providers.get(state.provider or ""), state.verdict
    if state.phase is Phase.PLANNED and provider and verdict and verdict.kind in PAUSING:
        provider.gate.pause(min(state.due, now + RETRY_AFTER_MOST_S), f"{provider.name}: {verdict}")


def submits(history: Sequence[Stamped]) -> Iterator[tuple[str, float]]:
    """Give the provider of each submit of an item, and the last moment at which it may have counted it."""
    asked: str | None = None
    intended_at = 0.0
    for stamped in history:
        match stamped.event:
            case Intended(provider=provider):
                if asked is not None:  # the run before died without an answer, and this one repeats the request
                    yield asked, stamped.at
                asked, intended_at = provider, stamped.at
            case Accepted() | Refused() | Doubted() | Settled() | Stalled() if asked is not None:
                yield asked, stamped.at
                asked = None
            case _:
                pass
    if asked is not None:
        yield asked, intended_at + LONGEST_SUBMIT_S
