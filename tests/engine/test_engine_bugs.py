from __future__ import annotations

from pathlib import Path

import pytest
from studio import Script, Studio, bugs, dies, shows
from worlds import Fuse, World

from runner.model import Rate

SLOWLY = (Rate(count=1, window_s=5.0),)


@pytest.mark.parametrize(
    ("script", "phase"),
    [
        pytest.param(Script(submits=[bugs()]), "in_doubt", id="while it is bought"),
        pytest.param(Script(polls=[bugs()]), "running", id="while it is polled"),
        pytest.param(Script(links=[bugs()]), "ready", id="while it is fetched"),
    ],
)
def test_a_bug_sets_its_item_aside_and_the_others_paid_jobs_come_home(
    tmp_path: Path, script: Script, phase: str
) -> None:
    world = World(folder=tmp_path, ids=list("abc"), studio=Studio(scripts={"b": script}))
    with pytest.raises(RuntimeError, match="a bug"):
        world.run()
    assert world.phases() == {"a": "done", "b": phase, "c": "done"}


def test_after_a_bug_nothing_is_bought_any_more(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[bugs()])})
    world = World(folder=tmp_path, ids=list("ab"), studio=studio, rates=SLOWLY)
    with pytest.raises(RuntimeError, match="a bug"):
        world.run()
    assert studio.submits_of("b") == []


def test_the_next_run_goes_on_with_the_item_that_a_bug_set_aside(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(polls=[bugs()])})
    world = World(folder=tmp_path, ids=["a"], studio=studio)
    with pytest.raises(RuntimeError, match="a bug"):
        world.run()
    world.run()
    assert world.phases() == {"a": "done"}
    assert len(studio.submits) == 1


def test_a_bug_in_the_loop_itself_lets_the_answers_under_way_be_written(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=[str(n) for n in range(300)])
    reads = Fuse()

    def strike_at_the_second_page(point: str) -> None:
        reads(point)
        if reads.passed.count("the plan is about to be read") > 1:
            raise RuntimeError("a bug")

    world.passes = strike_at_the_second_page
    with pytest.raises(RuntimeError, match="a bug"):
        world.run()
    assert "in_doubt" not in world.phases().values()
    assert len(world.studio.jobs) == list(world.phases().values()).count("running") > 0


def test_a_fact_that_no_journal_takes_costs_the_others_no_answer(tmp_path: Path) -> None:
    """What is noted in one moment is committed together, but a bug in one fact is that of one item."""
    taken = {"task_id": "job-\ud800", "base_resp": {"status_code": 0, "status_msg": ""}}
    scripts = {
        "b": Script(submits=[shows("", document=taken)]),
        "d": Script(submits=[dies(after_s=60.0, makes_job=True)]),  # it is still under way then
    }
    world = World(folder=tmp_path, ids=list("abcd"), studio=Studio(scripts=scripts))
    with pytest.raises(UnicodeEncodeError):
        world.run()
    assert world.phases() == {"a": "running", "b": "in_doubt", "c": "running", "d": "in_doubt"}
    assert world.state("d").answered_at is not None
    assert world.diary.said_ == ["b was bought at studio as job job-\ud800, which could not be written"]


def test_what_a_bug_kept_from_leaving_is_in_no_doubt(tmp_path: Path) -> None:
    world, strikes = World(folder=tmp_path, ids=list("abc")), list[str]()

    def strike_once(point: str) -> None:
        if point == "Intended is about to be written" and not strikes:
            strikes.append(point)
            raise RuntimeError("a bug")

    world.passes = strike_once
    with pytest.raises(RuntimeError, match="a bug"):
        world.run()
    assert "in_doubt" not in world.phases().values()
    assert len(world.studio.submits) == len(world.studio.jobs) < 3
