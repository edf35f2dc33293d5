from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest
from studio import Answer, Script, Studio, dies, says, shows, unsent
from worlds import CHECK_S, PACE, PRICE, World, item

from runner.core.life.possession import NOT_KNOWN
from runner.core.limits.retry import FREE, jitter, pause_s
from runner.core.plan.plan import is_refetched
from runner.core.sums.ending import Conclusion, Ending
from runner.engine.collecting import REFETCHES
from runner.events import Accepted, Checked, GaveUpWaiting, Requeued, Saved, Settled, Spoiled, Stalled
from runner.gates import Gates, TechnicalGate
from runner.inspection import Unfetched
from runner.model import CheckPolicy, Limits, Rate

TRUTH = Answer()
PAGE = b"<html>not found</html>"
TROUBLE = [
    *[pytest.param(says(code), id=str(code)) for code in (1000, 1002, 1008, 1024, 1033, 99999)],
    *[pytest.param(shows("", status=status), id=f"HTTP {status}") for status in (429, 500, 503)],
    pytest.param(shows("<html>"), id="a page"),
    pytest.param(dies(), id="time-out"),
    pytest.param(unsent(), id="not sent"),
]


def _alone(folder: Path, script: Script, **changes: object) -> World:
    world = World(folder=folder, ids=["a"], studio=Studio(scripts={"a": script}))
    for name, value in changes.items():
        setattr(world, name, value)
    return world


@pytest.mark.parametrize("trouble", TROUBLE)
def test_trouble_with_a_poll_or_a_link_costs_nothing_and_is_tried_again(tmp_path: Path, trouble: Answer) -> None:
    world = _alone(tmp_path, Script(polls=[trouble] * 3, links=[trouble] * 3))
    assert world.run() == Conclusion(ending=Ending.FINISHED)
    assert world.phases() == {"a": "done"}
    assert len(world.studio.submits) == 1
    assert len(world.diary.times(Stalled)) == 6


def test_pauses_between_polls_grow_with_trouble_and_begin_anew_after_it(tmp_path: Path) -> None:
    world = _alone(tmp_path, Script(polls=[TRUTH, says(1000), says(1000), TRUTH, says(1000), TRUTH], life_s=600.0))
    world.run()
    polls = [at for at, _ in world.studio.polls[1:7]]
    gaps = [later - earlier - 0.5 for earlier, later in pairwise(polls)]
    pauses = [pause_s(FREE, tries, jitter=jitter(item("a").key, tries)) for tries in (1, 2, 1)]
    assert gaps == [pytest.approx(gap, abs=0.01) for gap in (*pauses[:2], PACE.every_s, pauses[2], PACE.every_s)]


def test_a_link_is_looked_up_anew_after_every_failed_download(tmp_path: Path) -> None:
    world = _alone(tmp_path, Script(files=[Unfetched(reason="HTTP 403: the link is expired or refused")] * 2))
    world.run()
    assert world.phases() == {"a": "done"}
    assert (len(world.studio.links), len(world.studio.downloads), len(world.studio.submits)) == (3, 3, 1)


def test_an_empty_link_is_asked_for_again(tmp_path: Path) -> None:
    empty = shows("", document={"file": {"download_url": ""}, "base_resp": {"status_code": 0}})
    world = _alone(tmp_path, Script(links=[empty, empty]))
    world.run()
    assert world.phases() == {"a": "done"}


FINE = {"base_resp": {"status_code": 0, "status_msg": "success"}}
OTHER_JOB = shows("", document={"task_id": "job-9", "status": "Success", "file_id": "file-9", **FINE})
OTHER_FILE = shows("", document={"file": {"file_id": "file-9", "download_url": "http://nowhere/file-9"}, **FINE})


@pytest.mark.parametrize(
    ("script", "told"),
    [
        pytest.param(Script(polls=[OTHER_JOB] * 9), "task_id: the reply is about another task, job-9", id="the job"),
        pytest.param(Script(links=[OTHER_FILE] * 9), "file_id: the reply is about another file, file-9", id="the file"),
    ],
)
def test_answers_about_another_job_or_file_are_told_once_and_asked_again_until_they_are_about_this_one(
    tmp_path: Path, script: Script, told: str
) -> None:
    world = _alone(tmp_path, script)

    world.run()

    words = f"a: studio does not answer about job job-1 ({told}); it is asked again, for nothing"
    assert world.diary.said_ == [f"{words}; of further ones nothing is said"]
    assert world.phases() == {"a": "done"}
    assert len(world.studio.submits) == 1


