"""How a run stands at one moment, for whoever watches it: a few lines, or one line of JSON."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from ..core.life.state import Phase
from ..core.limits.steering import Answer, Standing
from ..model import Money
from ..values import dataclass
from .document import money_document
from .steered import steered_document, steered_words
from .text import counted, iso, json_line, lasting, together

WINDOW_S: Final = 300.0  # of the pace: longer than one job takes, short enough to follow a change of limits

_WORDS: Final = {
    Phase.IN_DOUBT: "being bought or in doubt",
    Phase.RUNNING: "at the provider",
    Phase.READY: "to be fetched",
    Phase.SAVED: "to be checked",
    Phase.FAILED: "failed",
    Phase.REVIEW: "to review",
    Phase.PLANNED: "waiting",
}
_AT_REST: Final = (Phase.DONE, Phase.REVIEW, Phase.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What the journal's index says at the moment `at`.

    `phases` counts the items that matter, `committed` is the money spent and reserved, beside what `unpriced` items
    cost. `holder` says who works in the folder, None that nobody does; `buying` is what that run says of itself.
    """

    name: str
    at: float
    phases: Mapping[Phase, int]
    committed: tuple[Money, ...]
    holder: str | None
    unpriced: int = 0
    buying: Answer | None = None

    @property
    def at_rest(self) -> int:
        """Return how many items are done, failed or wait for a person."""
        return sum(self.phases.get(phase, 0) for phase in _AT_REST)

    @property
    def left(self) -> int:
        """Return how many items still have a way to go."""
        return sum(self.phases.values()) - self.at_rest


class Pace:
    """How many items come to rest in a minute, as seen over the last minutes by one who watches."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, glance: Glance) -> None:
        """Take note of one more look."""
        self._seen.append((glance.at, glance.at_rest))
        while glance.at - self._seen[0][0] > WINDOW_S and len(self._seen) > 2:  # noqa: PLR2004 -- two make a pace
            self._seen.popleft()

    @property
    def per_minute(self) -> float | None:
        """Return the items a minute; None before a second look."""
        (first, before), (last, now) = self._seen[0], self._seen[-1]
        return max(now - before, 0) * 60 / (last - first) if last > first else None


def left_s(glance: Glance, per_minute: float | None) -> float | None:
    """Return about how many seconds are left at this pace, None where nobody can tell."""
    return glance.left * 60 / per_minute if per_minute else None


def glance_lines(glance: Glance, per_minute: float | None) -> list[str]:
    """Return always as many lines, so that they can be drawn over the former ones."""
    done = glance.phases.get(Phase.DONE, 0)
    others = [f"{n} {_word(phase, glance)}" for phase in _WORDS if (n := glance.phases.get(phase, 0))]
    return [
        "; ".join([f"{glance.name}: {done} of {counted(sum(glance.phases.values()), 'video')} done", *others]),
        f"  money   {together(glance.committed, unpriced=glance.unpriced)} spent or reserved",
        f"  pace    {_pace(glance, per_minute)}",
        f"  buying  {_buying(glance)}",
        f"  at work {glance.holder or 'nobody'}, seen at {iso(glance.at)}",
    ]


def glance_line(glance: Glance, per_minute: float | None) -> str:
    """Return one line of JSON for a program."""
    document: dict[str, Any] = {
        "at": iso(glance.at),
        "name": glance.name,
        "phases": {str(phase): glance.phases.get(phase, 0) for phase in Phase},
        "committed": [money_document(money) for money in glance.committed],
        "per_minute": per_minute,
        "left_s": left_s(glance, per_minute),
        "at_work": glance.holder,
        "buying": steered_document(glance.buying) if isinstance(glance.buying, Standing) else None,
    }
    return json_line(document)


def _word(phase: Phase, glance: Glance) -> str:
    is_settled = phase is Phase.IN_DOUBT and glance.holder is None
    return "in doubt" if is_settled else _WORDS[phase]


def _buying(glance: Glance) -> str:
    if glance.holder is None:
        return "nothing"
    return "not known: the run at work does not say" if glance.buying is None else steered_words(glance.buying)


def _pace(glance: Glance, per_minute: float | None) -> str:
    if per_minute is None:
        return "not known yet"
    seconds = left_s(glance, per_minute)
    if seconds is None:
        return f"nothing came to rest while it was watched (at most {lasting(WINDOW_S)})"
    return f"{per_minute:.3g} a minute, about {lasting(seconds)} left"
