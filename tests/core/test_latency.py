"""How long jobs take: guessed from a trait, learned from jobs that ended, those that still run, and none but them."""

from __future__ import annotations

from itertools import pairwise
from math import exp
from random import Random
from statistics import fmean, geometric_mean, median

import pytest

from runner.core.outlook.experience import Experience
from runner.core.outlook.latency import Ended, Latency, guessed, learned
from runner.core.outlook.looking import Polls
from runner.events import (
    Accepted,
    Broke,
    Checked,
    Doubted,
    Event,
    Finished,
    Intended,
    Judged,
    Refused,
    Saved,
    Settled,
    Stamped,
)
from runner.gates import Gates
from runner.judgement import Judgement
from runner.model import Artifact, Clip, Kind, Output, Verdict

POLLS = Polls(first_s=20.0, every_s=10.0)
GUESS = guessed(120.0, POLLS)
LEARNS = Polls(first_s=20.0, every_s=10.0, learns=True)
CLIP = Clip(seconds=5.6, width=8, height=8, fps=25.0, frames=141, codec="h264", has_audio=False, decoded=True)
JUDGED = Judged(clip=CLIP, judgement=Judgement(gates=Gates()), decision="review", reason="")
NO = Verdict(kind=Kind.CONTENT, code="1026", words="")


def lognormal(count: int, *, mean: float, sigma: float) -> list[float]:
    chance = Random(3)
    return [mean * exp(chance.gauss(-(sigma**2) / 2, sigma)) for _ in range(count)]


def seen_at(*times_s: float) -> list[Ended]:
    return [Ended(each) for each in times_s]


def test_a_guess_has_the_mean_of_the_trait_and_half_a_poll() -> None:
    assert fmean(GUESS.latency.jobs_s) == pytest.approx(120 + 5, rel=0.02)


@pytest.mark.parametrize("wrong", [0.4, 2.5])
def test_jobs_outweigh_a_trait_that_they_belie(wrong: float) -> None:
    seen = lognormal(12, mean=120.0, sigma=0.2)

    times = learned(guessed(wrong * 120.0, POLLS), ended=seen_at(*seen), running=())

    assert fmean(times) == pytest.approx(fmean(seen), rel=0.15)


def test_many_jobs_are_drawn_from_as_they_are() -> None:
    seen = [60.0] * 15 + [240.0] * 15

    times = learned(GUESS, ended=seen_at(*seen), running=())

    assert len(set(times)) == 2
    assert times[-1] / times[0] == pytest.approx(4.0)


def test_the_first_to_end_do_not_make_all_look_quick() -> None:
    every = sorted(lognormal(200, mean=300.0, sigma=0.4))
    ended, running = every[:60], [every[59]] * 140

    times = learned(guessed(300.0, POLLS), ended=seen_at(*ended), running=running)

    assert fmean(ended) < 200
    assert fmean(times) == pytest.approx(300.0, rel=0.1)
    assert median(every) == pytest.approx(median(times), rel=0.1)


def watched(lives_s: list[float], *looks_s: float) -> list[Ended]:
    """Return how the ends of jobs are seen that are asked after at these ages."""
    ages = (0.0, *looks_s)
    spans = [(since, at) for life_s in lives_s for since, at in pairwise(ages) if since < life_s <= at]
    return [Ended(at, since) for since, at in spans]


