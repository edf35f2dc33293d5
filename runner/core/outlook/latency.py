"""How long jobs take, as a value that a forecast can draw from: guessed from a trait, or learned from jobs.

Where the spread comes from: providers say no more than "1 to 5 minutes". Read as two standard deviations to either side
of a lognormal, that factor of 5 is a `SIGMA` of 0.4; a trait alone is given that. As soon as jobs have ended, their own
times count: a lognormal is fitted to them in which the trait weighs as much as a few jobs, and once `ENOUGH` have ended
they are drawn from as they are, about the fitted middle. A job that still runs tells that it takes longer than its age;
left out, the first to end would make all look quick.

Nobody sees an end before asking. A run that asks at even times is late by as much from first to last, and the times at
which it sees ends are learned as they are. One that learns when to ask is late by ever less, or more: so what it learns
is when the jobs themselves ended, at some time since they were last seen pending, and what is foreseen is when a run
that knows this will ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, exp, log
from statistics import NormalDist, fmean, median
from typing import Final, NamedTuple

from ...values import dataclass
from .fitting import Belief, Between, Normal, fitted
from .looking import GOLDEN, REQUEST_S, Polls

SIGMA: Final = 0.4  # of the logarithm of a job's time
SIGMA_JOBS: Final = 3.0  # jobs that this spread weighs as much as
GUESS_JOBS: Final = 10.0  # jobs that the trait weighs as much as, where they do not belie it
ENOUGH: Final = 20  # ended jobs that need no guess beside them
OUTLIER: Final = 8.0  # times the median: nobody looked for the job's end, for the program was not running
FETCH_S: Final = 1.5  # look-up and download of a video, before one was seen
CHECK_S: Final = 0.5  # decoding one, before one was seen

_POINTS: Final = 200  # equally likely times that stand for a fitted curve
_AGES: Final = 24  # that stand for those of all running jobs
_SHORTEST_S: Final = 1e-3
_NORMAL: Final = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long the steps of one purchase take, in seconds.

    `jobs_s` are equally likely times, ascending, from a job's receipt until the run sees its end: whatever the polling
    adds is in them. `request_s` is the answer to a submit; `fetch_s` a look-up and download, and `check_s` the check of
    a video, neither with the queue before it. `failures` is the share of jobs that end without a video, `refusals`
    that of items for which no job is made at all.
    """

    jobs_s: tuple[float, ...]
    request_s: float = REQUEST_S
    fetch_s: float = FETCH_S
    check_s: float = CHECK_S
    failures: float = 0.0
    refusals: float = 0.0

    @property
    def mean_s(self) -> float:
        """Return the mean time of a job."""
        return fmean(self.jobs_s)

    @property
    def slot_s(self) -> float:
        """Return how long a purchase holds its slot on average."""
        return self.request_s + (1 - self.refusals) * self.mean_s

    def left(self, age_s: float, chance: float) -> float:
        """Return how much longer a job of this age takes; one that outlived all others takes as long again, at most."""
        later = [each for each in self.jobs_s if each > age_s]
        return later[int(chance * len(later))] - age_s if later else chance * self.mean_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What is known before any job ended; `own_s` are equally likely times, ascending, until jobs end unseen."""

    latency: Latency
    own_s: tuple[float, ...]
    polls: Polls

    @property
    def lag_s(self) -> float:
        """Return how late the run sees an end, on average."""
        return self.latency.mean_s - fmean(self.own_s)


def guessed(job_s: float, polls: Polls) -> Guess:
    """Return what is known before any job ended: a lognormal whose mean is the trait's `job_s`."""
    own_s = _curve(Normal(mu=log(max(job_s, _SHORTEST_S)) - SIGMA**2 / 2, sigma=SIGMA))
    return Guess(latency=Latency(jobs_s=polls.seen(own_s)), own_s=tuple(own_s), polls=polls)


class Ended(NamedTuple):
    """The age at which the end of a job was seen, and the last one at which it was pending, if that is known."""

    seen_s: float
    pending_s: float | None = None


def learned(guess: Guess, *, ended: Sequence[Ended], running: Sequence[float]) -> tuple[float, ...]:
    """Return equally likely times of a job after these `ended` and the `running` have reached these ages."""
    jobs = _without_outliers(ended, guess.latency)
    if not jobs:
        return guess.latency.jobs_s
    gap_s = _usual_gap_s(jobs) if guess.polls.learns else 0.0
    times, lag_s = (guess.own_s, guess.lag_s) if gap_s else (guess.latency.jobs_s, 0.0)
    known = [_between(each, gap_s) if gap_s else Between(log(each.seen_s), log(each.seen_s)) for each in jobs]
    most = OUTLIER * median(each.seen_s for each in jobs)
    ages = sorted(log(age - lag_s) for age in running if _SHORTEST_S < age - lag_s <= most)
    before = Belief(mu=fmean(map(log, times)), sigma=SIGMA, mu_weight=GUESS_JOBS, sigma_weight=SIGMA_JOBS)
    curve = fitted([*known, *_thinned(ages)], before)
    own_s = _curve(curve) if len(jobs) < ENOUGH else _about(curve, known, [Between(age) for age in ages])
    return guess.polls.seen(own_s) if gap_s else tuple(own_s)


def _without_outliers(ended: Sequence[Ended], guess: Latency) -> list[Ended]:
    whole = [each._replace(seen_s=max(each.seen_s, _SHORTEST_S)) for each in ended if each.seen_s >= 0.0]
    most = OUTLIER * median([*(each.seen_s for each in whole), guess.mean_s])
    return [each for each in whole if each.seen_s <= most]


def _usual_gap_s(jobs: Sequence[Ended]) -> float:
    """Return how long before their ends were seen the newest jobs were last pending; 0 where nobody wrote it down."""
    gaps = [each.seen_s - each.pending_s for each in jobs if each.pending_s is not None]
    return max(median(gaps[-ENOUGH:]), 0.0) if gaps else 0.0


def _between(job: Ended, gap_s: float) -> Between:
    """Return between which logarithms that of a job's time lies; what is not known of it is as usual."""
    pending_s = job.seen_s - gap_s if job.pending_s is None else job.pending_s
    return Between(log(max(min(pending_s, job.seen_s), _SHORTEST_S)), log(job.seen_s))


def _thinned(ages: Sequence[float]) -> list[Between]:
    """Return ages with their weights, a few of each height, so that a fit costs the same whatever their number."""
    step = ceil(len(ages) / _AGES) or 1
    groups = [ages[n : n + step] for n in range(0, len(ages), step)]
    return [Between(fmean(some), weight=len(some)) for some in groups]


def _about(curve: Normal, *known: Sequence[Between]) -> list[float]:
    """Return a time for each job, ascending: drawn evenly within what is known of it, and all about the middle."""
    whole = [curve.drawn(each.low, each.high, (n * GOLDEN) % 1.0) for some in known for n, each in enumerate(some, 1)]
    shift = curve.mu - fmean(whole)
    return sorted(exp(each + shift) for each in whole)


def _curve(normal: Normal) -> list[float]:
    """Return equally likely values of a lognormal, ascending."""
    return [exp(normal.mu + normal.sigma * _NORMAL.inv_cdf((n + 0.5) / _POINTS)) for n in range(_POINTS)]
