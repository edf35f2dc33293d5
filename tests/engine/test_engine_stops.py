from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from jumping_clock import jump
from studio import WAY_S, Script, Studio, dies, drifts, says
from worlds import CHECK_S, PRICE, World

from runner.core.life.state import State
from runner.core.sums.ending import Conclusion, Ending
from runner.edge.journal.journal import Journal
from runner.engine.crew import CHECK_GRACE_S
from runner.errors import Halt
from runner.events import Accepted, Doubted, Intended, Saved, Stalled, Stamped
from runner.model import Limits, Rate, StopAfter


@dataclass(slots=True)
class FullDisk:
    """Lets the first `writes` writes pass a point, and refuses those and all that come after."""

    point: str
    passes: int = 0
    _passed: int = field(default=0)

    def __call__(self, point: str) -> None:
        if point.startswith(self.point):
            self._passed += 1
        if self._passed > self.passes and point.endswith(("about to be written", "about to be read")):
            raise Halt("cannot keep state in state.db: disk is full; make room or mend the disk, then run again")


@pytest.mark.parametrize("ending", [Ending.INTERRUPTED_INT, Ending.INTERRUPTED_TERM, Ending.INTERRUPTED_HUP])
def test_a_stop_awaits_and_writes_the_answers_under_way_and_buys_nothing_more(tmp_path: Path, ending: Ending) -> None:
    slow = Script(submits=[dies(after_s=60.0, makes_job=True)])
    world = World(
        folder=tmp_path, ids=list("abcd"), studio=Studio(scripts={"b": slow}), rates=(Rate(count=2, window_s=5),)
    )
    assert world.run(stop_after_s=0.125, ending=ending).ending is ending
    assert world.diary.times(Accepted, "a") == [0.5]
    assert world.diary.times(Doubted, "b") == [60.25]
    assert world.phases() == {"a": "running", "b": "in_doubt", "c": "planned", "d": "planned"}
    assert len(world.studio.submits) == 2


def test_a_stop_drops_polls_and_downloads_at_once(tmp_path: Path) -> None:
    scripts = {"a": Script(polls=[dies(after_s=60.0)]), "b": Script(life_s=1.0)}
    world = World(folder=tmp_path, ids=list("ab"), studio=Studio(scripts=scripts))
    world.run(stop_after_s=22.0)  # a waits for the answer to a poll, b for its file
    assert world.now_s < 23.0
    assert world.diary.times(Stalled) == []
    world.run()
    assert world.phases() == {"a": "done", "b": "done"}
    assert len(world.studio.submits) == 2


@pytest.mark.parametrize(("look_s", "phase"), [(CHECK_GRACE_S - 1.0, "done"), (float("inf"), "saved")])
def test_a_stop_waits_for_a_check_so_long_and_leaves_it_to_the_next_run(
    tmp_path: Path, look_s: float, phase: str
) -> None:
    world = World(folder=tmp_path, ids=["a"], studio=Studio(scripts={"a": Script(life_s=1.0)}), look_s=look_s)
    assert world.run(stop_after_s=25.0).ending is Ending.INTERRUPTED_INT
    (saved,) = world.diary.times(Saved)
    assert saved < 25.0
    assert world.now_s <= 25.0 + CHECK_GRACE_S + WAY_S
    assert world.phases() == {"a": phase}
    world.look_s = CHECK_S
    world.run()
    assert world.phases() == {"a": "done"}
    assert (len(world.studio.submits), len(world.studio.downloads)) == (1, 1)


def test_a_run_that_is_stopped_before_it_begins_does_nothing(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("ab"))
    assert world.run(stop_after_s=0.0).ending is Ending.INTERRUPTED_INT
    assert world.now_s < 1.0
    assert len(world.studio.submits) in {0, 2}  # as the signal comes before the first step or after it
    assert world.diary.times(Accepted) == [0.5] * len(world.studio.submits)


def test_a_stop_while_intents_are_written_begins_those_and_no_more(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("abcd"), in_flight=2)

    def press_ctrl_c(point: str) -> None:
        if point == "Intended is written" and world.drive is not None:
            world.drive.stop(Ending.INTERRUPTED_INT)

    world.passes = press_ctrl_c
    world.run()
    assert world.phases() == {"a": "running", "b": "running", "c": "planned", "d": "planned"}
    assert len(world.studio.submits) == 2


@pytest.mark.parametrize(("writes", "leave"), [(0, 0), (1, 0), (3, 0), (4, 4), (5, 4), (9, 8)])
def test_without_a_written_intent_nothing_leaves(tmp_path: Path, writes: int, leave: int) -> None:
    """Four go at one time: their intents are written together, or not at all."""
    passes = FullDisk("Intended is about", writes)
    world = World(folder=tmp_path, ids=[str(n) for n in range(20)], passes=passes, in_flight=4)
    conclusion = world.run()
    assert (conclusion.ending, conclusion.why[:16]) == (Ending.HALTED, "cannot keep stat")
    assert len(world.studio.submits) == len(world.diary.times(Intended)) == leave
    assert list(world.phases().values()).count("in_doubt") == 0


@pytest.mark.parametrize("point", ["Intended is about", "Accepted is about"])
def test_what_the_disk_refused_for_a_moment_is_written_as_soon_as_it_has_room(tmp_path: Path, point: str) -> None:
    """The run ends all the same, but nothing is in doubt: what did not leave is known, and so is every job."""
    refusals, disk = list[str](), FullDisk(point)
    world = World(folder=tmp_path, ids=list("abcd"), in_flight=2)

    def refuse_once(passed: str) -> None:
        if not refusals and passed.startswith(point):
            refusals.append(passed)
            disk(passed)

    world.passes = refuse_once
    assert world.run().ending is Ending.HALTED
    assert "in_doubt" not in world.phases().values()
    assert list(world.phases().values()).count("running") == len(world.studio.jobs) > 0


