"""When a run asks after a job, and so when it sees its end: at even times, or as learned polling comes to find best."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from math import ceil
from statistics import fmean
from typing import Final

from ...values import dataclass
from .pace import Pace, Usual

REQUEST_S: Final = 0.5  # until a request is answered, before one was seen
TAUGHT: Final = 60  # jobs after which a pace is settled: as many as it remembers
GOLDEN: Final = 0.6180339887498949  # its multiples spread evenly, however many there are
_PLAIN: Final = "plain"  # a key that makes no scout


@dataclass(frozen=True, slots=True, kw_only=True)
class Polls:
    """When a job is asked after: first `first_s` after its receipt, then every `every_s`, if answers are not slow.

    A run that `learns` only begins so: it asks as seems best to it as soon as it knows how long jobs take.
    """

    first_s: float
    every_s: float
    learns: bool = False

    def seen_s(self, job_s: float) -> float:
        """Return when the end of a job is seen that takes `job_s`, both from its receipt, by polls at even times."""
        gap_s = max(self.every_s, REQUEST_S + self.every_s / 2)
        later = max(0, ceil((job_s - self.first_s - REQUEST_S) / gap_s))
        return self.first_s + REQUEST_S + later * gap_s

    def seen(self, jobs_s: Sequence[float]) -> tuple[float, ...]:
        """Return when the end of each job is seen; the times are equally likely, and a run that learns knows them."""
        if not self.learns:
            return tuple(self.seen_s(each) for each in jobs_s)
        looks = self._looks(jobs_s)
        return tuple(looks[bisect_left(looks, each)] for each in jobs_s)

    def _looks(self, jobs_s: Sequence[float]) -> list[float]:
        """Return the ages at which the answers about a job come, until the longest of these jobs is seen to be over."""
        pace = Pace(Usual(first_s=self.first_s, every_s=self.every_s, job_s=fmean(jobs_s)))
        for n in range(1, TAUGHT + 1):
            job_s = jobs_s[int(n * GOLDEN % 1.0 * len(jobs_s))]
            pace.saw_pending(accepted_at=0.0, since=0.0, at=job_s)
            pace.saw_end(accepted_at=0.0, since=job_s, at=job_s)
        asked, looks, longest_s = 0.0, list[float](), max(jobs_s)
        while not looks or looks[-1] < longest_s:
            asked = pace.next_ask(_PLAIN, accepted_at=0.0, pending_at=asked)
            looks.append(asked + REQUEST_S)
        return looks
