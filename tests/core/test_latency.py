"""How long jobs take: guessed from a trait, learned from jobs that ended, those that still run, and none but them."""

from __future__ import annotations

from math import exp
from random import Random
from statistics import fmean, median

import pytest

from runner.core.experience import Experience
from runner.core.latency import Latency, guessed, learned
from runner.core.looking import Polls
from runner.events import Accepted, Broke, Checked, Doubted, Event, Finished, Intended, Judged, Refused, Saved, Stamped
from runner.gates import Gates
from runner.judgement import Judgement
from runner.model import Artifact, Clip, Kind, Output, Verdict

POLLS = Polls(first_s=20.0, every_s=10.0)
GUESS = guessed(120.0, POLLS)
CLIP = Clip(seconds=5.6, width=8, height=8, fps=25.0, frames=141, codec="h264", has_audio=False, decoded=True)
JUDGED = Judged(clip=CLIP, judgement=Judgement(gates=Gates()), decision="review", reason="")
NO = Verdict(kind=Kind.CONTENT, code="1026", words="")


def lognormal(count: int, *, mean: float, sigma: float) -> list[float]:
    chance = Random(3)
    return [mean * exp(chance.gauss(-(sigma**2) / 2, sigma)) for _ in range(count)]


def test_a_guess_has_the_mean_of_the_trait_and_half_a_poll() -> None:
    assert fmean(GUESS.jobs_s) == pytest.approx(120 + 5, rel=0.02)


@pytest.mark.parametrize("wrong", [0.4, 2.5])
def test_jobs_outweigh_a_trait_that_they_belie(wrong: float) -> None:
    seen = lognormal(12, mean=120.0, sigma=0.2)

    assert fmean(learned(guessed(wrong * 120.0, POLLS), ended=seen, running=())) == pytest.approx(fmean(seen), rel=0.15)


def test_many_jobs_are_drawn_from_as_they_are() -> None:
    seen = [60.0] * 15 + [240.0] * 15

    times = learned(GUESS, ended=seen, running=())

    assert len(set(times)) == 2
    assert times[-1] / times[0] == pytest.approx(4.0)


def test_the_first_to_end_do_not_make_all_look_quick() -> None:
    every = sorted(lognormal(200, mean=300.0, sigma=0.4))
    ended, running = every[:60], [every[59]] * 140

    times = learned(guessed(300.0, POLLS), ended=ended, running=running)

    assert fmean(ended) < 200
    assert fmean(times) == pytest.approx(300.0, rel=0.1)
    assert median(every) == pytest.approx(median(times), rel=0.1)


def test_an_end_that_nobody_looked_for_is_no_measure() -> None:
    seen = [60.0] * 9 + [8 * 3600.0]

    assert max(learned(GUESS, ended=seen, running=[7 * 3600.0])) < 300


@pytest.mark.parametrize("ended", [[], [0.0], [-5.0]], ids=["none", "no time", "a clock that went back"])
def test_nothing_to_learn_from_is_no_trouble(ended: list[float]) -> None:
    assert min(learned(GUESS, ended=ended, running=[0.0, 50.0])) > 0


def test_a_job_that_runs_takes_longer_than_its_age() -> None:
    latency = Latency(jobs_s=(10.0, 60.0, 100.0))

    assert [latency.left(age, 0.0) for age in (0.0, 10.0, 59.0, 90.0)] == [10.0, 50.0, 1.0, 10.0]
    assert 0.0 <= latency.left(500.0, 0.99) < latency.mean_s


def intended(provider: str = "vapi") -> Intended:
    return Intended(attempt=1, provider=provider, price=None, idempotency_key=None)


def experience(*facts: tuple[str, float, Event], now: float = 1000.0) -> Experience:
    known = Experience("vapi", now)
    known.take((key, Stamped(at=at, event=event)) for key, at, event in facts)
    return known


@pytest.mark.parametrize("end", [Checked(clip=CLIP), JUDGED], ids=["passed", "did not pass"])
def test_facts_tell_how_long_each_step_took(end: Event) -> None:
    known = experience(
        ("a", 0.0, intended()), ("a", 2.0, Accepted(job_id="1")), ("a", 62.0, Finished(output=Output(file_id="1"))),
        ("a", 65.0, Saved(artifact=Artifact(bytes_=1, sha256="c" * 64))), ("a", 66.0, end),
        ("b", 5.0, intended()), ("b", 8.0, Accepted(job_id="2")), ("b", 38.0, Broke(verdict=NO)),
        ("c", 6.0, intended()), ("c", 7.0, Refused(verdict=NO, final=True, retry_at=0.0)),
        ("d", 900.0, intended()), ("d", 901.0, Doubted(reason="time-out")),
        ("e", 950.0, intended()), ("e", 952.0, Accepted(job_id="3")),
    )  # fmt: skip

    latency = known.latency(GUESS)

    assert known.ended == [60.0, 30.0]
    assert known.running == (48.0,)
    assert sorted(known.submitted) == [48.0, 99.0, 992.0, 993.0, 998.0]
    assert (latency.request_s, latency.fetch_s, latency.check_s) == (2.0, 3.0, 1.0)
    assert (latency.failures, latency.refusals) == (0.5, 0.25)


def test_another_providers_jobs_tell_nothing_of_this_one() -> None:
    known = experience(
        ("a", 0.0, intended("minimax")), ("a", 2.0, Accepted(job_id="1")),
        ("b", 2.0, Accepted(job_id="2")), ("b", 9.0, Finished(output=Output(file_id="1"))),
    )  # fmt: skip

    assert (known.ended, known.running, known.submitted) == ([], (), [])
    assert known.latency(GUESS) == GUESS
