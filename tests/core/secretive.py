"""A provider that tells nobody its limits, and a buyer that leaves through a gate; events by their time, no loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import inf
from typing import Final

from runner.core.limits.admission import Gate, Go, Wait
from runner.core.limits.retry import pause_s
from runner.model import Backoff

WAY_S: Final = 0.25
AT_ONCE: Final = 8  # submits under way at one time
BACKOFF: Final = Backoff(first_s=2.0, most_s=120.0)


@dataclass(slots=True, kw_only=True)
class Secretive:
    """Holds `rate` jobs taken in each minute and `slots` at one time, either None for no limit, as time goes on."""

    rate: Callable[[float], int | None] = lambda _: None
    slots: Callable[[float], int | None] = lambda _: None
    job_s: Callable[[int], float] = lambda _: 60.0
    retry_after_s: float | None = None
    taken: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)

    def takes(self, now: float) -> bool:
        """Take a job, or refuse it as too much."""
        rate, slots = self.rate(now), self.slots(now)
        is_fast = rate is not None and sum(1 for at in self.taken if at > now - 60.0) >= rate
        is_full = slots is not None and sum(1 for end in self.ends if end > now) >= slots
        if is_fast or is_full:
            self.refused.append(now)
            return False
        self.ends.append(now + self.job_s(len(self.taken)))
        self.taken.append(now)
        return True


@dataclass(slots=True, kw_only=True)
class Buyer:
    """Buys videos from a provider as soon as the gate lets it; it sees the end of a job `lag_s` late."""

    gate: Gate
    provider: Secretive
    lag_s: float = 1.0
    left: list[float] = field(default_factory=list)
    _events: list[tuple[float, int, str, str]] = field(default_factory=list)
    _count: int = 0

    def buy(self, count: int, now: float = 0.0) -> float:
        """Return when the last video was made."""
        planned = [str(n) for n in range(count)]
        while planned or self._events:
            until = self._let_leave(planned, now)
            assert self._events or until < inf, "nothing will ever happen again"
            at = min(self._events[0][0] if self._events else inf, until)
            assert at > now or self._events, "it spins"
            now = max(now, at)
            while self._events and self._events[0][0] <= now:
                self._happen(planned, *heappop(self._events))
        return max(self.provider.ends)

    def _let_leave(self, planned: list[str], now: float) -> float:
        under_way = sum(1 for event in self._events if event[2] in {"arrives", "answered", "refused"})
        while planned and under_way < AT_ONCE:
            match self.gate.ask(now):
                case Go():
                    key = planned.pop(0)
                    self.gate.start(key, now)
                    self.left.append(now)
                    self._put(now + WAY_S, "arrives", key)
                    under_way += 1
                case Wait(until=until):
                    assert until > now
                    return until
                case closed:
                    raise AssertionError(closed)
        return inf

    def _happen(self, planned: list[str], at: float, _: int, what: str, key: str) -> None:
        match what:
            case "arrives" if self.provider.takes(at):
                self._put(at + WAY_S, "answered", key)
                self._put(self.provider.ends[-1] + self.lag_s, "ended", key)
            case "arrives":
                self._put(at + WAY_S, "refused", key)
            case "answered":
                self.gate.answered(key, at, "taken")
                self.gate.resume()
            case "refused":
                self._refused(at, key)
                planned.insert(0, key)
            case _:
                self.gate.release(key)

    def _refused(self, at: float, key: str) -> None:
        if self.gate.paused_until <= at:
            self.gate.slow_down()
        pause = pause_s(BACKOFF, self.gate.setbacks, jitter=0.5, asked_s=self.provider.retry_after_s)
        self.gate.answered(key, at, "too much")
        self.gate.release(key)
        self.gate.pause(at + pause, "too much", now=at)

    def _put(self, at: float, what: str, key: str) -> None:
        self._count += 1
        heappush(self._events, (at, self._count, what, key))
