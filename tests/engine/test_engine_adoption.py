"""What a call does to a submit without an answer: its lost job is found again, and nothing is paid for twice."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from random import Random
from typing import Any, Final, Literal

import pytest
from called_worlds import called
from jumping_clock import JumpingLoop
from resellers import Reseller
from studio import Answer, PaidJob, Script, Studio, dies, says, shows, video_of
from telephone import Telephone
from worlds import PRICE, Fuse, World, item

from runner.core.sums.ending import Ending
from runner.dialects.registry import DIALECTS
from runner.events import Accepted, Doubted, Intended, Requeued, Settled, Stalled
from runner.model import Limits, Money, Rate

LOST: Final = dies(makes_job=True, after_s=5.0)
REFUSED: Final = Script(submits=[says(1026)] * 9)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "lost",
    [
        pytest.param(dies(makes_job=True, after_s=60.0), id="time-out, after the call"),
        pytest.param(dies(makes_job=True, after_s=0.0), id="reset, before the call"),
        pytest.param(shows("bad gateway", status=502, makes_job=True), id="HTTP 502"),
        pytest.param(says(1001, makes_job=True), id="1001"),
    ],
)
def test_every_job_whose_reply_was_lost_is_adopted_and_none_is_bought_twice(
    tmp_path: Path, lost: Answer, seed: int
) -> None:
    ids = [f"i{n}" for n in range(20)]
    studio = Studio(scripts={id_: Script(submits=[lost] * 9, life_s=40.0) for id_ in ids})
    telephone = Telephone.of(studio, doubled=0.3, late_s=1.0, chance=Random(seed))
    world = called(tmp_path, ids, studio, telephone=telephone, rates=(Rate(count=1, window_s=5.0),))
    assert world.run().ending is Ending.FINISHED
    assert set(world.phases().values()) == {"done"}
    assert len(studio.submits) == len(studio.jobs) == 20
    assert world.disk.videos == {f"{id_}.mp4": video_of(id_) for id_ in ids}
    assert world.committed() == {"USD": 20 * PRICE.micros}
    assert len(world.diary.times(Settled)) == 20


def test_a_submit_whose_reply_is_lost_after_its_call_came_is_never_in_doubt(tmp_path: Path) -> None:
    world = called(tmp_path, ["a"], Studio(scripts={"a": Script(submits=[dies(makes_job=True)])}))
    world.run()
    assert world.diary.times(Doubted) == []
    assert world.diary.times(Settled) == [0.35]
    assert world.phases() == {"a": "done"}


def test_a_reply_that_comes_after_the_call_is_no_second_purchase(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[Answer(makes_job=True, after_s=30.0)], life_s=10.0)})
    world = called(tmp_path, ["a"], studio)
    world.run()
    assert (world.diary.times(Settled), world.diary.times(Accepted)) == ([0.35], [30.25])
    assert world.phases() == {"a": "done"}
    assert world.state("a").bought == 1
    assert world.committed() == {"USD": PRICE.micros}
    assert [at for at, _ in studio.polls] == [50.5]


def test_a_reply_knows_the_job_better_than_the_call_did(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[Answer(makes_job=True, after_s=30.0)])})
    telephone = Telephone()
    studio.calls = lambda url, _job, _status: telephone.say(url, {"task_id": "another"}, at=2.0)
    world = called(tmp_path, ["a"], studio, telephone=telephone)
    world.run()
    assert world.state("a").job_id == "job-1"
    assert (world.phases(), world.state("a").bought) == ({"a": "done"}, 1)


@pytest.mark.parametrize("refusal", [says(1026), says(1039), says(1008)], ids=["for good", "for now", "no balance"])
def test_a_job_that_was_named_is_collected_and_not_bought_again_whatever_the_reply_says(
    tmp_path: Path, refusal: Answer
) -> None:
    named = Answer(heard=refusal.heard, makes_job=True, after_s=30.0)
    world = called(tmp_path, ["a"], Studio(scripts={"a": Script(submits=[named])}))
    world.run()
    assert world.phases() == {"a": "done"}
    assert len(world.studio.submits) == 1
    assert world.committed() == {"USD": PRICE.micros}


def test_a_job_that_was_named_is_not_bought_again_in_another_form_either(tmp_path: Path) -> None:
    misheard = Answer(heard=says(2013, words="invalid params").heard, makes_job=True, after_s=30.0)
    studio = Reseller(understands="string", scripts={"a": Script(submits=[misheard])})
    world = called(tmp_path, ["a"], studio, dialect=DIALECTS["vapi"])
    world.run()
    assert world.phases() == {"a": "done"}
    assert studio.asked == ["string"]
    assert len(studio.jobs) == 1
    assert world.committed() == {"USD": PRICE.micros}


def test_a_doubt_is_waited_for_as_long_as_its_job_may_live_and_the_user_is_told_once(tmp_path: Path) -> None:
    studio = Studio(scripts={id_: Script(submits=[dies(after_s=1.0)]) for id_ in "ab"})
    world = called(tmp_path, ["a", "b"], studio, unseen_job_s=600.0)
    world.run()
    assert set(world.phases().values()) == {"in_doubt"}
    assert 600.0 < world.now_s < 620.0
    (said,) = (said for said in world.diary.said_ if "in doubt" in said)
    assert said.startswith("2 in doubt: waiting up to 10 min for the provider to call back and name the job")


def test_a_doubt_is_waited_for_no_longer_than_for_any_job(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[dies(after_s=1.0)])})
    world = called(tmp_path, ["a"], studio, limits=Limits(item_deadline_s=100.0))
    world.run()
    assert world.now_s == pytest.approx(100.25)


def test_a_later_run_waits_only_for_what_is_left_of_that_time(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[dies(after_s=1.0)])})
    world = called(tmp_path, ["a"], studio)
    world.run(stop_after_s=500.0)
    world.run()
    assert world.now_s == pytest.approx(901.5)
    world.run()
    assert world.now_s == pytest.approx(901.75)


def test_ctrl_c_ends_the_waiting(tmp_path: Path) -> None:
    world = called(tmp_path, ["a"], Studio(scripts={"a": Script(submits=[dies(after_s=1.0)])}))
    assert world.run(stop_after_s=30.0).ending is Ending.INTERRUPTED_INT
    assert world.now_s == pytest.approx(30.25)


def test_a_call_that_came_while_the_run_was_stopped_is_heard_before_the_waiting_ends(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[LOST], life_s=300.0)})
    telephone = Telephone()

    def stop(url: str, job: PaidJob, _status: str) -> None:
        telephone.say(url, {"task_id": job.id, "status": "success"}, at=5_000.5)  # it lay in the socket until then
        loop = asyncio.get_running_loop()
        assert isinstance(loop, JumpingLoop)
        loop.call_later(100.0, loop.skip_to, 5_000.0)

    studio.calls = stop
    world = called(tmp_path, ["a"], studio, telephone=telephone, limits=Limits(item_deadline_s=7_200.0))
    world.run()
    assert world.phases() == {"a": "done"}


def test_nobody_waits_for_calls_about_a_doubt_that_named_nowhere_to_call(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[LOST])})
    world = World(folder=tmp_path, ids=["a"], studio=studio)
    world.run()
    world.telephone = Telephone.of(studio)
    world.run()
    assert world.now_s == pytest.approx(5.75)


def test_the_waiting_ends_when_the_key_is_refused(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[dies(after_s=0.5)]), "b": Script(polls=[says(1004)])})
    world = called(tmp_path, ["a", "b"], studio)
    assert world.run().ending is Ending.AUTH_CLOSED
    assert world.now_s < 60.0


def test_a_late_call_settles_a_doubt_in_a_later_run(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[LOST], life_s=300.0)})
    world = called(tmp_path, ["a"], studio, telephone=Telephone.of(studio, first_s=200.0))
    world.run(stop_after_s=100.0)
    assert world.phases() == {"a": "in_doubt"}
    world.run()
    assert world.diary.times(Settled) == [200.25]
    assert world.phases() == {"a": "done"}
    assert len(studio.submits) == 1


def test_a_call_settles_a_doubt_for_which_the_run_waits_no_more(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[LOST], life_s=300.0), "b": Script(life_s=400.0)})
    world = called(tmp_path, ["a", "b"], studio, telephone=Telephone.of(studio, first_s=200.0), unseen_job_s=50.0)
    world.run()
    assert world.diary.times(Settled) == [200.25]
    assert world.phases() == {"a": "done", "b": "done"}


def _settled(folder: Path, decision: Literal["abandon", "resubmit"], more: str = "", **options: Any) -> World:
    """Return a world in which a person settled the doubt about `a` before the provider called; `b` runs for long."""
    studio = Studio(scripts={"a": Script(submits=[LOST], life_s=300.0), "b": Script(life_s=400.0)})
    world = called(folder, ["b", "a", *more], studio, telephone=Telephone.of(studio, first_s=200.0), **options)
    world.selected = {item("a").key}
    world.run(stop_after_s=50.0)
    world.note("a", Settled(decision=decision))
    world.selected = None
    return world


def test_a_call_brings_back_the_job_of_a_doubt_that_was_given_up(tmp_path: Path) -> None:
    world = _settled(tmp_path, "abandon")
    world.run()
    assert world.phases() == {"a": "done", "b": "done"}
    assert world.diary.times(Settled) == [200.25]
    assert len(world.studio.submits) == 2
    assert world.committed() == {"USD": 2 * PRICE.micros}


@pytest.mark.parametrize("restarts_s", [[], [250.0]], ids=["one run", "a restart between"])
def test_a_job_that_a_call_brings_back_holds_one_slot_and_that_until_it_ends(
    tmp_path: Path, restarts_s: list[float]
) -> None:
    studio = Studio(scripts={"a": Script(submits=[LOST], life_s=300.0)})
    world = called(tmp_path, ["a", "b"], studio, telephone=Telephone.of(studio, first_s=200.0), in_flight=1)
    world.run(stop_after_s=10.0)
    world.note("a", Settled(decision="abandon"))
    for stop_after_s in (*restarts_s, None):
        world.run(stop_after_s=stop_after_s)
    assert world.phases() == {"a": "done", "b": "done"}
    assert world.diary.times(Intended, "b") == [pytest.approx(300.5, abs=30.0)]
    assert studio.most_in_flight() == 1


def test_a_call_keeps_from_being_bought_anew_what_waits_for_its_turn_and_counts_its_price(tmp_path: Path) -> None:
    budget = Money(micros=2 * PRICE.micros, currency="USD")
    rate = Rate(count=1, window_s=250.0)
    world = _settled(tmp_path, "resubmit", more="c", rates=(rate,), limits=Limits(budget=budget))
    assert world.run().ending is Ending.BUDGET
    assert world.phases() == {"a": "done", "b": "done", "c": "planned"}
    assert [len(world.studio.jobs_of(id_)) for id_ in "abc"] == [1, 1, 0]
    assert world.committed() == {"USD": 2 * PRICE.micros}


def test_a_call_about_a_doubt_that_was_given_up_and_is_tried_again_counts_its_price_once(tmp_path: Path) -> None:
    world = _settled(tmp_path, "abandon", rates=(Rate(count=1, window_s=250.0),))
    world.note("a", Requeued(by="retry"))
    world.run()
    assert [len(world.studio.jobs_of(id_)) for id_ in "ab"] == [1, 1]
    assert world.committed() == {"USD": 2 * PRICE.micros}


def test_a_job_that_is_named_when_its_item_was_bought_anew_is_told_once_with_its_id(tmp_path: Path) -> None:
    world = _settled(tmp_path, "resubmit")
    world.run()
    first, _ = (job.id for job in world.studio.jobs_of("a"))
    (told,) = [said for said in world.diary.said_ if "calls about" in said]
    assert told == (
        f"a: the provider calls about job {first} of request 1, of which nothing is known here; it may be paid for: "
        f"look at the provider"
    )
    assert world.phases() == {"a": "done", "b": "done"}
    assert world.diary.times(Settled) == []


def test_late_calls_about_jobs_that_are_known_are_nothing_to_tell(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(status="Fail", code=1027, life_s=30.0)})
    world = called(tmp_path, ["a"], studio, telephone=Telephone.of(studio, first_s=200.0))
    world.run()
    studio.scripts = {"a": Script(life_s=300.0)}
    world.note("a", Requeued(by="you"))
    world.run()
    assert world.phases() == {"a": "done"}
    assert [said for said in world.diary.said_ if "calls about" in said] == []


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"status": "success"}, id="without a job"),
        pytest.param({"task_id": "", "status": "success"}, id="an empty job"),
        pytest.param({"challenge": "x", "task_id": "job-1"}, id="a handshake"),
    ],
)
def test_a_call_that_names_no_job_settles_nothing(tmp_path: Path, document: dict[str, str]) -> None:
    studio = Studio(scripts={"a": Script(submits=[LOST])})
    telephone = Telephone()
    studio.calls = lambda url, _job, _status: telephone.say(url, document, at=30.0)
    world = called(tmp_path, ["a"], studio, telephone=telephone)
    world.run()
    assert world.phases() == {"a": "in_doubt"}
    assert telephone.answers == [200]


def test_a_job_that_a_person_gave_to_another_item_is_not_adopted_once_more(tmp_path: Path) -> None:
    studio = Studio(scripts={id_: Script(submits=[LOST], life_s=300.0) for id_ in "ab"})
    world = called(tmp_path, ["a", "b"], studio, telephone=Telephone.of(studio, first_s=200.0))
    world.run(stop_after_s=100.0)
    (job,) = studio.jobs_of("b")
    world.note("a", Settled(decision="adopt", job_id=job.id))
    world.run()
    assert (world.state("a").job_id, world.state("b").job_id) == (job.id, None)
    assert world.phases() == {"a": "done", "b": "in_doubt"}
    assert f"b: the provider calls about job {job.id}, which is that of 'a' already" in world.diary.said_


RATE: Final = Rate(count=2, window_s=20.0)
SCRIPTS: Final = {
    "reset": Script(submits=[dies(makes_job=True, after_s=0.0)], life_s=25.0),
    "timed out": Script(submits=[dies(makes_job=True, after_s=5.0)], life_s=25.0),
    "never made": Script(submits=[dies(after_s=1.0)]),
}


def _doomed(folder: Path) -> World:
    studio = Studio(scripts=SCRIPTS)
    telephone = Telephone.of(studio, first_s=3.0, doubled=0.5)
    return called(folder, list(SCRIPTS), studio, telephone=telephone, rates=(RATE,), unseen_job_s=60.0)


def test_a_death_at_any_point_between_calls_buys_nothing_twice_and_loses_no_job(tmp_path: Path) -> None:
    fuse = Fuse()
    (tmp_path / "whole").mkdir()
    assert _doomed(tmp_path / "whole").survives(fuse)
    for number, point in enumerate(fuse.passed):
        (tmp_path / str(number)).mkdir()
        world = _doomed(tmp_path / str(number))
        assert not world.survives(Fuse(at=number))
        world.run()
        made = {id_: len(world.studio.jobs_of(id_)) for id_ in SCRIPTS}
        try:
            assert set(made.values()) <= {0, 1}
            assert world.phases() == {id_: "done" if count else "in_doubt" for id_, count in made.items()}
        except AssertionError as error:
            error.add_note(f"died at point {number}: {point}")
            raise


@pytest.mark.parametrize(
    "says_at", [(2.0, 2.0), (2.0, 30.0), (30.0, 30.0), (30.0, 60.0)],
    ids=["both at once", "one before the answer is lost", "both after it", "one by one after it"],
)  # fmt: skip
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["the right one first", "the wrong one first"])
def test_of_two_jobs_that_calls_name_for_one_request_the_one_that_is_there_comes_home(
    tmp_path: Path, says_at: tuple[float, float], order: tuple[int, int]
) -> None:
    studio = Studio(scripts={"a": Script(submits=[dies(makes_job=True, after_s=20.0)], life_s=100.0)})
    telephone = Telephone()

    def call(url: str, job: PaidJob, _status: str) -> None:
        for at, which in zip(says_at, order, strict=True):
            telephone.say(url, {"task_id": (job.id, "another")[which], "status": "processing"}, at=at)

    studio.calls = call
    world = called(tmp_path, ["a"], studio, telephone=telephone, unseen_job_s=300.0)
    world.run()
    assert (world.phases(), world.state("a").job_id) == ({"a": "done"}, "job-1")
    assert len(studio.submits) == world.state("a").bought == 1
    assert world.committed() == {"USD": PRICE.micros}
    (said,) = [said for said in world.diary.said_ if "calls about" in said]
    told = re.fullmatch(
        r"a: the provider calls about two jobs of one request, (\S+) and then (\S+); the second is asked after where "
        r"the first is not known, and may be paid for: look at the provider",
        said,
    )
    assert told is not None
    assert {*told.groups()} == {"job-1", "another"}
    assert said[3:] in [event.reason for _, _, event in world.diary.pages if isinstance(event, Stalled)]


def test_a_doubt_in_which_no_job_that_calls_name_is_known_is_one_again(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[LOST])})
    telephone = Telephone()

    def call(url: str, _job: PaidJob, _status: str) -> None:
        for named in ("one", "two", "one", "two"):
            telephone.say(url, {"task_id": named}, at=10.0)

    studio.calls = call
    world = called(tmp_path, ["a"], studio, telephone=telephone, unseen_job_s=100.0)
    world.run()
    assert world.phases() == {"a": "in_doubt"}
    assert [said for said in world.diary.said_ if "counts as failed" in said] == []
    assert world.state("a").note == "job two is not known at studio (2013: invalid params, task_id)"
    assert len(studio.submits) == 1
    assert world.committed() == {"USD": PRICE.micros}


def test_a_reply_ends_what_two_calls_said(tmp_path: Path) -> None:
    gone = [says(2013, words="unknown task_id")] * 99
    studio = Studio(scripts={"a": Script(submits=[Answer(makes_job=True, after_s=30.0)], polls=gone)})
    telephone = Telephone()

    def call(url: str, _job: PaidJob, _status: str) -> None:
        for named in ("one", "two"):
            telephone.say(url, {"task_id": named}, at=2.0)

    studio.calls = call
    world = called(tmp_path, ["a"], studio, telephone=telephone, unseen_job_s=100.0)
    world.run()
    assert (world.phases(), world.state("a").job_id) == ({"a": "failed"}, "job-1")


@pytest.mark.parametrize("named", [["job-1", "job-2"], ["job-2", "job-1"], ["job-1"]], ids=["first", "last", "alone"])
def test_a_call_about_the_job_of_an_earlier_request_adopts_it_for_no_later_one(
    tmp_path: Path, named: list[str]
) -> None:
    studio = Studio(scripts={"a": Script(status="Fail", code=1027, life_s=30.0)})
    telephone = Telephone()
    world = called(tmp_path, ["a"], studio, telephone=telephone, unseen_job_s=300.0)
    world.run()
    assert (world.phases(), world.state("a").job_id) == ({"a": "failed"}, "job-1")

    def call(url: str, job: PaidJob, _status: str) -> None:
        for n, job_id in enumerate(named):
            telephone.say(url, {"task_id": job_id}, at=job.made_at + 20.0 + n)

    studio.calls, studio.scripts = call, {"a": Script(submits=[Answer(), LOST])}
    world.note("a", Requeued(by="retry", refetch=False))
    world.run()

    assert world.phases() == {"a": "done" if "job-2" in named else "in_doubt"}
    assert world.state("a").job_id == ("job-2" if "job-2" in named else None)
    assert (len(studio.jobs), world.committed()) == (2, {"USD": 2 * PRICE.micros})
