from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from studio import Answer, Script, Studio, dies, says
from worlds import Fuse, World, item

from runner.core.limits.admission import LONGEST_SUBMIT_S
from runner.events import Accepted, Doubted, Event, Intended, Planned, Purged, Refused, Requeued, Settled
from runner.model import Limits, Rate

RATE = Rate(count=2, window_s=60.0)


def test_jobs_of_an_earlier_run_hold_their_slots(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("abcd"), in_flight=2)
    world.run(stop_after_s=5.0)
    assert len(world.studio.jobs) == 2
    world.run()
    assert set(world.phases().values()) == {"done"}
    assert world.studio.most_in_flight() == 2


@pytest.mark.parametrize("stop_after_s", [1.0, 20.0, 60.0])
def test_submits_of_an_earlier_run_count_in_the_window(tmp_path: Path, stop_after_s: float) -> None:
    world = World(folder=tmp_path, ids=list("abcd"), rates=(RATE,))
    world.run(stop_after_s=stop_after_s)
    world.run()
    assert sorted(world.diary.times(Intended)) == [0.0, 0.0, 60.5, 60.5]
    assert world.studio.most_submits_in(60.0) == 2


def test_a_request_that_the_run_died_with_counts_as_answered_at_the_restart(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("abc"), rates=(Rate(count=1, window_s=60.0),))
    assert not world.survives(Fuse(words="a request has arrived"))
    world.now_s += 10.0
    restarted = world.now_s
    world.run()
    assert world.phases() == {"a": "in_doubt", "b": "done", "c": "done"}
    assert world.diary.times(Intended, "b") == [pytest.approx(restarted + 60.0, abs=0.001)]


@pytest.mark.parametrize("decision", ["abandon", "resubmit"])
@pytest.mark.parametrize("answer", [dies(after_s=0.5), None], ids=["a doubt", "a request that the run died with"])
def test_a_decision_by_a_clock_that_was_behind_lets_no_rate_be_exceeded(
    tmp_path: Path, answer: Answer | None, decision: Literal["abandon", "resubmit"]
) -> None:
    studio = Studio(scripts={"a": Script(submits=[answer] if answer else [])})
    world = World(folder=tmp_path, ids=list("abcde"), studio=studio, rates=(RATE,))
    if answer:
        world.run(stop_after_s=5.0)
    else:
        assert not world.survives(Fuse(words="an answer has come"))
    world.now_s += 5.0
    (doubted, *_) = [id_ for id_, phase in world.phases().items() if phase == "in_doubt"]
    world.now_s -= 7_200.0
    world.note(doubted, Settled(decision=decision))
    world.now_s += 7_200.0
    world.run()
    assert studio.most_submits_in(60.0) == 2


def test_a_request_of_long_ago_is_not_held_against_the_next_run(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("ab"), rates=(RATE,), in_flight=1)
    assert not world.survives(Fuse(words="a request has arrived"))
    world.now_s += LONGEST_SUBMIT_S + world.unseen_job_s
    restarted = world.now_s
    world.run()
    assert world.diary.times(Intended, "b") == [restarted]


def test_a_doubt_of_an_earlier_run_holds_its_slot_from_its_answer_on(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[dies(makes_job=True)], life_s=900.0)})
    world = World(folder=tmp_path, ids=list("ab"), studio=studio, in_flight=1, unseen_job_s=900.0)
    world.run(stop_after_s=1.0)
    world.run()
    assert world.diary.times(Intended, "b") == [60.25 + 900.0]
    assert studio.most_in_flight() == 1


ABANDONED, LIFTED = Settled(decision="abandon"), Requeued(by="purge --lift")


