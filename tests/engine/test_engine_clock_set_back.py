"""A clock that was set back between two runs: nothing waits longer than it could have been told to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from studio import Script, Studio, dies, says
from telephone import Telephone
from worlds import World

from runner.events import GaveUpWaiting, Intended, Requeued
from runner.model import Limits

BACK_S = 7_200.0
LATE_S = 10_000.0  # by which the clock of the first run may be set back


def test_a_deadline_counts_from_the_start_of_the_run(tmp_path: Path) -> None:
    world = _world(tmp_path, Script(life_s=float("inf")))
    began = _set_back(world, stop_after_s=22.0)

    world.run()

    assert world.diary.times(GaveUpWaiting) == [pytest.approx(began + 600.0, abs=1.0)]


def test_a_call_is_awaited_for_no_longer_than_a_job_lives_that_nobody_sees(tmp_path: Path) -> None:
    world = _world(tmp_path, Script(submits=[dies(after_s=5.0)]), deadline_s=3_600.0)
    world.telephone = Telephone()
    began = _set_back(world, stop_after_s=22.0)

    world.run()

    assert world.phases() == {"a": "in_doubt"}
    assert world.now_s <= began + world.unseen_job_s + 2.0


@pytest.mark.parametrize("asked_s", [None, 60.0, 900.0])
def test_a_refused_item_waits_as_long_as_it_was_told_to(tmp_path: Path, asked_s: float | None) -> None:
    world = _world(tmp_path, Script(submits=[says(1002, retry_after_s=asked_s)]))
    began = _set_back(world, stop_after_s=2.0)

    world.run()

    again = world.diary.times(Intended)[1]
    assert began + (asked_s or 1.0) <= again <= began + (asked_s or 120.0) + 1.0
    assert world.phases() == {"a": "done"}


def test_free_requests_wait_as_long_as_they_were_told_to(tmp_path: Path) -> None:
    world = _world(tmp_path, Script(polls=[says(1002, retry_after_s=60.0)], life_s=10.0))
    began = _set_back(world, stop_after_s=25.0)
    world.studio.jobs["job-1"] = replace(world.studio.jobs["job-1"], ends_at=0.0)

    world.run()

    assert world.phases() == {"a": "done"}
    assert world.now_s <= began + 100.0


def test_what_a_person_asked_for_anew_is_bought_at_once(tmp_path: Path) -> None:
    world = _world(tmp_path, Script(submits=[says(1026)]))
    world.now_s = LATE_S
    world.run()
    world.note("a", Requeued(by="s2v retry"))
    world.now_s -= BACK_S
    began = world.now_s

    world.run()

    assert world.diary.times(Intended)[1] == began


def _world(folder: Path, script: Script, *, deadline_s: float = 600.0) -> World:
    limits = Limits(item_deadline_s=deadline_s)
    return World(folder=folder, ids=["a"], studio=Studio(scripts={"a": script}), limits=limits)


def _set_back(world: World, *, stop_after_s: float) -> float:
    """Run, set the clock back, and return what it shows then."""
    world.now_s = LATE_S
    world.run(stop_after_s=stop_after_s)
    world.now_s -= BACK_S
    return world.now_s