def test_an_answer_about_another_job_now_and_then_is_asked_again_without_a_word(tmp_path: Path) -> None:
    world = _alone(tmp_path, Script(polls=[OTHER_JOB] * REFETCHES))

    world.run()

    assert (world.diary.said_, world.phases()) == ([], {"a": "done"})


GONE = shows("", document={"base_resp": {"status_code": 2013, "status_msg": "no such task or file"}})


@pytest.mark.parametrize(
    ("script", "asked"),
    [
        pytest.param(Script(polls=[GONE] * 99), "polls", id="the job"),
        pytest.param(Script(links=[GONE] * 99), "links", id="the file"),
    ],
)
def test_what_the_provider_says_for_long_not_to_know_is_given_up_and_asked_after_again_for_nothing(
    tmp_path: Path, script: Script, asked: str
) -> None:
    world = _alone(tmp_path, script)
    world.run()
    state, times = world.state("a"), [at for at, _ in getattr(world.studio, asked)]
    assert (state.phase, state.job_id, state.is_gone) == ("failed", "job-1", True)
    assert len(times) > REFETCHES
    assert world.unseen_job_s <= times[-1] - times[0] < world.unseen_job_s + FREE.most_s
    told = (
        "a: studio does not know job job-1 (2013: no such task or file); it is asked after for 15 min in all, "
        "for nothing, then the item counts as failed; of further ones nothing is said"
    )
    assert world.diary.said_ == [told]

    getattr(script, asked).clear()
    world.note("a", Requeued(by="fetch", refetch=is_refetched(state)))
    world.run()
    assert world.phases() == {"a": "done"}
    assert len(world.studio.submits) == 1
    assert world.committed() == {"USD": PRICE.micros}


def test_a_job_that_is_not_known_is_given_up_before_a_run_without_progress_ends(tmp_path: Path) -> None:
    """Each run would end first, and the next ask on from the start, for ever."""
    world = _alone(tmp_path, Script(polls=[GONE] * 99))
    world.limits = Limits(no_progress_s=600.0)
    ended = world.run()
    assert (world.state("a").phase, world.state("a").is_gone) == ("failed", True)
    assert ended.ending is Ending.FINISHED


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(Script(polls=[*[shows("", status=503)] * 9, GONE]), id="one among other trouble with polls"),
        pytest.param(Script(links=[*[shows("", status=503)] * 9, GONE]), id="one among other trouble with links"),
        pytest.param(Script(polls=[GONE, TRUTH] * 20, life_s=2000.0), id="again and again, and known in between"),
        pytest.param(Script(polls=[shows("<html>", status=404)] * 20), id="a page of nowhere, for long"),
        pytest.param(Script(polls=[shows("<html>", status=400)] * 20), id="a page about a bad request, for long"),
    ],
)
def test_no_other_trouble_makes_a_job_count_as_gone(tmp_path: Path, script: Script) -> None:
    world = _alone(tmp_path, script)
    assert world.run() == Conclusion(ending=Ending.FINISHED)
    assert world.phases() == {"a": "done"}
    assert len(world.studio.submits) == 1


def test_a_page_of_nowhere_in_the_place_of_one_poll_ends_no_purchases(tmp_path: Path) -> None:
    scripts = {"a": Script(polls=[shows("<html>", status=404)])}
    world = World(folder=tmp_path, ids=list("abc"), studio=Studio(scripts=scripts), in_flight=1)
    assert world.run() == Conclusion(ending=Ending.FINISHED)
    assert world.phases() == {"a": "done", "b": "done", "c": "done"}


def test_a_job_that_a_person_named_and_nobody_knows_brings_the_doubt_back(tmp_path: Path) -> None:
    world = _alone(tmp_path, Script(submits=[dies(makes_job=True)]))
    world.run()
    world.note("a", Settled(decision="adopt", job_id="job-7"))
    world.run()
    state = world.state("a")
    told = (
        "a: studio does not know job job-7 (2013: invalid params, task_id); it is asked after for 15 min in all, then "
        "the item is in doubt again; if another job was meant, stop this run and name it: s2v resolve"
    )
    assert world.diary.said_ == [told]
    assert (state.phase, state.job_id, state.bought, state.reserved) == ("in_doubt", None, 0, (PRICE,))
    assert state.note == f"job job-7 is not known at {state.provider} (2013: invalid params, task_id)"
    assert world.committed() == {"USD": PRICE.micros}

    world.note("a", Settled(decision="adopt", job_id="job-1"))
    world.run()
    state = world.state("a")
    assert (state.phase, state.bought, state.reserved) == ("done", 1, ())
    assert world.committed() == {"USD": PRICE.micros}
    assert len(world.studio.submits) == 1


