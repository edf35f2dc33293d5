"""A doubt under `retry.in_doubt: resubmit`: bought again as often as the manifest says, under every limit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from called_worlds import called
from studio import Answer, Script, Studio, dies, says
from worlds import PRICE, Fuse, World, item

from runner.core.sums.ending import Ending
from runner.errors import Halt
from runner.events import Intended, Requeued, Settled
from runner.model import Limits, Money, Rate, RetryPolicy

RESUBMIT = RetryPolicy(in_doubt="resubmit")
LOST = dies(makes_job=True)


def _world(folder: Path, answers: list[Answer], ids: str = "a", **options: object) -> World:
    studio = Studio(scripts={"a": Script(submits=answers, life_s=900.0)})
    world = World(folder=folder, ids=list(ids), studio=studio, retry=RESUBMIT)
    return replace(world, **options)  # type: ignore[arg-type]  # fields of World


def _cap(items: int) -> Limits:
    return Limits(budget=Money(micros=items * PRICE.micros, currency="USD"))


def _refuse_what_is_settled(point: str) -> None:
    if point.startswith("Settled is about"):
        raise Halt("cannot keep state: no space left on device")


def test_a_doubt_is_bought_again_and_what_it_may_have_cost_stays_held_back(tmp_path: Path) -> None:
    world = _world(tmp_path, [LOST])
    world.run()
    assert world.phases() == {"a": "done"}
    assert len(world.studio.jobs) == 2
    state = world.state("a")
    assert (state.bought, state.spent, state.reserved) == (1, (PRICE,), (PRICE,))
    assert world.committed() == {"USD": 2 * PRICE.micros}


def test_without_the_policy_it_is_held(tmp_path: Path) -> None:
    world = _world(tmp_path, [LOST])
    world.retry = RetryPolicy()
    world.run()
    assert world.phases() == {"a": "in_doubt"}
    world.retry = RESUBMIT
    world.run()
    assert world.phases() == {"a": "done"}


@pytest.mark.parametrize("most", [1, 3])
def test_it_is_bought_again_no_more_often_than_the_manifest_says_whichever_run_does_it(
    tmp_path: Path, most: int
) -> None:
    world = _world(tmp_path, [LOST] * 9)
    world.retry = replace(RESUBMIT, max_resubmits=most)
    for _ in range(3):
        world.run()
    assert world.phases() == {"a": "in_doubt"}
    assert len(world.studio.submits) == 1 + most
    assert world.committed() == {"USD": (1 + most) * PRICE.micros}


def test_a_person_who_asks_for_another_purchase_lets_it_be_bought_again_as_often(tmp_path: Path) -> None:
    world = _world(tmp_path, [LOST, LOST, LOST])
    world.run()
    world.note("a", Settled(decision="abandon"))
    world.note("a", Requeued(by="retry"))
    world.run()
    assert world.phases() == {"a": "done"}
    assert len(world.studio.submits) == 4


def test_what_a_killed_run_left_in_doubt_is_bought_again_by_the_next(tmp_path: Path) -> None:
    world = _world(tmp_path, [])
    assert not world.survives(Fuse(words="a request has arrived"))
    world.run()
    assert world.phases() == {"a": "done"}
    assert len(world.studio.submits) == 2


def test_without_money_for_it_the_doubt_stays_and_can_still_be_settled(tmp_path: Path) -> None:
    world = _world(tmp_path, [LOST], limits=_cap(1))
    world.run()
    assert world.phases() == {"a": "in_doubt"}
    world.note("a", Settled(decision="adopt", job_id=next(iter(world.studio.jobs))))
    world.run()
    assert world.phases() == {"a": "done"}
    assert len(world.studio.submits) == 1


def test_two_doubts_do_not_both_count_on_the_last_of_the_budget(tmp_path: Path) -> None:
    scripts = {id_: Script(submits=[LOST]) for id_ in "ab"}
    world = World(folder=tmp_path, ids=list("ab"), studio=Studio(scripts=scripts), retry=RESUBMIT, limits=_cap(3))
    world.run()
    assert sorted(world.phases().values()) == ["done", "in_doubt"]
    assert world.committed() == {"USD": 3 * PRICE.micros}


@pytest.mark.parametrize("fields", [{"buys": False}, {"selected": [item("b").key]}], ids=["fetch", "not selected"])
def test_a_run_that_was_not_asked_to_buy_it_leaves_it_in_doubt(tmp_path: Path, fields: dict[str, object]) -> None:
    world = _world(tmp_path, [LOST])
    world.retry = RetryPolicy()
    world.run()
    world.retry = RESUBMIT
    for name, value in fields.items():
        setattr(world, name, value)
    world.run()
    assert world.phases() == {"a": "in_doubt"}


def test_it_is_not_bought_where_the_provider_is_closed(tmp_path: Path) -> None:
    scripts = {"a": Script(submits=[LOST]), "b": Script(submits=[says(1004)])}
    world = World(folder=tmp_path, ids=list("ab"), studio=Studio(scripts=scripts), retry=RESUBMIT)
    assert world.run().ending is Ending.AUTH_CLOSED
    assert world.phases() == {"a": "in_doubt", "b": "planned"}


@pytest.mark.parametrize("is_restarted", [False, True], ids=["one run", "a restart between"])
def test_the_job_that_may_run_unseen_keeps_its_slot(tmp_path: Path, is_restarted: bool) -> None:  # noqa: FBT001
    world = _world(tmp_path, [LOST], in_flight=1, unseen_job_s=900.0)
    if is_restarted:
        world.run(stop_after_s=100.0)
        assert world.phases() == {"a": "planned"}
    world.run()
    assert world.phases() == {"a": "done"}
    assert world.diary.times(Intended) == [0.0, pytest.approx(60.25 + 900.0, abs=0.001)]
    assert world.studio.most_in_flight() == 1


def test_the_job_of_the_newest_request_keeps_its_slot_though_a_person_named_that_of_an_older_one(
    tmp_path: Path,
) -> None:
    studio = Studio(scripts={"a": Script(submits=[LOST, LOST], life_s=800.0)})
    world = World(
        folder=tmp_path, ids=["a", "b"], studio=studio, retry=RESUBMIT, in_flight=1, unseen_job_s=900.0,
        selected=[item("a").key],
    )  # fmt: skip
    world.run()
    first, _ = world.studio.jobs
    world.note("a", Settled(decision="adopt", job_id=first))
    world.selected = None
    world.run()
    assert world.phases() == {"a": "done", "b": "done"}
    assert len(world.studio.submits) == 3
    assert world.studio.most_in_flight() == 1


def test_it_keeps_to_the_rate(tmp_path: Path) -> None:
    world = _world(tmp_path, [dies(makes_job=True, after_s=0.5)], rates=(Rate(count=1, window_s=60.0),))
    world.run()
    assert world.studio.most_submits_in(60.0) == 1
    assert world.phases() == {"a": "done"}


def test_it_waits_for_a_call_that_may_still_name_the_job(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[dies(makes_job=True, after_s=0.5)], life_s=300.0)})
    world = called(tmp_path, ["a"], studio, retry=RESUBMIT)
    assert world.telephone is not None
    world.telephone.first_s = 200.0
    world.run()
    assert world.phases() == {"a": "done"}
    assert len(studio.submits) == 1


def test_nobody_having_called_it_is_bought_again(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[dies(after_s=0.5)])})
    world = called(tmp_path, ["a"], studio, retry=RESUBMIT)
    world.run()
    assert world.phases() == {"a": "done"}
    assert world.diary.times(Intended) == [0.0, pytest.approx(0.5 + 0.25 + 900.0, abs=1.0)]


def test_a_doubt_without_a_price_is_not_forgotten_by_a_budget(tmp_path: Path) -> None:
    world = _world(tmp_path, [LOST], price=None)
    world.run()
    state = world.state("a")
    assert (state.bought, state.unpriced, state.reserved) == (1, 2, ())


def test_a_doubt_that_is_let_go_while_the_disk_is_full_is_no_job_to_tell_of(tmp_path: Path) -> None:
    world = _world(tmp_path, [LOST], passes=_refuse_what_is_settled)
    assert world.run().ending is Ending.HALTED
    assert world.diary.said_ == []
    assert len(world.studio.submits) == 1
    world.passes = lambda _: None
    world.run()
    assert world.phases() == {"a": "done"}


def test_to_let_go_of_a_doubt_is_no_progress(tmp_path: Path) -> None:
    world = _world(tmp_path, [LOST] * 9, limits=Limits(no_progress_s=100.0))
    world.retry = replace(RESUBMIT, max_resubmits=9, attempts=9)
    conclusion = world.run()
    assert conclusion.ending is Ending.DEADLINE
    assert conclusion.why.startswith("nothing moved for 100 s: ")
    assert world.diary.times(Intended)[-1] < 100.0