@pytest.mark.parametrize(
    ("submit", "facts", "free_at"),
    [
        pytest.param(None, [Purged()], 0.5 + 900.0, id="job, purged"),
        pytest.param(None, [Purged(), LIFTED], 0.5 + 900.0, id="job, purged and lifted"),
        pytest.param(dies(makes_job=True), [Purged()], 60.25 + 900.0, id="doubt, purged"),
        pytest.param(dies(makes_job=True), [ABANDONED], 60.25 + 900.0, id="doubt, abandoned"),
        pytest.param(dies(makes_job=True), [ABANDONED, Purged()], 60.25 + 900.0, id="doubt, abandoned and purged"),
    ],
)
def test_a_job_that_was_let_go_of_holds_its_slot_as_long_as_it_may_run(
    tmp_path: Path, submit: Answer | None, facts: list[Event], free_at: float
) -> None:
    script = Script(submits=[submit] if submit else [], life_s=900.0)
    world = World(folder=tmp_path, ids=list("ab"), studio=Studio(scripts={"a": script}), in_flight=1)
    world.run(stop_after_s=1.0)
    for fact in facts:
        world.note("a", fact)
    world.selected = [item("b").key]
    for stop_after_s in (30.0, None):
        world.run(stop_after_s=stop_after_s)
    assert world.diary.times(Intended, "b") == [pytest.approx(free_at, abs=0.001)]
    assert world.studio.most_in_flight() == 1


def test_two_jobs_that_two_folders_let_go_of_hold_a_slot_each_once_they_are_merged(tmp_path: Path) -> None:
    """Each folder counted its own requests of the item from one."""
    script = Script(submits=[dies(makes_job=True)], life_s=900.0)
    world = World(folder=tmp_path, ids=list("ab"), studio=Studio(scripts={"a": script}), in_flight=2)
    world.selected = [item("a").key]
    world.run(stop_after_s=1.0)
    world.note("a", ABANDONED)
    asked = Intended(attempt=1, provider="studio", price=None, idempotency_key=None)
    for fact in (asked, Doubted(reason="no answer"), ABANDONED):
        world.note("a", fact)
    world.selected = [item("b").key]
    world.run(stop_after_s=30.0)
    assert world.diary.times(Intended, "b") == []


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(Script(), id="kept"),
        pytest.param(Script(status="Fail", code=1027), id="broke"),
        pytest.param(Script(submits=[says(1026)]), id="refused"),
    ],
)
def test_a_job_that_is_known_to_be_over_holds_no_slot_when_it_is_purged(tmp_path: Path, script: Script) -> None:
    world = World(folder=tmp_path, ids=list("ab"), studio=Studio(scripts={"a": script}), in_flight=1)
    world.selected = [item("a").key]
    world.run()
    world.note("a", Purged())
    world.selected, restarted = None, world.now_s
    world.run()
    assert world.diary.times(Intended, "b") == [pytest.approx(restarted, abs=0.001)]


def test_a_job_that_was_purged_keeps_its_slot_beside_one_that_is_bought_in_its_place(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(life_s=900.0)})
    world = World(folder=tmp_path, ids=list("ab"), studio=studio, in_flight=2)
    world.selected = [item("a").key]
    world.run(stop_after_s=1.0)
    for fact in (Purged(), LIFTED, Planned(item=item("a"))):
        world.note("a", fact)
    world.selected = None
    world.run()
    assert world.diary.times(Intended)[:2] == [0.0, pytest.approx(1.25, abs=0.01)]
    assert studio.most_in_flight() == 2
    assert len(studio.jobs) == 3


@pytest.mark.parametrize(
    ("set_by_s", "leap_s", "free_at"),
    [
        pytest.param(7200.0, 7200.0, 7200.0 + 10_000.5 + 900.0, id="forward"),
        pytest.param(-7200.0, 0.0, 2801.0 + 900.0, id="back"),
        pytest.param(7200.0, 0.0, 17_201.0, id="two hours on"),
    ],
)
def test_the_slot_of_a_purged_job_is_held_rightly_by_a_clock_that_was_set(
    tmp_path: Path, set_by_s: float, leap_s: float, free_at: float
) -> None:
    world = World(folder=tmp_path, ids=list("ab"), studio=Studio(scripts={"a": Script(life_s=900.0)}), in_flight=1)
    world.now_s = 10_000.0
    world.run(stop_after_s=1.0)
    world.note("a", Purged())
    world.now_s, world.leap_s = world.now_s + set_by_s, leap_s
    world.run()
    assert world.diary.times(Intended, "b") == [pytest.approx(free_at, abs=0.5)]


