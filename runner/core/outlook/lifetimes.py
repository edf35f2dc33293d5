"""How long one provider's jobs live, as far as this was seen: a hazard for every age, faded with every job that ends.

Ages are cut into bins: even ones as long as jobs are young, then of equal ratio. Each bin keeps the ends that fell into
it and the seconds that jobs spent in it; their quotient is the hazard, the chance in each second that a job of this age
ends (the occurrence/exposure rate of actuaries, which grows into Kaplan and Meier's estimate as bins shrink). A job
that is still pending adds seconds and no end, so what is censored counts: a wave of slow jobs is noticed before the
first of them has ended.

Of a job that ended between two looks nobody knows the second. Its end is shared out over the ages between in proportion
to what was believed before: one step, for each job, of the self-consistent estimate of Turnbull 1976 ("The empirical
distribution function with arbitrarily grouped, censored and truncated data"). It counts in the neighbouring bins as
well, in the fewer of them the more alike the jobs are, by the rule of Silverman 1986 ("Density estimation"): so the
time of jobs that all take the same is soon known to a second, and jobs that differ are not taken at their word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from functools import cache
from math import exp, expm1, log, sqrt
from typing import Final

from ...values import dataclass

FINE_S: Final = 0.625  # the width of the first bins
EVEN: Final = 64  # bins of that width; of the later ones each is wider than the one before by one part in as many
BINS: Final = 512  # up to twelve hours, where the first are as wide as that; older jobs share the last one
MEMORY: Final = 60.0  # jobs; what was seen so many ends ago counts a third
DOUBT: Final = 0.02  # jobs; so much it weighs, for ever, that a job may end at any age whatever was seen
NARROW: Final = 0.9  # of the spread of ends, for a single one: Silverman's own factor
WIDEST: Final = 2.0  # bins: the deviation over which an end is spread at most
_HEAVIEST: Final = 1e9  # what one end may weigh before all that was seen is weighed anew
_TRACE: Final = 1e-4  # of an end: so small a share is not spread


@cache
def _edges(fine_s: float) -> tuple[float, ...]:
    later = (EVEN * fine_s * exp(n / EVEN) for n in range(BINS - EVEN))
    return (*(n * fine_s for n in range(EVEN)), *later, float("inf"))


@cache
def _doubts(fine_s: float) -> tuple[tuple[float, float], ...]:
    """Return the ends and the seconds in each bin that are never forgotten: a hazard with a heavy tail."""
    edges = _edges(fine_s)
    widths = [min(edges[n + 1], 2 * edges[n] + fine_s) - edges[n] for n in range(BINS)]
    return tuple((DOUBT * width / (60.0 + edges[n] + width / 2), DOUBT * width) for n, width in enumerate(widths))


def _zeros() -> list[float]:
    return [0.0] * BINS


@dataclass(slots=True)
class _Spread:
    """How far the newest ends lie apart, in bins: their count, mean and mean square, faded as all that is seen."""

    _jobs: float = 0.0
    _mean: float = 0.0
    _square: float = 0.0

    def saw(self, parts: Sequence[tuple[int, float]]) -> None:
        """Note one end, of which these parts fell into these bins."""
        self._jobs = self._jobs * (1 - 1 / MEMORY) + 1.0
        self._mean += (sum(part * n for n, part in parts) - self._mean) / self._jobs
        self._square += (sum(part * n * n for n, part in parts) - self._square) / self._jobs

    @property
    def reach(self) -> int:
        """Return over how many bins to either side an end is spread; over one at least, for it may lie at an edge."""
        apart = sqrt(max(self._square - self._mean**2, 0.0))
        width = min(NARROW * apart * self._jobs**-0.2, WIDEST)
        return max(round(sqrt(1 + 6 * width**2) - 1), 1)  # the deviation of a triangle is sqrt(reach * (reach + 2) / 6)


@dataclass(slots=True)
class Lifetimes:
    """Ends and seconds by age; memory, and time for each answer, do not grow with what was seen.

    Every age is in seconds since the job was taken. One below zero, left by a clock that jumped, counts as zero, and a
    stretch that ends before it begins as none. In place of fading all that was seen, what is new weighs ever more.
    """

    fine_s: float = FINE_S
    _edges: tuple[float, ...] = field(init=False, repr=False)
    _doubts: tuple[tuple[float, float], ...] = field(init=False, repr=False)
    _ends: list[float] = field(default_factory=_zeros)
    _seconds: list[float] = field(default_factory=_zeros)
    _weight: float = 1.0
    _spread: _Spread = field(default_factory=_Spread)

    def __post_init__(self) -> None:
        """Cut the ages."""
        self._edges, self._doubts = _edges(self.fine_s), _doubts(self.fine_s)

    def suppose(self, jobs: float, since: float, until: float, *, hazard: float) -> None:
        """Believe from the start what so many jobs would have shown that lived through these ages at this hazard."""
        for n, seconds in self._stretches(since, until):
            self._seconds[n] += jobs * seconds
            self._ends[n] += jobs * seconds * hazard

    def outlived(self, since: float, until: float) -> None:
        """Note a job that was pending at one age and still is at another."""
        for n, seconds in self._stretches(since, until):
            self._seconds[n] += self._weight * seconds

    def ended(self, since: float, until: float) -> None:
        """Note a job that was pending at one age and over at another; equal ages tell the very moment."""
        stretches = list(self._stretches(since, until)) or [(self._bin(until), 0.0)]
        shares, alive = list[float](), 1.0
        for n, seconds in stretches:
            gone = -expm1(-self._hazard(n) * max(seconds, 1e-6))  # never 0, however small the hazard
            shares.append(alive * gone)
            alive *= 1 - gone
        self._fade()
        total = sum(shares)
        left, parts = 1.0, [(n, share / total) for (n, _), share in zip(stretches, shares, strict=True)]
        for (n, seconds), (_, part) in zip(stretches, parts, strict=True):
            left -= part
            self._seconds[n] += self._weight * seconds * (left + part / 2)
        self._spread.saw(parts)
        self._count(parts)

    def ahead(self, age: float) -> Iterator[tuple[float, float]]:
        """Give the stretches that follow an age, without end: seconds, and the hazard in each of them."""
        n, at = self._bin(age), max(age, 0.0)
        while n < BINS - 1:
            yield self._edges[n + 1] - at, self._hazard(n)
            n, at = n + 1, self._edges[n + 1]
        yield float("inf"), self._hazard(n)

    def alive(self, since: float, until: float) -> float:
        """Return the chance that a job which is pending at one age still is at another."""
        return exp(-sum(seconds * self._hazard(n) for n, seconds in self._stretches(since, until)))

    def _hazard(self, n: int) -> float:
        ends, seconds = self._doubts[n]
        return (self._ends[n] + self._weight * ends) / (self._seconds[n] + self._weight * seconds)

    def _fade(self) -> None:
        self._weight /= 1 - 1 / MEMORY
        if self._weight > _HEAVIEST:
            self._ends = [ends / self._weight for ends in self._ends]
            self._seconds = [seconds / self._weight for seconds in self._seconds]
            self._weight = 1.0

    def _count(self, parts: Sequence[tuple[int, float]]) -> None:
        """Count one end, of which these parts fell into these bins, in their neighbours as well."""
        reach = self._spread.reach
        kernel = [(n, (reach + 1 - abs(n)) / (reach + 1) ** 2) for n in range(-reach, reach + 1)]
        for n, part in parts:
            if part > _TRACE:
                for beside, share in kernel:
                    self._ends[min(max(n + beside, 0), BINS - 1)] += self._weight * part * share

    def _bin(self, age: float) -> int:
        even = age / self.fine_s
        if even < EVEN:
            return max(int(even), 0)
        return min(EVEN + int(EVEN * log(even / EVEN)), BINS - 1)

    def _stretches(self, since: float, until: float) -> Iterator[tuple[int, float]]:
        """Give the bins between two ages, and the seconds in each."""
        at = max(since, 0.0)
        n = self._bin(at)
        while at < until:
            end = min(until, self._edges[n + 1])
            if end > at:
                yield n, end - at
            at, n = end, n + 1


def lateness(seconds: float, *, alive: float, hazard: float) -> float:
    """Return the lateness, in expectation, that grows in a stretch at whose begin a job is pending with chance `alive`.

    A job that is over grows late by a second each second.
    """
    return seconds + alive * expm1(-hazard * seconds) / hazard