@pytest.mark.parametrize("decision", ["abandon", "resubmit"])
def test_a_job_that_turns_up_after_its_doubt_was_settled_is_collected_and_counted_once(
    tmp_path: Path, decision: Literal["abandon", "resubmit"]
) -> None:
    world = _alone(tmp_path, Script(submits=[dies(makes_job=True)]))
    world.run()
    world.note("a", Settled(decision=decision))
    world.note("a", Settled(decision="adopt", job_id="job-1"))
    world.run()
    state = world.state("a")
    assert (state.phase, state.bought, sum(money.micros for money in state.reserved)) == ("done", 1, 0)
    assert world.committed() == {"USD": PRICE.micros}
    assert len(world.studio.submits) == 1


def test_another_name_for_a_job_is_paid_for_once(tmp_path: Path) -> None:
    world = _alone(tmp_path, Script(submits=[dies(makes_job=True)]))
    world.run()
    world.note("a", Settled(decision="adopt", job_id="job-7"))
    world.note("a", Settled(decision="adopt", job_id="job-1"))
    world.run()
    assert world.phases() == {"a": "done"}
    assert (world.state("a").bought, world.committed()) == (1, {"USD": PRICE.micros})


def test_a_spoilt_file_is_fetched_again(tmp_path: Path) -> None:
    world = _alone(tmp_path, Script(files=[PAGE] * REFETCHES))
    world.run()
    assert world.phases() == {"a": "done"}
    assert len(world.studio.downloads) == 1 + REFETCHES


def test_a_file_that_the_machine_cannot_look_into_is_kept_and_looked_into_later(tmp_path: Path) -> None:
    world = _alone(tmp_path, Script())
    world.disk.starved = 2 * REFETCHES
    world.run()
    assert world.phases() == {"a": "done"}
    assert (len(world.studio.downloads), world.diary.times(Spoiled)) == (1, [])
    assert world.diary.said_ == ["a: no memory: free some"]
    pauses = [pause_s(FREE, tries, jitter=jitter(item("a").key, tries)) for tries in range(1, 2 * REFETCHES)]
    gaps = [later - earlier - CHECK_S for earlier, later in pairwise(world.diary.times(Stalled))]
    assert gaps == [pytest.approx(pause, abs=0.01) for pause in pauses]


def test_a_file_that_cannot_be_looked_into_is_left_open_with_what_to_do_and_not_lost(tmp_path: Path) -> None:
    world = _alone(tmp_path, Script(), limits=Limits(item_deadline_s=600.0))
    world.disk.starved = float("inf")
    world.run()
    state = world.state("a")
    assert (state.phase, bool(world.disk.saved)) == ("saved", True)
    assert state.note is not None
    assert "(no memory: free some)" in state.note
    world.disk.starved = 0
    restarted = world.now_s
    world.run()
    assert world.phases() == {"a": "done"}
    assert len(world.studio.downloads) == 1
    assert world.diary.times(Checked) == [pytest.approx(restarted + CHECK_S, abs=0.01)]


def test_a_file_that_came_home_late_is_looked_into_whatever_the_deadline(tmp_path: Path) -> None:
    world = _alone(tmp_path, Script(), limits=Limits(item_deadline_s=61.5))
    world.run()
    assert world.phases() == {"a": "done"}
    assert world.diary.times(Saved)[0] >= world.diary.times(Accepted)[0] + 61.5


def test_a_file_that_stays_spoilt_is_failed_with_its_job_kept(tmp_path: Path) -> None:
    world = _alone(tmp_path, Script(files=[PAGE] * 99))
    world.run()
    world.run()
    state = world.state("a")
    assert (state.phase, state.job_id, state.note) == ("failed", "job-1", "no video but a web page")
    assert len(world.studio.downloads) == len(world.diary.times(Spoiled)) == 1 + REFETCHES
    assert world.committed() == {"USD": PRICE.micros}


