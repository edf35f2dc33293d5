"""When the ends of jobs are seen: by polls at even times, and by a run that has learned how long jobs take."""

from __future__ import annotations

from itertools import pairwise
from math import exp, log
from random import Random
from statistics import NormalDist, fmean

import pytest

from runner.core.outlook.latency import SIGMA
from runner.core.outlook.looking import Polls
from runner.core.outlook.pace import Pace, Usual

POLLS = Polls(first_s=20.0, every_s=10.0)
LEARNED = Polls(first_s=20.0, every_s=10.0, learns=True)


@pytest.mark.parametrize(("job_s", "seen_s"), [(5.0, 20.5), (20.5, 20.5), (21.0, 30.5), (30.4, 30.5), (30.6, 40.5)])
def test_an_end_is_seen_by_the_next_poll(job_s: float, seen_s: float) -> None:
    assert POLLS.seen_s(job_s) == seen_s


def lognormal(job_s: float) -> tuple[float, ...]:
    return tuple(exp(log(job_s) + SIGMA * NormalDist().inv_cdf((n + 0.5) / 200)) for n in range(200))


def lived_s(jobs_s: tuple[float, ...], *, job_s: float) -> float:
    """Return how late a run sees the ends of these jobs on average, as soon as it has seen as many again."""
    pace, late = Pace(Usual(first_s=20.0, every_s=10.0, job_s=job_s)), list[float]()
    for life_s in jobs_s * 2:
        since = at = 0.0
        while (at := pace.next_ask("plain", accepted_at=0.0, pending_at=since)) < life_s:
            pace.saw_pending(accepted_at=0.0, since=since, at=at)
            since = at
        pace.saw_end(accepted_at=0.0, since=since, at=at)
        late.append(at - life_s)
    return fmean(late[len(jobs_s) :])


@pytest.mark.parametrize("job_s", [10.0, 45.0, 120.0, 600.0])
def test_a_run_that_learns_is_foreseen_to_be_as_late_as_it_comes_to_be(job_s: float) -> None:
    times = lognormal(job_s)
    mixed = tuple(Random(1).sample(times, len(times)))

    foreseen_s = fmean(seen - each for seen, each in zip(LEARNED.seen(times), times, strict=True))

    assert foreseen_s == pytest.approx(lived_s(mixed, job_s=job_s), rel=0.25, abs=0.5)


@pytest.mark.parametrize("polls", [POLLS, LEARNED], ids=["even", "learned"])
@pytest.mark.parametrize("job_s", [0.001, 10.0, 3600.0])
def test_no_end_is_seen_before_it_and_none_of_a_longer_job_sooner(polls: Polls, job_s: float) -> None:
    times = lognormal(job_s)

    seen = polls.seen(times)

    assert all(at >= each for at, each in zip(seen, times, strict=True))
    assert all(one <= next_ for one, next_ in pairwise(seen))
