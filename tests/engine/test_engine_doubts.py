from __future__ import annotations

from pathlib import Path

import pytest
from studio import Answer, Script, Studio, dies, says, shows
from worlds import PRICE, World

from runner.core.sums.ending import Ending
from runner.events import Doubted, Intended
from runner.model import Money, Rate

LOST = [
    *[pytest.param(says(code), id=str(code)) for code in (1000, 1001, 1024, 1033)],
    pytest.param(says(99999), id="unknown code"),
    pytest.param(says(1027), id="a video was made and refused"),
    *[pytest.param(shows("oops", status=status), id=f"HTTP {status}") for status in (408, 500, 502, 503, 504)],
    pytest.param(dies("ReadTimeout"), id="time-out"),
    pytest.param(dies("ReadError: reset", after_s=0.25), id="reset"),
    pytest.param(shows("<html>sign in</html>"), id="a captive portal's page"),
    pytest.param(shows("", document=None), id="an empty body"),
    pytest.param(shows("[]", document=[]), id="a list"),
    pytest.param(shows("{}", document={"base_resp": {"status_code": 0}}), id="success without a job"),
]
MADE = [pytest.param(True, id="and the job was made"), pytest.param(False, id="and no job was made")]


def _lost(answer: Answer, *, makes_job: bool) -> Script:
    return Script(submits=[Answer(heard=answer.heard, after_s=answer.after_s, makes_job=makes_job)])


@pytest.mark.parametrize("makes_job", MADE)
@pytest.mark.parametrize("answer", LOST)
def test_an_item_in_doubt_is_never_submitted_again(tmp_path: Path, answer: Answer, makes_job: bool) -> None:  # noqa: FBT001
    world = World(folder=tmp_path, ids=["a"], studio=Studio(scripts={"a": _lost(answer, makes_job=makes_job)}))
    world.run()
    world.run()
    assert world.phases() == {"a": "in_doubt"}
    assert len(world.studio.submits) == 1
    assert world.committed() == {"USD": PRICE.micros}


@pytest.mark.parametrize("makes_job", MADE)
@pytest.mark.parametrize("answer", LOST)
def test_under_an_idempotency_key_the_same_purchase_is_asked_for_again(
    tmp_path: Path,
    answer: Answer,
    makes_job: bool,  # noqa: FBT001
) -> None:
    studio = Studio(scripts={"a": _lost(answer, makes_job=makes_job)}, keeps_keys=True)
    world = World(folder=tmp_path, ids=["a"], studio=studio)
    world.run()
    assert world.phases() == {"a": "done"}
    assert len(studio.submits) == 2
    assert len({receipt.key for receipt in studio.submits}) == 1
    assert len(studio.jobs) == 1
    assert world.committed() == {"USD": PRICE.micros}


def test_a_repeated_request_takes_its_own_slot_and_no_other(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": _lost(says(1000), makes_job=True)}, keeps_keys=True)
    world = World(folder=tmp_path, ids=list("abc"), studio=studio, in_flight=1)
    world.run()
    assert set(world.phases().values()) == {"done"}
    assert studio.most_in_flight() == 1
    assert [receipt.prompt for receipt in studio.submits] == ["a", "a", "b", "c"]


def test_a_repeat_that_is_refused_for_its_rate_stays_the_same_purchase(tmp_path: Path) -> None:
    script = Script(submits=[dies(makes_job=True), says(1039), says(1008)])
    studio = Studio(scripts={"a": script}, keeps_keys=True)
    world = World(folder=tmp_path, ids=["a"], studio=studio)
    assert world.run().ending is Ending.QUOTA_CLOSED
    assert world.phases() == {"a": "in_doubt"}
    world.run()
    assert world.phases() == {"a": "done"}
    assert len({receipt.key for receipt in studio.submits}) == 1
    assert len(studio.jobs) == 1


def test_a_repeat_goes_to_the_provider_that_may_have_the_job(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": _lost(dies(), makes_job=True)}, keeps_keys=True)
    world = World(folder=tmp_path, ids=list("ab"), studio=studio)
    world.run(stop_after_s=1.0)
    world.route = ("other",)
    world.run()
    assert world.phases() == {"a": "done", "b": "done"}
    assert world.other.submits_of("a") == []
    assert len(studio.jobs_of("a")) == 1


def test_a_repeat_that_is_refused_for_good_frees_no_money_that_this_run_never_held(tmp_path: Path) -> None:
    script = Script(submits=[dies(), says(1026)])
    world = World(folder=tmp_path, ids=list("abc"), studio=Studio(scripts={"a": script}, keeps_keys=True), in_flight=1)
    world.run(stop_after_s=1.0)
    world.max_cost = PRICE
    assert world.run().ending is Ending.BUDGET
    assert world.phases() == {"a": "failed", "b": "done", "c": "planned"}


def test_a_doubt_holds_its_slot_for_as_long_as_an_unseen_job_may_live(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": _lost(dies(after_s=60.0), makes_job=True)})
    world = World(folder=tmp_path, ids=list("ab"), studio=studio, in_flight=1, unseen_job_s=900.0)
    world.run()
    doubted = world.diary.times(Doubted)[0]
    assert world.diary.times(Intended, "b") == [doubted + 900.0]
    assert studio.most_in_flight() == 1
    assert (
        "the next purchase waits 15 min: limit of 1 in flight, 1 of them held for jobs that may run unseen"
        in world.diary.said_
    )


def test_a_wait_that_the_end_of_a_job_may_cut_short_is_told_as_one_of_at_most_so_long(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": _lost(dies(), makes_job=True), "b": Script(life_s=100.0)})
    world = World(folder=tmp_path, ids=list("abc"), studio=studio, in_flight=2, unseen_job_s=900.0)
    world.run()
    assert world.diary.times(Intended, "c")[0] < 200.0
    assert (
        "the next purchase waits up to 15 min: limit of 2 in flight, 1 of them held for jobs that may run unseen"
        in world.diary.said_
    )


def test_doubts_in_a_row_end_the_buying_before_everything_is_in_doubt(tmp_path: Path) -> None:
    ids = [str(n) for n in range(50)]
    studio = Studio(scripts={id_: Script(submits=[shows("down", status=503)]) for id_ in ids})
    world = World(folder=tmp_path, ids=ids, studio=studio, rates=(Rate(count=2, window_s=1.0),))
    conclusion = world.run()
    assert conclusion.ending is Ending.UNREACHABLE
    assert "HTTP 503: down" in conclusion.why
    assert list(world.phases().values()).count("in_doubt") == 2 + 1 + 1 + 1


def test_a_doubt_keeps_its_money_reserved(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("ab"), studio=Studio(scripts={"a": _lost(dies(), makes_job=False)}))
    world.max_cost = Money(micros=2 * PRICE.micros - 1, currency="USD")
    assert world.run().ending is Ending.BUDGET
    assert sorted(world.phases().values()) == ["in_doubt", "planned"]
