"""How long one provider's jobs live, as far as this was seen: a hazard for every age, faded with every job that ends.

Ages are cut into bins of equal ratio. Each bin keeps the ends that fell into it and the seconds that jobs spent in it;
their quotient is the hazard, the chance in each second that a job of this age ends (the occurrence/exposure rate of
actuaries, which grows into Kaplan and Meier's estimate as bins shrink). A job that is still pending adds seconds and no
end, so what is censored counts: a wave of slow jobs is noticed before the first of them has ended.

Of a job that ended between two looks nobody knows the second. Its end is shared out over the ages between in proportion
to what was believed before: one step, for each job, of the self-consistent estimate of Turnbull 1976 ("The empirical
distribution function with arbitrarily grouped, censored and truncated data").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import exp, exp2, expm1, log2
from typing import Final

YOUNG_S: Final = 0.25  # younger jobs share one bin
PER_OCTAVE: Final = 16  # bins, so that each is as wide as 4 % of an age
BINS: Final = 272  # up to nine hours; older jobs share the last one
MEMORY: Final = 60.0  # jobs; what was seen so many ends ago counts a third
DOUBT: Final = 0.02  # jobs; so much it weighs, for ever, that a job may end at any age whatever was seen
_KERNEL: Final = ((-1, 0.25), (0, 0.5), (1, 0.25))  # an end counts in the neighbouring bins as well

_EDGES: Final = (0.0, *(YOUNG_S * exp2(n / PER_OCTAVE) for n in range(1, BINS)), float("inf"))
_WIDTHS: Final = tuple(min(_EDGES[n + 1], 2 * _EDGES[n] + YOUNG_S) - _EDGES[n] for n in range(BINS))
_DOUBTED: Final = tuple(1 / (60.0 + _EDGES[n] + _WIDTHS[n] / 2) for n in range(BINS))  # a hazard with a heavy tail


def _zeros() -> list[float]:
    return [0.0] * BINS


@dataclass(slots=True)
class Lifetimes:
    """Ends and seconds by age; memory, and time for each answer, do not grow with what was seen.

    Every age is in seconds since the job was taken. One below zero, left by a clock that jumped, counts as zero, and a
    stretch that ends before it begins as none.
    """

    _ends: list[float] = field(default_factory=_zeros)
    _seconds: list[float] = field(default_factory=_zeros)

    def suppose(self, jobs: float, since: float, until: float, *, hazard: float) -> None:
        """Believe from the start what so many jobs would have shown that lived through these ages at this hazard."""
        for n, seconds in _stretches(since, until):
            self._seconds[n] += jobs * seconds
            self._ends[n] += jobs * seconds * hazard

    def outlived(self, since: float, until: float) -> None:
        """Note a job that was pending at one age and still is at another."""
        for n, seconds in _stretches(since, until):
            self._seconds[n] += seconds

    def ended(self, since: float, until: float) -> None:
        """Note a job that was pending at one age and over at another; equal ages tell the very moment."""
        stretches = list(_stretches(since, until)) or [(_bin(until), 0.0)]
        shares, alive = list[float](), 1.0
        for n, seconds in stretches:
            after = alive * exp(-self._hazard(n) * max(seconds, 1e-6))
            shares.append(alive - after)
            alive = after
        self._fade()
        total = left = sum(shares)
        for (n, seconds), share in zip(stretches, shares, strict=True):
            left -= share
            self._seconds[n] += seconds * (left + share / 2) / total
            for beside, part in _KERNEL:
                self._ends[min(max(n + beside, 0), BINS - 1)] += part * share / total

    def ahead(self, age: float) -> Iterator[tuple[float, float]]:
        """Give the stretches that follow an age, without end: seconds, and the hazard in each of them."""
        n, at = _bin(age), max(age, 0.0)
        while n < BINS - 1:
            yield _EDGES[n + 1] - at, self._hazard(n)
            n, at = n + 1, _EDGES[n + 1]
        yield float("inf"), self._hazard(n)

    def _hazard(self, n: int) -> float:
        doubt = DOUBT * _WIDTHS[n]
        return (self._ends[n] + doubt * _DOUBTED[n]) / (self._seconds[n] + doubt)

    def _fade(self) -> None:
        keeps = 1 - 1 / MEMORY
        self._ends = [ends * keeps for ends in self._ends]
        self._seconds = [seconds * keeps for seconds in self._seconds]


def lateness(seconds: float, *, alive: float, hazard: float) -> float:
    """Return the lateness, in expectation, that grows in a stretch at whose begin a job is pending with chance `alive`.

    A job that is over grows late by a second each second.
    """
    return seconds + alive * expm1(-hazard * seconds) / hazard


def _bin(age: float) -> int:
    return 0 if age <= YOUNG_S else min(int(PER_OCTAVE * log2(age / YOUNG_S)), BINS - 1)


def _stretches(since: float, until: float) -> Iterator[tuple[int, float]]:
    """Give the bins between two ages, and the seconds in each."""
    at = max(since, 0.0)
    n = _bin(at)
    while at < until:
        end = min(until, _EDGES[n + 1])
        if end > at:
            yield n, end - at
        at, n = end, n + 1