def test_a_job_that_cannot_be_written_is_told_by_its_id_and_ends_the_buying(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("abcd"), passes=FullDisk("Accepted is about"), in_flight=2)
    assert world.run().ending is Ending.HALTED
    assert sorted(world.diary.said_) == [
        f"{id_} was bought at studio as job {world.studio.jobs_of(id_)[0].id}, which could not be written"
        for id_ in "ab"
    ]
    world.passes = lambda _: None
    world.run()
    assert world.phases() == {"a": "in_doubt", "b": "in_doubt", "c": "done", "d": "done"}
    assert len(world.studio.jobs) == 4


def test_a_video_whose_name_is_not_certain_is_not_called_done(tmp_path: Path) -> None:
    def breaks(point: str) -> None:
        if point == "names are about to be certain":
            raise Halt("cannot write videos: Input/output error")

    world = World(folder=tmp_path, ids=["a"], passes=breaks)
    assert world.run().ending is Ending.HALTED
    assert world.phases() == {"a": "saved"}


def test_an_answer_that_came_in_the_moment_of_an_abrupt_end_is_written(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=["a"])

    async def live() -> None:
        life = asyncio.create_task(world.live())
        await asyncio.sleep(0)
        assert world.drive is not None

        def end_at_the_answer(_state: State, stamped: Stamped) -> None:
            if isinstance(stamped.event, Accepted):
                life.cancel()

        world.drive.ledger.watch(end_at_the_answer)
        with suppress(asyncio.CancelledError):
            await life

    jump(live())
    assert world.phases() == {"a": "running"}


def test_a_disk_that_is_full_while_a_stop_drains_is_what_ended_the_run(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=["a"], passes=FullDisk("Accepted is about"))
    conclusion = world.run(stop_after_s=0.125)
    assert (conclusion.ending, conclusion.why[:16]) == (Ending.HALTED, "cannot keep stat")
    assert world.phases() == {"a": "in_doubt"}


def test_a_plan_that_cannot_be_read_stops_after_the_answers_under_way_are_written(tmp_path: Path) -> None:
    ids = [str(n) for n in range(300)]  # more than one page of the plan
    world = World(folder=tmp_path, ids=ids, passes=FullDisk("the plan is about to be read", 1), price=None)
    assert world.run().ending is Ending.HALTED
    assert len(world.studio.jobs) == len(world.studio.submits) == list(world.phases().values()).count("running") > 0
    assert "in_doubt" not in world.phases().values()


def test_a_run_that_was_replaced_stops_and_writes_nothing(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("ab"))

    def replace_at(point: str) -> None:
        if point == "Finished is about to be written":
            Journal.create_or_open(tmp_path).close()

    world.passes = replace_at
    conclusion = world.run()
    assert conclusion == Conclusion(
        ending=Ending.HALTED, why="another run has taken over this folder; this one stops without writing"
    )
    assert world.phases() == {"a": "running", "b": "running"}


def test_a_job_that_a_replaced_run_cannot_write_is_told_by_its_id(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=["a"])

    def replace_at(point: str) -> None:
        if point == "Accepted is about to be written":
            Journal.create_or_open(tmp_path).close()

    world.passes = replace_at
    assert world.run().ending is Ending.HALTED
    assert world.diary.said_ == ["a was bought at studio as job job-1, which could not be written"]


def test_a_portrait_that_changed_stops_the_run_and_costs_nothing(tmp_path: Path) -> None:
    studio = Studio(scripts={"b": Script(submits=[drifts()])})
    world = World(folder=tmp_path, ids=list("abc"), studio=studio, rates=(Rate(count=1, window_s=5.0),))
    assert world.run() == Conclusion(ending=Ending.DRIFTED, why="portrait 'a.png' changed")
    assert world.phases() == {"a": "running", "b": "planned", "c": "planned"}
    assert world.committed() == {"USD": PRICE.micros}


def test_after_too_many_failures_nothing_more_is_bought_and_paid_jobs_come_home(tmp_path: Path) -> None:
    scripts = {id_: Script(submits=[says(1026)]) for id_ in "abd"}
    limits = Limits(stop_after=StopAfter(failures=3))
    world = World(
        folder=tmp_path, ids=list("abcdefgh"), studio=Studio(scripts=scripts), limits=limits,
        rates=(Rate(count=1, window_s=5.0),),
    )  # fmt: skip

    conclusion = world.run()

    assert conclusion == Conclusion(
        ending=Ending.DEADLINE, why="stop-loss: 3 of 3 items that this run finished have failed"
    )
    assert [receipt.prompt for receipt in world.studio.submits] == ["a", "b", "c", "d"]
    assert world.phases()["c"] == "done"
    assert world.run() == Conclusion(ending=Ending.FINISHED)
    assert len(world.studio.submits) == 8


def test_a_run_that_does_not_buy_collects_what_is_paid_for_and_repeats_no_request(tmp_path: Path) -> None:
    studio = Studio(scripts={"b": Script(submits=[dies(makes_job=True)])}, keeps_keys=True)
    world = World(folder=tmp_path, ids=list("abc"), studio=studio, in_flight=2)
    world.run(stop_after_s=5.0)
    submits = len(studio.submits)
    assert world.phases() == {"a": "running", "b": "in_doubt", "c": "planned"}

    world.buys = False
    conclusion = world.run()

    assert conclusion == Conclusion(ending=Ending.FINISHED)
    assert world.phases() == {"a": "done", "b": "in_doubt", "c": "planned"}
    assert len(studio.submits) == submits