def test_a_request_that_a_run_died_with_counts_in_the_window_though_it_was_purged(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("ab"), rates=(Rate(count=1, window_s=60.0),))
    assert not world.survives(Fuse(words="a request has arrived"))
    world.note("a", Purged())
    purged = world.now_s
    world.run()
    assert world.diary.times(Intended, "b") == [pytest.approx(purged + 60.0, abs=0.001)]


def test_an_unanswered_request_with_a_key_keeps_its_slot_until_it_is_settled(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("abc"), studio=Studio(keeps_keys=True), in_flight=1, unseen_job_s=0.0)
    assert not world.survives(Fuse(words="a request has arrived"))
    world.run()
    assert set(world.phases().values()) == {"done"}
    assert world.studio.most_in_flight() == 1
    assert len(world.studio.jobs) == 3


def test_an_unanswered_request_with_a_key_that_is_to_wait_keeps_its_slot_in_the_next_run(tmp_path: Path) -> None:
    lost, busy = dies(makes_job=True, after_s=5.0), says(1000, retry_after_s=200.0)
    studio = Studio(keeps_keys=True, scripts={"a": Script(submits=[lost, busy], life_s=1000.0)})
    world = World(folder=tmp_path, ids=list("abc"), studio=studio, in_flight=1, unseen_job_s=0.0)
    world.run(stop_after_s=30.0)
    world.run()
    assert set(world.phases().values()) == {"done"}
    assert studio.most_in_flight() == 1
    assert len(studio.jobs) == 3


@pytest.mark.parametrize("pause_s", [300.0, 3600.0])
def test_a_wait_that_the_provider_asked_for_outlives_the_run(tmp_path: Path, pause_s: float) -> None:
    studio = Studio(scripts={"a": Script(submits=[says(1002, retry_after_s=pause_s)])})
    world = World(folder=tmp_path, ids=list("ab"), studio=studio, in_flight=1)
    world.run(stop_after_s=10.0)
    world.run()
    refused = world.diary.times(Refused)[0]
    assert all(at >= refused + pause_s for at in world.diary.times(Intended)[1:])
    assert set(world.phases().values()) == {"done"}


def test_a_poll_that_was_to_wait_waits_in_the_next_run_too(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(polls=[says(1000, retry_after_s=300.0)], life_s=40.0)})
    world = World(folder=tmp_path, ids=["a"], studio=studio)
    world.run(stop_after_s=60.0)
    (first,) = [at for at, _ in studio.polls]
    world.run()
    assert studio.polls[1][0] >= first + 300.0
    assert world.phases() == {"a": "done"}


@pytest.mark.parametrize(
    ("set_by_s", "leap_s"),
    [pytest.param(1800.0, 0.0, id="half an hour later"), pytest.param(7200.0, 7200.0, id="clock set forward")],
)
def test_nothing_is_bought_before_a_long_wait_is_over_that_an_earlier_run_was_asked_for(
    tmp_path: Path, set_by_s: float, leap_s: float
) -> None:
    studio = Studio(scripts={"a": Script(submits=[says(1002, retry_after_s=3600.0)])})
    world = World(folder=tmp_path, ids=list("ab"), studio=studio, in_flight=1)
    world.run(stop_after_s=10.0)
    refused = world.diary.times(Refused)[0]
    world.now_s, world.leap_s = world.now_s + set_by_s, leap_s
    world.run()
    assert world.diary.times(Intended)[1] == pytest.approx(refused + leap_s + 3600.0, abs=1.0)
    assert set(world.phases().values()) == {"done"}


