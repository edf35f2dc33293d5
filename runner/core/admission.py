"""Who may submit now: in-flight slots and sliding-window rates, as arithmetic on `now`.

A gate never sleeps and never reads a clock. It counts as the *provider* does, on the safe side: a submit occupies its
window until one window after its answer came, because it may have been counted as late as that; a job holds its slot
until it ended, and a submit in doubt for as long as a job that nobody sees may live.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from ..model import Rate
from .ending import Ending
from .retry import RETRY_AFTER_MOST_S

PATIENCE_S: Final = 2 * RETRY_AFTER_MOST_S  # the longest windows known are of 5 hours
_SETBACKS_MOST: Final = 4  # so many at least, because the user's own window may be of a day


@dataclass(frozen=True, slots=True, kw_only=True)
class Go:
    """Submit now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Ask again at `until`; infinite when only another item's end can open the gate.

    `is_planned` means that it is the known pace of submits, and no trouble.
    """

    until: float
    why: str
    is_planned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """No further submit in this run."""

    why: str
    ending: Ending


@dataclass(slots=True)
class Gate:
    """Admits submits to one provider; `in_flight` is the tighter of manifest and traits, and every rate holds."""

    in_flight: int | None
    rates: tuple[Rate, ...]
    _held: dict[str, float] = field(default_factory=dict)
    _under_way: set[str] = field(default_factory=set)
    _answered: deque[float] = field(default_factory=deque)
    _paused_until: float = 0.0
    _pause_why: str = ""
    _refused_since: float | None = None
    _closed: Closed | None = None
    _setbacks: int = 0
    _width: float = float("inf")

    def ask(self, now: float, key: str | None = None) -> Go | Wait | Closed:
        """Say whether one more submit may leave now; `key` may hold a slot already, as a repeated request does."""
        if self._closed:
            return self._closed
        if now < self._paused_until:
            return Wait(until=self._paused_until, why=self._pause_why)
        if len(self._under_way) >= self._width:
            return Wait(until=float("inf"), why="one try after another since the last refusal")
        if key not in self._held and (slot := self._slot_free_at(now)) > now:
            return Wait(until=slot, why=f"limit of {self.in_flight} in flight{self._doubts()}")
        if (window := self._window_free_at(now)) > now:
            return Wait(until=window, why="submit rate", is_planned=window < float("inf"))
        return Go()

    def start(self, key: str) -> None:
        """Note that a submit leaves; it holds a slot and a place in the window from now on."""
        self._held[key] = float("inf")
        self._under_way.add(key)

    def answered(self, key: str, now: float) -> None:
        """Note that the answer came, or that none will: its place in the window ends one window from now."""
        self._under_way.discard(key)
        self._answered.append(now)

    def hold(self, key: str, until: float = float("inf")) -> None:
        """Note a job that runs at the provider, or may run there unseen `until`."""
        self._held[key] = until

    def release(self, key: str) -> None:
        """Note that the job ended, or was never made."""
        self._held.pop(key, None)

    def remember(self, answers: Iterable[float], now: float) -> None:
        """Take over the submits of earlier runs; times in the future, left by a clock that jumped, count from now."""
        self._answered = deque(sorted([*self._answered, *(min(at, now) for at in answers)]))

    def slow_down(self) -> int:
        """Note one more setback: one try at a time from now on; return how many came since the last job was taken."""
        self._setbacks += 1
        self._width = 1
        return self._setbacks

    def pause(self, until: float, why: str, *, now: float) -> None:
        """Let nothing leave before `until`, nor ever in this run after half a day of setbacks without a job taken."""
        self._refused_since = now if self._refused_since is None else self._refused_since
        if now - self._refused_since >= PATIENCE_S and self._setbacks >= _SETBACKS_MOST:
            self.close(f"no job was taken for {PATIENCE_S / 3600:g} h: {why}", Ending.UNREACHABLE)
        if until > self._paused_until:
            self._paused_until, self._pause_why = until, why

    def resume(self) -> None:
        """Note that the provider took a job: one more submit may be under way at one time than before."""
        self._setbacks = 0
        self._refused_since = None
        self._width += 1

    def close(self, why: str, ending: Ending) -> None:
        """Let nothing leave any more in this run; the first reason stays."""
        self._closed = self._closed or Closed(why=why, ending=ending)

    def is_paused(self, now: float) -> bool:
        """Return whether a pause is on."""
        return now < self._paused_until

    def is_under_way(self, key: str) -> bool:
        """Return whether an item's submit is under way."""
        return key in self._under_way

    @property
    def is_awaited(self) -> bool:
        """Return whether a submit is under way."""
        return bool(self._under_way)

    @property
    def is_full(self) -> bool:
        """Return whether every slot was held when the gate was asked last."""
        return self.in_flight is not None and len(self._held) >= self.in_flight

    @property
    def setbacks(self) -> int:
        """Return how many setbacks came in a row without a job taken in between."""
        return self._setbacks

    @property
    def longest_window_s(self) -> float:
        """Return how far back a submit still counts."""
        return max((rate.window_s for rate in self.rates), default=0.0)

    @property
    def closed(self) -> Closed | None:
        """Return why the gate is shut, or None."""
        return self._closed

    def _doubts(self) -> str:
        doubts = sum(until != float("inf") for until in self._held.values())
        return f", {doubts} of them requests without an answer" if doubts else ""

    def _slot_free_at(self, now: float) -> float:
        for key in [key for key, until in self._held.items() if until <= now]:
            del self._held[key]
        if self.in_flight is None or len(self._held) < self.in_flight:
            return now
        return sorted(self._held.values())[len(self._held) - self.in_flight]

    def _window_free_at(self, now: float) -> float:
        while self._answered and self._answered[0] + self.longest_window_s <= now:
            self._answered.popleft()
        return max((self._free_at(rate, now) for rate in self.rates), default=now)

    def _free_at(self, rate: Rate, now: float) -> float:
        answered = [at for at in self._answered if at + rate.window_s > now]
        over = len(answered) + len(self._under_way) - rate.count
        if over < 0:
            return now
        return answered[over] + rate.window_s if over < len(answered) else float("inf")
