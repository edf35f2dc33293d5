"""Who may submit now: in-flight slots and sliding-window rates, as arithmetic on `now`.

A gate never sleeps and never reads a clock. It counts as the *provider* does, on the safe side: a submit occupies its
window until one window after its answer came, because it may have been counted as late as that; a job holds its slot
until it ended, and a submit in doubt for as long as a job that nobody sees may live. Within its window a provider sees
no order, so all that fit go at once: spread out, the last of them would only be made later.

Known limits hold always; what a provider does not tell of its own is learned (`learning`) and holds on top.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from typing import Final, Literal

from ...model import Rate
from ...values import dataclass
from ..sums.ending import Ending
from .bounds import Bound, Bounds, Source
from .learning import Learning, Sort
from .retry import RETRY_AFTER_MOST_S

LONGEST_SUBMIT_S: Final = 900.0  # no request lives longer: every time-out of the wire is shorter by far
SENT_WITHIN_S: Final = LONGEST_SUBMIT_S / 3  # of its intent, or not at all: it may live for the other two thirds
PATIENCE_S: Final = 2 * RETRY_AFTER_MOST_S  # the longest windows known are of 5 hours
_SETBACKS_MOST: Final = 4  # so many at least, because the user's own window may be of a day

Answer = Literal["taken", "too much"]
"""What an answer to a submit tells of limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Go:
    """Submit now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Ask again at `until`; infinite when only another item's end can open the gate.

    `is_planned` means that it is the known pace of submits, and no trouble; `is_at_most` that a job which is seen may
    end before, and open the gate.
    """

    until: float
    why: str
    is_planned: bool = False
    is_at_most: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """No further submit in this run."""

    why: str
    ending: Ending


