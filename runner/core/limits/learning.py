"""What limits a provider holds that nobody told us of: learned from what it takes and what it refuses.

It may hold two: so many jobs at one time, and so many submits in a window. A refusal cuts both to what had just been
taken, and while it is not clear which one was met, both hold. One try tells them apart, as soon as one of the two has
room and the other has not: what is taken then refutes the one, what is refused refutes the other. What is left is
settled, and after a quiet time one more than that is tried, alone: taken, the limit grows by one and the next such try
comes soon; refused, it comes later by twice as much. So a limit that rose is found again, and refusals stay few.

Arithmetic on `now` and on what the gate counts; no clock. A limit is never less than one, so nothing freezes. A submit
that left before the last refusal came back knew nothing of it: it proves what was taken, and suspects nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import field
from enum import StrEnum
from typing import Final

from ...values import dataclass
from .bounds import MINUTE_S, Bound, Source

QUIET_S: Final = 300.0  # before one more than a settled limit is tried for the first time
QUIETEST_S: Final = 3600.0  # the longest time between two such tries
_FRESH: Final = 0.9  # of a window still to come: it was filled just now
LOOK_AGAIN_S: Final = 60.0  # at jobs that nobody sees, whose end is no news


class Sort(StrEnum):
    """The two limits that a provider may hold."""

    SLOTS = "slots"  # jobs at one time
    RATE = "rate"  # submits in a window


@dataclass(slots=True)
class _Ceiling:
    """One learned limit; `count` None where none is known. `former` is what stood before the present suspicion."""

    count: int | None = None
    former: int | None = None
    quiet_s: float = QUIET_S
    probe_at: float = float("inf")

    def is_full(self, used: int) -> bool:
        return self.count is not None and used >= self.count

    def cut(self, count: int, *, is_new: bool) -> None:
        if is_new:
            self.former = self.count
        self.count = count if self.count is None else min(self.count, count)

    def grow(self, count: int) -> None:
        """Take note that so many were taken."""
        if self.count is not None:
            self.count = max(self.count, count)

    def acquit(self) -> None:
        """Note that the suspicion was wrong."""
        self.count = self.former

    def settle(self, now: float, quiet_s: float) -> None:
        self.quiet_s = min(quiet_s, QUIETEST_S)
        self.probe_at = now + self.quiet_s


@dataclass(slots=True)
class Learning:
    """The limits of one provider as they show. `window_s` is over which it counts submits: a minute at all we know.

    `hidden` are the limits that nobody told us of; a refusal within all that are known is a mood, and teaches nothing.
    """

    hidden: frozenset[Sort] = frozenset(Sort)
    window_s: float = MINUTE_S
    _ceilings: dict[Sort, _Ceiling] = field(default_factory=lambda: {sort: _Ceiling() for sort in Sort})
    _is_unclear: bool = False
    _is_news: bool = False
    _under_way: dict[str, tuple[float, Sort | None]] = field(default_factory=dict)
    _taken: deque[tuple[float, float]] = field(default_factory=deque)
    _refused_at: float = float("-inf")

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """Return the learned limits that hold now."""
        return tuple(bound for sort in Sort if (bound := self.bound(sort)) is not None)

    def bound(self, sort: Sort) -> Bound | None:
        """Return a learned limit, None where nothing shows."""
        count = self._ceilings[sort].count
        window_s = self.window_s if sort is Sort.RATE else None
        return None if count is None else Bound(count=count, window_s=window_s, source=Source.LEARNED)

    def news(self) -> bool:
        """Return, once for each time, whether it has become clear which limit was met."""
        is_news, self._is_news = self._is_news, False
        return is_news

    def binding(self, now: float, jobs: int) -> Sort | None:
        """Return the learned limit for which a submit has to wait, beside `jobs` that run or are asked for."""
        full = self._full(now, jobs)
        return None if not full or self._probe(full, now) else full[0]

    def are_slots_full(self, jobs: int) -> bool:
        """Return whether so many jobs are all that run at one time, as far as was learned."""
        return self._ceilings[Sort.SLOTS].is_full(jobs)

    def opens_at(self, now: float) -> float:
        """Return when to ask again while a limit binds, if no job ends and no answer comes before."""
        limits = [ceiling for ceiling in self._ceilings.values() if ceiling.count is not None]
        probes = [ceiling.probe_at for ceiling in limits if now < ceiling.probe_at]
        return min([now + LOOK_AGAIN_S, self._window_free_at(now), *probes])

    def start(self, key: str, now: float, jobs: int) -> None:
        """Note that a submit leaves beside `jobs`; when that is one more than a limit allows, it is a probe."""
        self._under_way[key] = now, self._probe(self._full(now, jobs), now)

    def forget(self, key: str) -> None:
        """Note an answer that tells nothing of limits, or that none will come."""
        self._under_way.pop(key, None)

    def took(self, key: str, now: float, jobs: int) -> None:
        """Note a job taken, which is one of `jobs` that run now."""
        left_at, probe = self._under_way.pop(key, (now, None))
        self._taken.append((left_at, now))
        if all(ceiling.count is None for ceiling in self._ceilings.values()):
            return  # nothing to refute, and counting takes longer the more were taken
        proven = {Sort.SLOTS: jobs, Sort.RATE: self._surely_counted(now)}
        if probe is not None and proven[probe] > (self._ceilings[probe].count or 0):
            self._won(probe, now)
        for sort, ceiling in self._ceilings.items():
            ceiling.grow(proven[sort])

    def refused(self, key: str, now: float, jobs: int) -> None:
        """Note a submit that was too much, beside `jobs` that ran."""
        left_at, probe = self._under_way.pop(key, (now, None))
        if probe is not None:
            self._lost(probe, now)
        elif left_at > self._refused_at:
            self._suspect(now, jobs, self._counted(left_at))
        self._refused_at = now

    def remember(self, answers: Iterable[float]) -> None:
        """Take over submits of earlier runs, of which each may count, and none proves anything."""
        known = [*self._taken, *((float("-inf"), at) for at in answers)]
        self._taken = deque(sorted(known, key=lambda taken: taken[1]))

    def _full(self, now: float, jobs: int) -> list[Sort]:
        used = {Sort.SLOTS: jobs, Sort.RATE: self._counted(now) + len(self._under_way)}
        return [sort for sort, ceiling in self._ceilings.items() if ceiling.is_full(used[sort])]

    def _probe(self, full: list[Sort], now: float) -> Sort | None:
        """Return which limit one more submit would try, None when it tries none, or must not; a probe is alone."""
        if len(full) != 1 or self._under_way:
            return None
        (sort,) = full
        ceiling = self._ceilings[sort]
        tells = sort is Sort.SLOTS or ceiling.is_full(self._surely_counted(now))
        is_due = self._is_unclear or (now >= ceiling.probe_at and (sort is Sort.SLOTS or self._is_cheap(now)))
        return sort if is_due and tells else None

    def _is_cheap(self, now: float) -> bool:
        """Return whether the pause after a refused probe of the rate is one that the window asks for anyway.

        Where submits come so evenly that this is never so, a probe is made all the same.
        """
        overdue_s = now - self._ceilings[Sort.RATE].probe_at
        return overdue_s >= self.window_s or self._window_free_at(now) - now >= _FRESH * self.window_s

    def _won(self, probe: Sort, now: float) -> None:
        if self._is_unclear:
            self._clear_up(probe, now)
        else:
            self._ceilings[probe].settle(now, self.window_s)

    def _lost(self, probe: Sort, now: float) -> None:
        if self._is_unclear:
            self._clear_up(_other(probe), now)
        else:
            self._ceilings[probe].settle(now, 2 * self._ceilings[probe].quiet_s)

    def _suspect(self, now: float, jobs: int, counted: int) -> None:
        """Cut to what was taken; what took nothing was not met."""
        used = {Sort.SLOTS: jobs, Sort.RATE: counted}
        met = {sort: count for sort, count in used.items() if count and sort in self.hidden}
        for sort, count in met.items():
            self._ceilings[sort].cut(count, is_new=not self._is_unclear)
            self._ceilings[sort].settle(now, QUIET_S)
        if len(met) == 1 and self._is_unclear:
            self._clear_up(_other(*met), now)
        self._is_unclear = len(met) > 1 or (self._is_unclear and not met)
        self._is_news = len(met) == 1

    def _clear_up(self, wrong: Sort, now: float) -> None:
        self._is_unclear, self._is_news = False, True
        self._ceilings[wrong].acquit()
        for ceiling in self._ceilings.values():
            ceiling.settle(now, QUIET_S)

    def _counted(self, now: float) -> int:
        """Return how many jobs were taken that may count in the window that ends now."""
        while self._taken and self._taken[0][1] + self.window_s <= now:
            self._taken.popleft()
        return len(self._taken)

    def _surely_counted(self, now: float) -> int:
        """Return how many jobs were taken that count in it whenever they arrived."""
        return sum(1 for left_at, _ in self._taken if left_at + self.window_s > now)

    def _window_free_at(self, now: float) -> float:
        limit = self._ceilings[Sort.RATE].count
        over = self._counted(now) + len(self._under_way) - (limit or 0)
        if limit is None or not 0 <= over < len(self._taken):
            return float("inf")
        return self._taken[over][1] + self.window_s


def _other(sort: Sort) -> Sort:
    return Sort.RATE if sort is Sort.SLOTS else Sort.SLOTS