@pytest.mark.parametrize("count", [8, 40])
def test_what_a_run_knew_too_late_while_it_learned_is_not_foreseen_of_the_rest(count: int) -> None:
    lives_s = lognormal(count, mean=10.0, sigma=0.4)
    first, later = lives_s[: count // 2], lives_s[count // 2 :]
    ended = watched(first, 20.5, 31.0) + watched(later, 6.0, 9.0, 12.0, 15.0, 18.0, 22.0, 30.0)

    times = learned(guessed(10.0, LEARNS), ended=ended, running=())

    assert fmean(each.seen_s for each in ended) > fmean(lives_s) + 5.0
    assert fmean(times) == pytest.approx(fmean(lives_s) + 2.0, rel=0.1)


def test_an_end_of_which_only_the_sight_is_known_lies_before_it_as_those_of_others_do() -> None:
    told = watched(lognormal(60, mean=120.0, sigma=0.2), *(20.0 * n for n in range(1, 40)))
    half = [Ended(each.seen_s) if n % 2 else each for n, each in enumerate(told)]
    guess = guessed(120.0, LEARNS)

    times = [fmean(learned(guess, ended=ended, running=[30.0, 90.0])) for ended in (told, half)]

    assert times[1] == pytest.approx(times[0], rel=0.01)


@pytest.mark.parametrize("polls", [POLLS, LEARNS], ids=["even", "learned"])
def test_a_journal_that_does_not_say_when_jobs_were_last_pending_tells_when_their_ends_were_seen(polls: Polls) -> None:
    seen = [60.0] * 15 + [240.0] * 15

    times = learned(guessed(120.0, polls), ended=seen_at(*seen), running=())

    assert times[-1] / times[0] == pytest.approx(4.0)
    assert geometric_mean(times) == pytest.approx(geometric_mean(seen), rel=0.02)


def test_an_end_that_nobody_looked_for_is_no_measure() -> None:
    seen = [60.0] * 9 + [8 * 3600.0]

    assert max(learned(GUESS, ended=seen_at(*seen), running=[7 * 3600.0])) < 300


@pytest.mark.parametrize("ended", [[], [0.0], [-5.0]], ids=["none", "no time", "a clock that went back"])
def test_nothing_to_learn_from_is_no_trouble(ended: list[float]) -> None:
    assert min(learned(GUESS, ended=seen_at(*ended), running=[0.0, 50.0])) > 0


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

    assert known.ended == [Ended(60.0), Ended(30.0)]
    assert known.running == (48.0,)
    assert sorted(known.submitted) == [48.0, 99.0, 992.0, 993.0, 998.0]
    assert (latency.request_s, latency.fetch_s, latency.check_s) == (2.0, 3.0, 1.0)
    assert (latency.failures, latency.refusals) == (0.5, 0.25)


@pytest.mark.parametrize(
    ("finished", "ended"),
    [
        (Finished(output=Output(), pending_at=52.0, polls=4), Ended(60.0, 50.0)),
        (Finished(output=Output(), polls=1), Ended(60.0, 0.0)),
        (Finished(output=Output(), polls=3), Ended(60.0)),
        (Finished(output=Output()), Ended(60.0)),
    ],
    ids=["once seen pending", "over at the first look", "whenever it was pending", "of an older journal"],
)
def test_an_end_lies_between_two_looks_where_the_journal_says_so(finished: Finished, ended: Ended) -> None:
    known = experience(("a", 0.0, intended()), ("a", 2.0, Accepted(job_id="1")), ("a", 62.0, finished))

    assert known.ended == [ended]


DOUBTED = ("a", 105.0, Doubted(reason="time-out"))


@pytest.mark.parametrize(
    ("after", "held"),
    [
        pytest.param([], (800.0,), id="as long as a job that nobody sees may live"),
        pytest.param([("a", 300.0, Settled(decision="abandon"))], (800.0,), id="given up, and perhaps running"),
        pytest.param(
            [("a", 300.0, Settled(decision="resubmit", by="policy")), ("a", 301.0, intended())],
            (800.0, 1000.0),
            id="bought again without a look, which may have been counted as late as now",
        ),
        pytest.param([("a", 300.0, Settled(decision="resubmit"))], (), id="never made, as a person saw"),
        pytest.param([("a", 300.0, Settled(decision="adopt", job_id="1"))], (), id="found: it runs in sight"),
        pytest.param([("a", 300.0, Accepted(job_id="1"))], (), id="taken after all"),
    ],
)
def test_a_slot_is_kept_for_a_job_that_may_run_unseen(
    after: list[tuple[str, float, Event]], held: tuple[float, ...]
) -> None:
    known = experience(("a", 100.0, intended()), DOUBTED, *after, now=305.0)

    assert known.held(1000.0) == held


def test_a_submit_that_nobody_heard_of_keeps_its_slot_from_the_last_moment_at_which_it_may_have_counted() -> None:
    asked = experience(("a", 100.0, intended()), ("b", 104.0, intended("minimax")), now=105.0)
    given_up = experience(("a", 100.0, intended()), ("a", 105.0, Settled(decision="abandon")), now=1800.0)

    assert asked.held(1000.0) == (1000.0,)
    assert given_up.held(1000.0) == (200.0,)
    assert asked.held(0.0) == ()


def test_another_providers_jobs_tell_nothing_of_this_one() -> None:
    known = experience(
        ("a", 0.0, intended("minimax")), ("a", 2.0, Accepted(job_id="1")),
        ("b", 2.0, Accepted(job_id="2")), ("b", 9.0, Finished(output=Output(file_id="1"))),
    )  # fmt: skip

    assert (known.ended, known.running, known.submitted) == ([], (), [])
    assert known.latency(GUESS) == GUESS.latency
