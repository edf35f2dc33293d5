"""What the newest facts of a journal tell of one provider's pace: how long its jobs took, and what is under way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field, replace
from statistics import median
from typing import Final

from ...events import (
    Accepted,
    Broke,
    Checked,
    Doubted,
    Event,
    Finished,
    GaveUpWaiting,
    Intended,
    Judged,
    Refused,
    Saved,
    Settled,
    Stamped,
)
from ...values import dataclass
from ..limits.admission import LONGEST_SUBMIT_S
from ..limits.retry import PAUSING, RETRY_AFTER_MOST_S
from .latency import Ended, Guess, Latency, learned

Fact = tuple[str, Stamped]
"""An item's key, and what happened to it."""

TELLING: Final[tuple[type[Event], ...]] = (
    Intended, Accepted, Refused, Doubted, Settled, Finished, Broke, Saved, Checked, Judged,
    GaveUpWaiting,
)  # fmt: skip
"""The kinds of fact that tell of a provider's pace; whoever looks for them may leave out all others."""
FACTS: Final = 3000  # of those kinds, enough for some hundred jobs; older ones tell of another day


@dataclass(slots=True)
class Experience:
    """The jobs of one provider in the newest facts, in seconds; `now` is when they are looked at."""

    provider: str
    now: float
    ended: list[Ended] = field(default_factory=list)
    requests: list[float] = field(default_factory=list)
    fetches: list[float] = field(default_factory=list)
    checks: list[float] = field(default_factory=list)
    submitted: list[float] = field(default_factory=list)
    failed: int = 0
    refused: int = 0
    paused_until: float = 0.0
    _asked: dict[str, float] = field(default_factory=dict)
    _doubted: dict[str, float] = field(default_factory=dict)
    _let_go: list[float] = field(default_factory=list)
    _taken: dict[str, float] = field(default_factory=dict)
    _made: dict[str, float] = field(default_factory=dict)
    _saved: dict[str, float] = field(default_factory=dict)

    @property
    def running(self) -> tuple[float, ...]:
        """Return the ages of the jobs that have not ended, the youngest first."""
        return tuple(sorted(max(0.0, self.now - at) for at in self._taken.values()))

    def held(self, unseen_s: float) -> tuple[float, ...]:
        """Return for how long jobs that may run unseen keep their slots, where such a job lives for `unseen_s`.

        A submit that nobody heard of may have been counted as late as now.
        """
        unheard = (min(at + LONGEST_SUBMIT_S, self.now) for at in self._asked.values())
        lefts = (at + unseen_s - self.now for at in (*self._doubted.values(), *self._let_go, *unheard))
        return tuple(left for left in lefts if left > 0.0)

    def take(self, facts: Iterable[Fact]) -> None:
        """Take in facts, oldest first; those of other providers pass by."""
        for key, stamped in facts:
            self._note(key, stamped.at, stamped.event)

    def latency(self, guess: Guess) -> Latency:
        """Return what is to be expected after this, of a provider of whom `guess` was known before."""
        before = guess.latency
        return replace(
            before,
            jobs_s=learned(guess, ended=self.ended, running=self.running),
            request_s=median(self.requests) if self.requests else before.request_s,
            fetch_s=_without_queue(self.fetches) if self.fetches else before.fetch_s,
            check_s=_without_queue(self.checks) if self.checks else before.check_s,
            failures=self.failed / len(self.ended) if self.ended else before.failures,
            refusals=self.refused / (self.refused + len(self.requests)) if self.requests else before.refusals,
        )

    def _note(self, key: str, at: float, event: Event) -> None:
        match event:
            case Intended(provider=name):
                self._forget(key)
                if name == self.provider:
                    self._asked[key] = at
            case Accepted() | Refused() | Doubted() if key in self._asked:
                self._answered(key, at, is_taken=isinstance(event, Accepted))
                self.refused += isinstance(event, Refused) and event.final
                self.paused_until = max(self.paused_until, _paused_until(event, at))
                if isinstance(event, Doubted):
                    self._doubted[key] = at
            case Accepted() if key in self._doubted:
                del self._doubted[key]
            case Settled():
                self._settled(key, event)
            case Finished() | Broke() if key in self._taken:
                self.ended.append(_ended(event, at, taken_at=self._taken.pop(key)))
                self.failed += isinstance(event, Broke)
                self._made[key] = at
            case Saved() if key in self._made:
                self.fetches.append(max(0.0, at - self._made.pop(key)))
                self._saved[key] = at
            case Checked() | Judged() if key in self._saved:
                self.checks.append(max(0.0, at - self._saved.pop(key)))
            case GaveUpWaiting():
                self._forget(key)
            case _:
                pass

    def _answered(self, key: str, at: float, *, is_taken: bool) -> None:
        self.submitted.append(max(0.0, self.now - at))
        asked_at = self._asked.pop(key)
        if is_taken:
            self.requests.append(max(0.0, at - asked_at))
            self._taken[key] = at

    def _settled(self, key: str, event: Settled) -> None:
        """Free the slot of a doubt, unless its job may go on running all the same."""
        heard_at = self._doubted.pop(key, None)
        if key in self._asked:
            heard_at = self._asked.pop(key) + LONGEST_SUBMIT_S
        is_free = event.decision == "adopt" or (event.decision == "resubmit" and event.by is None)
        if heard_at is not None and not is_free:
            self._let_go.append(heard_at)

    def _forget(self, key: str) -> None:
        for known in (self._asked, self._taken, self._made, self._saved):
            known.pop(key, None)


def _paused_until(event: Event, at: float) -> float:
    """Return until when an answer asked for a pause; a moment long past for one that asked for none."""
    match event:
        case Refused(verdict=verdict, retry_at=until) if verdict.kind in PAUSING:
            return min(until, at + RETRY_AFTER_MOST_S)
        case Doubted(retry_at=float(until)):
            return min(until, at + RETRY_AFTER_MOST_S)
        case _:
            return 0.0


def _without_queue(values: list[float]) -> float:
    """Return what a tenth is below: the step itself, for most of those that were quick did not wait for others."""
    return sorted(values)[len(values) // 10]


def _ended(event: Finished | Broke, at: float, *, taken_at: float) -> Ended:
    """Return when a job was seen to be over; one that was over at the first look had been pending when it was taken."""
    match event:
        case Finished(pending_at=float(pending_at)):
            return Ended(at - taken_at, pending_at - taken_at)
        case Finished(polls=1):
            return Ended(at - taken_at, 0.0)
        case _:
            return Ended(at - taken_at)
