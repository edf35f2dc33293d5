"""A provider that names one job in the receipts of several items: one job makes one video, and nobody knows whose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from studio import Answer, Script, Studio, dies, shows
from worlds import PRICE, World

from runner.events import Doubted, Requeued, Settled
from runner.model import Rate

OK = {"status_code": 0, "status_msg": "success"}
TAKEN = "the answer names job job-1: that of 'a' already; one job makes one video"


def names(job_id: str, **more: Any) -> Answer:
    """Take the order, and name this job for it."""
    return shows("", document={"task_id": job_id, "base_resp": OK}, makes_job=True, **more)


def test_a_receipt_that_names_the_job_of_another_item_is_a_doubt(tmp_path: Path) -> None:
    studio = Studio(scripts={"b": Script(submits=[names("job-1")])})
    world = World(folder=tmp_path, ids=["a", "b"], studio=studio)
    world.run()
    world.run()
    assert world.phases() == {"a": "done", "b": "in_doubt"}
    assert world.disk.videos == {"a.mp4": b"video of a"}
    assert world.state("b").note == TAKEN
    assert len(studio.submits) == 2
    assert world.committed() == {"USD": 2 * PRICE.micros}


def test_the_job_of_an_item_of_an_earlier_run_is_known(tmp_path: Path) -> None:
    studio = Studio(scripts={"b": Script(submits=[names("job-1")])})
    world = World(folder=tmp_path, ids=["a", "b"], studio=studio, in_flight=1)
    world.run(stop_after_s=10.0)
    assert len(studio.submits) == 1
    world.run()
    assert world.phases() == {"a": "done", "b": "in_doubt"}
    assert world.state("b").note == TAKEN


def test_of_two_receipts_of_one_moment_the_first_has_the_job(tmp_path: Path) -> None:
    studio = Studio(scripts={id_: Script(submits=[names("job-1")]) for id_ in "abc"})
    world = World(folder=tmp_path, ids=list("abc"), studio=studio)
    world.run()
    assert sorted(world.phases().values()) == ["done", "in_doubt", "in_doubt"]
    assert len(world.disk.videos) == 1


def test_a_doubt_that_was_settled_by_that_job_has_it(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[dies(makes_job=True)]), "b": Script(submits=[names("job-1")])})
    world = World(folder=tmp_path, ids=["a", "b"], studio=studio, in_flight=1)
    world.run(stop_after_s=70.0)
    assert len(studio.submits) == 1
    world.note("a", Settled(decision="adopt", job_id="job-1"))
    world.run()
    assert world.phases() == {"a": "done", "b": "in_doubt"}


@pytest.mark.parametrize("keeps_keys", [True, False], ids=["under its key", "bought anew"])
def test_an_item_may_be_told_its_own_job_again(tmp_path: Path, keeps_keys: bool) -> None:  # noqa: FBT001
    studio = Studio(scripts={"a": Script(submits=[dies(makes_job=True), names("job-1")])}, keeps_keys=keeps_keys)
    world = World(folder=tmp_path, ids=["a"], studio=studio)
    world.run()
    if not keeps_keys:
        world.note("a", Settled(decision="resubmit"))
        world.run()
    assert world.phases() == {"a": "done"}
    assert world.diary.times(Doubted) == ([] if keeps_keys else [60.25])


def test_a_job_that_an_item_had_before_is_no_receipt_of_a_new_purchase(tmp_path: Path) -> None:
    script = Script(submits=[names("job-1"), names("job-1")], status="Fail", code=1027)
    world = World(folder=tmp_path, ids=["a"], studio=Studio(scripts={"a": script}))
    world.run()
    assert world.phases() == {"a": "failed"}
    world.note("a", Requeued(by="retry", refetch=False))
    world.run()
    assert world.phases() == {"a": "in_doubt"}
    assert world.state("a").note == TAKEN
    assert (len(world.studio.jobs), world.state("a").bought) == (2, 1)
    assert world.committed() == {"USD": 2 * PRICE.micros}


def test_a_job_that_another_item_had_before_is_no_receipt(tmp_path: Path) -> None:
    fails = Script(submits=[names("job-1"), names("job-2")], status="Fail", code=1027)
    studio = Studio(scripts={"a": fails, "b": Script(submits=[names("job-1")])})
    world = World(folder=tmp_path, ids=["a", "b"], studio=studio, rates=(Rate(count=1, window_s=300.0),))
    world.run(stop_after_s=200.0)
    assert (len(world.studio.submits), world.phases()["a"]) == (1, "failed")
    world.note("a", Requeued(by="retry", refetch=False))
    world.run()
    assert world.phases() == {"a": "failed", "b": "in_doubt"}
    assert world.state("b").note == TAKEN


def test_a_provider_that_always_names_one_job_is_sold_to_no_more(tmp_path: Path) -> None:
    ids = [f"item-{number}" for number in range(30)]
    studio = Studio(scripts={id_: Script(submits=[names("job-1")]) for id_ in ids})
    world = World(folder=tmp_path, ids=ids, studio=studio, in_flight=1)
    world.run()
    assert len(studio.submits) < 10


def test_a_job_that_was_adopted_for_a_former_purchase_is_no_receipt_of_a_new_one(tmp_path: Path) -> None:
    script = Script(submits=[dies(makes_job=True), names("job-1")], status="Fail", code=1027)
    world = World(folder=tmp_path, ids=["a"], studio=Studio(scripts={"a": script}))
    world.run()
    world.note("a", Settled(decision="adopt", job_id="job-1"))
    world.run()
    assert world.phases() == {"a": "failed"}
    world.note("a", Requeued(by="retry", refetch=False))
    world.run()
    assert world.phases() == {"a": "in_doubt"}
    assert world.state("a").note == TAKEN
