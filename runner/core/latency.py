"""How long jobs take, as a value that a forecast can draw from: guessed from a trait, or learned from jobs.

Where the spread comes from: providers say no more than "1 to 5 minutes". Read as two standard deviations to either side
of a lognormal, that factor of 5 is a `SIGMA` of 0.4; a trait alone is given that. As soon as jobs have ended, their own
times count: a lognormal is fitted to them in which the trait weighs as much as a few jobs, and once `ENOUGH` have ended
they are drawn from as they are, about the fitted middle. A job that still runs tells that it takes longer than its age;
left out, the first to end would make all look quick.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, exp, log, sqrt
from statistics import NormalDist, fmean, median
from typing import Final

from .looking import GOLDEN, REQUEST_S, Polls

SIGMA: Final = 0.4  # of the logarithm of a job's time
SIGMA_JOBS: Final = 3.0  # jobs that this spread weighs as much as
GUESS_JOBS: Final = 10.0  # jobs that the trait weighs as much as, where they do not belie it
ENOUGH: Final = 20  # ended jobs that need no guess beside them
OUTLIER: Final = 8.0  # times the median: nobody looked for the job's end, for the program was not running
FETCH_S: Final = 1.5  # look-up and download of a video, before one was seen
CHECK_S: Final = 0.5  # decoding one, before one was seen

_POINTS: Final = 200  # equally likely times that stand for a fitted curve
_STEPS: Final = 60  # of the fit; slow only where nearly all jobs still run
_AGES: Final = 24  # that stand for those of all running jobs
_NOISE: Final = 1e-9  # a chance so small that a quotient of two such is noise
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

    def drawn(self, chance: float) -> float:
        """Return the time of a job, for a chance in [0, 1)."""
        return self.jobs_s[int(chance * len(self.jobs_s))]

    def left(self, age_s: float, chance: float) -> float:
        """Return how much longer a job of this age takes; one that outlived all others takes as long again, at most."""
        later = [each for each in self.jobs_s if each > age_s]
        return later[int(chance * len(later))] - age_s if later else chance * self.mean_s


def guessed(job_s: float, polls: Polls) -> Latency:
    """Return what is known before any job ended: a lognormal whose mean is the trait's `job_s`."""
    curve = _curve(log(max(job_s, _SHORTEST_S)) - SIGMA**2 / 2, SIGMA)
    return Latency(jobs_s=polls.seen(curve))


def learned(guess: Latency, *, ended: Sequence[float], running: Sequence[float]) -> tuple[float, ...]:
    """Return equally likely times of a job after these `ended` and the `running` have reached these ages."""
    seen = _without_outliers(ended, guess)
    if not seen:
        return guess.jobs_s
    points = [log(each) for each in seen]
    ages = sorted(log(each) for each in running if _SHORTEST_S < each <= OUTLIER * median(seen))
    mu, sigma = _fitted(points, _thinned(ages), start=fmean(map(log, guess.jobs_s)))
    if len(seen) < ENOUGH:
        return tuple(_curve(mu, sigma))
    spread = ((n * GOLDEN) % 1.0 for n in range(1, len(ages) + 1))
    whole = [*points, *(_beyond(age, mu, sigma, chance) for age, chance in zip(ages, spread, strict=True))]
    shift = mu - fmean(whole)
    return tuple(sorted(exp(each + shift) for each in whole))


def _without_outliers(ended: Sequence[float], guess: Latency) -> list[float]:
    whole = [max(each, _SHORTEST_S) for each in ended if each >= 0.0]
    most = OUTLIER * median([*whole, guess.mean_s])
    return [each for each in whole if each <= most]


def _thinned(ages: Sequence[float]) -> list[tuple[float, float]]:
    """Return ages with their weights, a few of each height, so that a fit costs the same whatever their number."""
    step = ceil(len(ages) / _AGES) or 1
    return [(fmean(some), float(len(some))) for n in range(0, len(ages), step) if (some := ages[n : n + step])]


def _fitted(points: Sequence[float], ages: Sequence[tuple[float, float]], *, start: float) -> tuple[float, float]:
    """Return mean and deviation of the logarithms: the most likely ones, where of some it is known that they are later.

    Expectation and maximisation in turns. `start`, the guess, weighs as `GUESS_JOBS`, and less the more unlikely the
    jobs make it; SIGMA weighs as `SIGMA_JOBS`.
    """
    mu, sigma, mean = fmean([start, *points]), SIGMA, fmean(points)
    count = len(points) + sum(weight for _, weight in ages)
    for _ in range(_STEPS):
        later = [(*_expected(age, mu, sigma), weight) for age, weight in ages]
        mean = (sum(points) + sum(x * weight for x, _, weight in later)) / count
        trust = GUESS_JOBS / (1 + (mean - start) ** 2 * len(points) / (2 * sigma) ** 2)
        mu = (trust * start + count * mean) / (trust + count)
        squares = sum((x - mu) ** 2 for x in points)
        squares += sum(((x - mu) ** 2 + rest) * weight for x, rest, weight in later)
        sigma = sqrt((SIGMA_JOBS * SIGMA**2 + squares) / (SIGMA_JOBS + count))
    return mu, sigma


def _expected(least: float, mu: float, sigma: float) -> tuple[float, float]:
    """Return mean and variance of a normal value that is known to be above `least`."""
    at = (least - mu) / sigma
    above = _NORMAL.cdf(-at)
    if above < _NOISE:
        return least, 0.0
    hazard = _NORMAL.pdf(at) / above
    return mu + sigma * hazard, sigma**2 * max(0.0, 1 + at * hazard - hazard**2)


def _beyond(least: float, mu: float, sigma: float, chance: float) -> float:
    """Return the value that has this chance to be undercut, of a normal value that is known to be above `least`."""
    above = _NORMAL.cdf((mu - least) / sigma)
    return least if above < _NOISE else mu - sigma * _NORMAL.inv_cdf(above * (1 - chance))


def _curve(mu: float, sigma: float) -> list[float]:
    """Return equally likely values of a lognormal, ascending."""
    return [exp(mu + sigma * _NORMAL.inv_cdf((n + 0.5) / _POINTS)) for n in range(_POINTS)]