@pytest.mark.parametrize("decision", [None, "abandon", "resubmit"])
@pytest.mark.parametrize("leap_s", [0.0, 1800.0], ids=["half an hour later", "clock set forward"])
def test_a_wait_that_was_asked_for_with_a_server_error_outlives_the_run_and_the_doubt(
    tmp_path: Path, leap_s: float, decision: Literal["abandon", "resubmit"] | None
) -> None:
    studio = Studio(scripts={"a": Script(submits=[says(1000, status=503, retry_after_s=3600.0)])})
    world = World(folder=tmp_path, ids=list("ab"), studio=studio, in_flight=1)
    world.run(stop_after_s=10.0)
    doubted = world.diary.times(Doubted)[0]
    world.now_s, world.leap_s = world.now_s + 1800.0, leap_s
    if decision:
        world.note("a", Settled(decision=decision))
    world.run()
    assert world.diary.times(Intended)[1] == pytest.approx(doubted + leap_s + 3600.0, abs=1.0)
    assert world.phases()["b"] == "done"


@pytest.mark.parametrize("jump_s", [-7200.0, 3 * 3600.0], ids=["two hours back", "three hours on"])
def test_a_clock_that_jumps_between_runs_loses_nothing_and_buys_nothing_twice(tmp_path: Path, jump_s: float) -> None:
    script = Script(polls=[says(1000)] * 2, files=[b"<html>"])
    world = World(folder=tmp_path, ids=list("abc"), studio=Studio(scripts={"a": script}), limits=Limits(in_flight=3))
    world.now_s = 10_000.0
    world.run(stop_after_s=22.0)
    world.now_s += jump_s
    for id_, job in world.studio.jobs.items():  # the provider's clock is another one
        world.studio.jobs[id_] = replace(job, ends_at=job.ends_at + jump_s)
    began = world.now_s
    world.run()
    assert set(world.phases().values()) == {"done"}
    assert len(world.studio.submits) == 3
    assert world.now_s - began < 120.0


def test_a_clock_set_forward_between_runs_opens_no_window_twice(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("abcd"), rates=(RATE,))
    world.run(stop_after_s=1.0)
    answered = world.diary.times(Accepted)
    world.now_s, world.leap_s = world.now_s + 3600.0, 3600.0
    world.run()
    assert world.diary.times(Intended)[2:] == [at + 3600.0 + RATE.window_s for at in answered]


def test_a_refused_item_is_not_parked_for_ever_by_a_clock_that_jumped(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[says(1002)])})
    world = World(folder=tmp_path, ids=["a"], studio=studio)
    world.now_s = 30 * 86400.0
    world.run(stop_after_s=1.0)
    world.now_s = 0.0
    world.run()
    assert world.phases() == {"a": "done"}
    assert world.now_s < 6 * 3600.0 + 600.0


def test_a_job_is_not_left_waiting_by_a_clock_that_went_back(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=["a"], studio=Studio(scripts={"a": Script(polls=[says(1000)])}))
    world.now_s = 10_000.0
    world.run(stop_after_s=22.0)
    world.now_s -= 7200.0
    world.studio.jobs["job-1"] = replace(world.studio.jobs["job-1"], ends_at=0.0)
    began = world.now_s
    world.run()
    assert world.phases() == {"a": "done"}
    assert world.now_s - began < 90.0


def test_a_settled_doubt_is_bought_anew_and_counts_twice_in_the_books(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[dies(makes_job=True)])})
    world = World(folder=tmp_path, ids=["a"], studio=studio)
    world.run()
    world.note("a", Settled(decision="resubmit"))
    world.run()
    assert world.phases() == {"a": "done"}
    assert len(studio.jobs) == 2


def test_an_adopted_job_is_collected_and_not_bought(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[dies(makes_job=True)])})
    world = World(folder=tmp_path, ids=["a"], studio=studio)
    world.run()
    world.note("a", Settled(decision="adopt", job_id="job-1"))
    world.run()
    assert world.phases() == {"a": "done"}
    assert (len(studio.submits), world.diary.times(Accepted)) == (1, [])