def test_a_video_that_is_too_short_waits_for_a_person_at_once_with_its_job_kept(tmp_path: Path) -> None:
    too_long = Gates(technical=TechnicalGate(min_seconds=6.0))
    world = _alone(tmp_path, Script(), checks=CheckPolicy(gates=too_long))
    world.run()
    state = world.state("a")
    assert (state.phase, state.job_id) == ("review", "job-1")
    assert state.note == "it runs for 5.64 s, expected at least 6 s"
    assert (list(world.disk.review), world.disk.videos) == (["a.mp4"], {})
    assert len(world.studio.downloads) == 1


def test_success_without_a_file_is_asked_about_until_the_deadline_and_stays_open(tmp_path: Path) -> None:
    world = _alone(tmp_path, Script(file_id=""), limits=Limits(item_deadline_s=600.0))
    assert world.run() == Conclusion(ending=Ending.FINISHED)
    state = world.state("a")
    assert (state.phase, state.job_id) == ("running", "job-1")
    assert "the provider says success but names no file" in (state.note or "")
    assert len(world.studio.polls) < 25


@pytest.mark.parametrize(
    ("script", "note"),
    [
        pytest.param(Script(status="Fail", code=1027), "1027: output new_sensitive", id="Fail with a code"),
        pytest.param(Script(status="failed"), "failed: the provider gave no reason", id="failed without one"),
        pytest.param(
            Script(polls=[says(2013, words="unknown task_id")] * 99), f"2013: {NOT_KNOWN}: unknown task_id", id="gone"
        ),
    ],
)
def test_a_job_that_failed_is_paid_for_and_never_bought_again(tmp_path: Path, script: Script, note: str) -> None:
    world = _alone(tmp_path, script)
    world.run()
    world.run()
    state = world.state("a")
    assert (state.phase, state.job_id, state.note) == ("failed", "job-1", note)
    assert len(world.studio.submits) == 1
    assert world.committed() == {"USD": PRICE.micros}


def test_a_job_that_the_provider_does_not_know_yet_is_asked_after_again(tmp_path: Path) -> None:
    world = _alone(tmp_path, Script(polls=[says(2013, words="unknown task_id")] * REFETCHES))
    world.run()
    assert world.phases() == {"a": "done"}
    assert len(world.studio.submits) == 1


def test_a_job_that_never_ends_is_given_up_at_the_deadline_and_polled_on_by_the_next_run(tmp_path: Path) -> None:
    world = _alone(tmp_path, Script(life_s=float("inf")), limits=Limits(item_deadline_s=600.0))
    assert world.run() == Conclusion(ending=Ending.FINISHED)
    assert world.diary.times(GaveUpWaiting) == [600.5 + 0.5]  # one last look at the deadline
    assert world.phases() == {"a": "running"}
    world.studio.jobs["job-1"] = replace(world.studio.jobs["job-1"], ends_at=world.now_s)
    world.run()
    assert world.phases() == {"a": "done"}
    assert len(world.studio.submits) == 1


@pytest.mark.parametrize(("deadline_s", "told"), [(4.0, "after 4 s of"), (600.0, "after 10 min of")])
def test_how_long_was_waited_is_said_as_it_was_set(tmp_path: Path, deadline_s: float, told: str) -> None:
    world = _alone(tmp_path, Script(life_s=float("inf")), limits=Limits(item_deadline_s=deadline_s))
    world.run()
    assert told in (world.state("a").note or "")


def test_the_next_run_gives_a_job_the_whole_deadline_again(tmp_path: Path) -> None:
    world = _alone(tmp_path, Script(life_s=float("inf")), limits=Limits(item_deadline_s=600.0))
    world.run()
    world.now_s += 86400.0
    began = world.now_s
    world.run()
    assert world.diary.times(GaveUpWaiting)[1] == began + 600.0 + 0.5


def test_a_key_refused_on_a_poll_ends_the_run_and_keeps_the_job(tmp_path: Path) -> None:
    scripts = {"a": Script(polls=[says(2049)] * 9), "b": Script()}
    world = World(folder=tmp_path, ids=list("abc"), studio=Studio(scripts=scripts), in_flight=2)
    assert world.run().ending is Ending.AUTH_CLOSED
    assert world.phases() == {"a": "running", "b": "running", "c": "planned"}
    assert len(world.studio.submits) == 2


def test_a_file_that_is_home_is_checked_also_after_its_provider_refused_the_key(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(life_s=5.0), "b": Script(polls=[says(1004)])})
    world = World(folder=tmp_path, ids=list("ab"), studio=studio, rates=(Rate(count=1, window_s=1.0),))

    assert world.run().ending is Ending.AUTH_CLOSED

    assert world.phases() == {"a": "done", "b": "running"}