@dataclass(slots=True)
class Gate:
    """Admits submits to one provider; `in_flight` is the tighter of manifest and traits, and every rate holds.

    `own` are the provider's own limits, which hold whatever the user's are.
    """

    in_flight: int | None
    rates: tuple[Rate, ...]
    own: Bounds = field(default_factory=Bounds)
    learning: Learning = field(init=False)
    _held: dict[str, float] = field(default_factory=dict)
    _under_way: set[str] = field(default_factory=set)
    _answered: deque[float] = field(default_factory=deque)
    _paused_until: float = 0.0
    _pause_why: str = ""
    _refused_since: float | None = None
    _closed: Closed | None = None
    _setbacks: int = 0
    _width: float = float("inf")
    _unaware: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        known = {Sort.SLOTS: self.own.in_flight is not None, Sort.RATE: bool(self.own.rates)}
        self.learning = Learning(hidden=frozenset(sort for sort in Sort if not known[sort]))

    def ask(self, now: float, key: str | None = None) -> Go | Wait | Closed:
        """Say whether one more submit may leave now; `key` may hold a slot already, as a repeated request does."""
        if self._closed:
            return self._closed
        if now < self._paused_until:
            return Wait(until=self._paused_until, why=self._pause_why)
        if len(self._under_way) >= self._width:
            return Wait(until=float("inf"), why="one try after another since the last refusal")
        if key not in self._held and (slot := self._slot_free_at(now)) > now:
            is_at_most = slot < max(self._held.values()) == float("inf")
            why = f"limit of {self.in_flight} in flight{self._doubts()}"
            return Wait(until=slot, why=why, is_at_most=is_at_most)
        if (window := self._window_free_at(now)) > now:
            return Wait(until=window, why="submit rate", is_planned=window < float("inf"))
        return self._ask_learned(now, jobs=len(self._held) - (key in self._held))

    def rebind(self, bounds: Bounds, *, now: float) -> None:
        """Go by other limits from now on; what is in flight beyond them stays there, and nothing joins it.

        What counts in no window of the former limits is forgotten, and is for `recount`.
        """
        self._forget(now)
        self.in_flight, self.rates = bounds.in_flight, bounds.rates

    def start(self, key: str, now: float) -> None:
        """Note that a submit leaves; it holds a slot and a place in the window from now on."""
        self.learning.start(key, now, jobs=len(self._held) - (key in self._held))
        self._held[key] = float("inf")
        self._under_way.add(key)

    def answered(self, key: str, now: float, answer: Answer | None = None) -> None:
        """Note that the answer came, or that none will: its place in the window ends one window from now."""
        self._under_way.discard(key)
        self._answered.append(now)
        match answer:
            case "taken":
                self._width += key not in self._unaware
                self.learning.took(key, now, jobs=self._running())
            case "too much":
                self.learning.refused(key, now, jobs=self._running() - (key in self._held))
            case None:
                self.learning.forget(key)

    def hold(self, key: str, until: float = float("inf")) -> None:
        """Note a job that runs at the provider, or may run there unseen `until`."""
        self._held[key] = until

    def release(self, key: str) -> None:
        """Note that the job ended, or was never made."""
        self._held.pop(key, None)

    def remember(self, answers: Iterable[float], now: float) -> None:
        """Take over the submits of earlier runs; times in the future, left by a clock that jumped, count from now."""
        known = [min(at, now) for at in answers]
        self.recount(known)
        self.learning.remember(known)

    def recount(self, answers: Iterable[float]) -> None:
        """Count submits again that shorter windows had forgotten; they teach nothing new."""
        self._answered = deque(sorted([*self._answered, *answers]))

    def slow_down(self) -> None:
        """Note one more setback: one try at a time from now on."""
        self._setbacks += 1
        self.narrow()

    def narrow(self) -> None:
        """Let one submit at a time leave, and one more with each that is then taken; what is under way proves less."""
        self._width = 1
        self._unaware = set(self._under_way)

    def pause(self, until: float, why: str, *, now: float) -> None:
        """Let nothing leave before `until`, nor ever in this run after half a day of setbacks without a job taken."""
        self._refused_since = now if self._refused_since is None else self._refused_since
        if now - self._refused_since >= PATIENCE_S and self._setbacks >= _SETBACKS_MOST:
            self.close(f"no job was taken for {PATIENCE_S / 3600:g} h: {why}", Ending.UNREACHABLE)
        if until > self._paused_until:
            self._paused_until, self._pause_why = until, why

    def resume(self) -> None:
        """Note that the provider took a job: there is no row of setbacks any more."""
        self._setbacks = 0
        self._refused_since = None

    def close(self, why: str, ending: Ending) -> None:
        """Let nothing leave any more in this run; the first reason stays."""
        self._closed = self._closed or Closed(why=why, ending=ending)

    @property
    def paused_until(self) -> float:
        """Return when the newest pause ends, or ended."""
        return self._paused_until

    def is_under_way(self, key: str) -> bool:
        """Return whether an item's submit is under way."""
        return key in self._under_way

    @property
    def is_awaited(self) -> bool:
        """Return whether a submit is under way."""
        return bool(self._under_way)

    @property
    def is_full(self) -> bool:
        """Return whether every slot is held, known or learned: the end of a job is what a submit waits for."""
        is_known = self.in_flight is not None and len(self._held) >= self.in_flight
        return is_known or self.learning.are_slots_full(len(self._held))

    @property
    def setbacks(self) -> int:
        """Return how many setbacks came in a row without a job taken in between."""
        return self._setbacks

    @property
    def longest_window_s(self) -> float:
        """Return how far back a submit still counts."""
        return max((rate.window_s for rate in self.rates), default=0.0)

    @property
    def held(self) -> Mapping[str, float]:
        """Return the jobs that hold a slot, each with the time until which; infinite for those that are seen."""
        return self._held

    @property
    def answers(self) -> Collection[float]:
        """Return when the submits were answered that may still count."""
        return self._answered

    @property
    def closed(self) -> Closed | None:
        """Return why the gate is shut, or None."""
        return self._closed

    def news(self) -> str | None:
        """Return, once, the limits that were just learned; None when nothing is new, or nothing tighter is known."""
        learned = [str(bound) for bound in self.bounds if bound.source is Source.LEARNED]
        return " and ".join(learned) if self.learning.news() and learned else None

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """Return the limits that are in force now, and who set each; a learned one only where it is the tighter."""
        slots = [] if self.in_flight is None else [Bound(count=self.in_flight, source=self._source(self.in_flight))]
        rates = (Bound(count=rate.count, window_s=rate.window_s, source=self._source(rate)) for rate in self.rates)
        known = (*slots, *rates)
        tighter = (
            learned
            for learned in self.learning.bounds
            if all(learned.count < bound.count for bound in known if bound.window_s == learned.window_s)
        )
        return (*known, *tighter)

    def _source(self, limit: int | Rate) -> Source:
        return Source.PROVIDER if limit in (self.own.in_flight, *self.own.rates) else Source.MANIFEST

    def _ask_learned(self, now: float, *, jobs: int) -> Go | Wait:
        binding = self.learning.binding(now, jobs)
        if binding is None:
            return Go()
        why = f"limit of {self.learning.bound(binding)}"
        return Wait(until=self.learning.opens_at(now), why=why, is_planned=binding is Sort.RATE)

    def _running(self) -> int:
        """Return how many jobs are known to run, and not only in doubt or asked for."""
        return sum(1 for key, until in self._held.items() if until == float("inf") and key not in self._under_way)

    def _doubts(self) -> str:
        doubts = sum(until != float("inf") for until in self._held.values())
        return f", {doubts} of them held for jobs that may run unseen" if doubts else ""

    def _slot_free_at(self, now: float) -> float:
        for key in [key for key, until in self._held.items() if until <= now]:
            del self._held[key]
        if self.in_flight is None or len(self._held) < self.in_flight:
            return now
        return sorted(self._held.values())[len(self._held) - self.in_flight]

    def _window_free_at(self, now: float) -> float:
        self._forget(now)
        return max((self._free_at(rate, now) for rate in self.rates), default=now)

    def _forget(self, now: float) -> None:
        while self._answered and self._answered[0] + self.longest_window_s <= now:
            self._answered.popleft()

    def _free_at(self, rate: Rate, now: float) -> float:
        if len(self._answered) + len(self._under_way) < rate.count:
            return now  # whichever of them still count
        answered = [at for at in self._answered if at + rate.window_s > now]
        over = len(answered) + len(self._under_way) - rate.count
        if over < 0:
            return now
        return answered[over] + rate.window_s if over < len(answered) else float("inf")
