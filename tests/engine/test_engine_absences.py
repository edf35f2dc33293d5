"""A machine that sleeps while a run waits: the clock on the wall goes on, and nothing is given up over that."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest
from jumping_clock import LoopClock
from studio import Answer, Script, Studio, dies
from worlds import World

from runner.core.sums.ending import Ending
from runner.events import GaveUpWaiting, Intended
from runner.model import Limits

NIGHT_S = 8 * 3600.0


@dataclass
class SleepingClock(LoopClock):
    """The wall clock of a machine that falls asleep at one moment of the loop, and wakes up in the same."""

    at: float
    slept_s: float = NIGHT_S

    def now(self) -> float:
        is_over = asyncio.get_running_loop().time() >= self.at
        return super().now() + (self.slept_s if is_over else 0.0)


def _world(folder: Path, script: Script, clock: LoopClock, limits: Limits) -> World:
    return World(folder=folder, ids=["a"], studio=Studio(scripts={"a": script}), limits=limits, clock=clock)


@pytest.mark.parametrize(
    "polls", [[], [dies("ReadError: reset", after_s=20.0)] * 3], ids=["all is well", "the network is not back at once"]
)
def test_a_job_is_waited_for_although_the_machine_slept_beyond_its_deadline(
    tmp_path: Path, polls: list[Answer]
) -> None:
    script = Script(life_s=300.0, polls=polls)
    world = _world(tmp_path, script, SleepingClock(15.0), Limits(item_deadline_s=600.0))

    assert world.run().ending is Ending.FINISHED

    assert world.phases() == {"a": "done"}
    assert world.diary.times(GaveUpWaiting) == []


@pytest.mark.parametrize("is_under_a_key", [False, True], ids=["without idempotency keys", "with idempotency keys"])
def test_a_request_that_was_to_leave_before_a_sleep_leaves_under_an_intent_of_after_it(
    tmp_path: Path, *, is_under_a_key: bool
) -> None:
    """A later run counts a slot from the intent on: it would take that of an old one for free."""
    clock = SleepingClock(float("inf"))
    world = World(folder=tmp_path, ids=["a"], clock=clock, studio=Studio(keeps_keys=is_under_a_key))
    left: list[float] = []

    def passes(point: str) -> None:
        if point == "Intended is written":
            clock.at = 0.0  # it wakes up at once
        if point == "a request is about to leave":
            left.append(world.diary.times(Intended)[-1])

    world.passes = passes
    world.run()

    assert world.phases() == {"a": "done"}
    assert len(world.studio.submits) == 1
    assert left[0] >= NIGHT_S


def test_what_never_ends_is_given_up_a_whole_deadline_after_the_machine_woke(tmp_path: Path) -> None:
    script = Script(life_s=float("inf"))
    world = _world(tmp_path, script, SleepingClock(500.0), Limits(item_deadline_s=600.0))

    world.run()

    (gave_up,) = world.diary.times(GaveUpWaiting)
    assert 1_100.0 <= gave_up - NIGHT_S <= 1_112.0


def test_a_sleep_is_no_standstill(tmp_path: Path) -> None:
    world = _world(tmp_path, Script(life_s=1_500.0), SleepingClock(900.0), Limits(no_progress_s=1_000.0))

    assert world.run().ending is Ending.FINISHED


def test_a_job_that_is_bought_after_a_sleep_is_waited_for_no_longer_than_any_other(tmp_path: Path) -> None:
    studio = Studio(scripts={"b": Script(life_s=float("inf"))})
    world = World(
        folder=tmp_path, ids=["a", "b"], studio=studio, in_flight=1, limits=Limits(item_deadline_s=600.0),
        clock=SleepingClock(15.0),
    )  # fmt: skip

    world.run()

    ((bought,), (gave_up,)) = world.diary.times(Intended, "b"), world.diary.times(GaveUpWaiting, "b")
    assert 600.0 <= gave_up - bought <= 612.0


def test_a_clock_that_is_set_back_makes_no_run_wait_for_ever(tmp_path: Path) -> None:
    clock = SleepingClock(100.0, slept_s=-NIGHT_S)
    world = _world(tmp_path, Script(life_s=float("inf")), clock, Limits(item_deadline_s=600.0))

    world.run()

    assert world.now_s <= NIGHT_S + 2_000.0


@dataclass
class StallingClock(LoopClock):
    """The wall clock of a machine whose disk holds every process up for two seconds in each minute."""

    def now(self) -> float:
        return super().now() + 2.0 * (asyncio.get_running_loop().time() // 60.0)


def test_a_machine_that_is_held_up_again_and_again_keeps_no_run_waiting_for_ever(tmp_path: Path) -> None:
    script, limits = Script(life_s=float("inf")), Limits(item_deadline_s=1_200.0)
    world = _world(tmp_path, script, StallingClock(), limits)

    world.run(stop_after_s=10_000.0)

    (gave_up,) = world.diary.times(GaveUpWaiting)
    assert 1_200.0 <= gave_up <= 1_300.0


def test_what_holds_a_machine_up_is_no_progress_either(tmp_path: Path) -> None:
    limits = Limits(no_progress_s=1_200.0)
    world = _world(tmp_path, Script(life_s=float("inf")), StallingClock(), limits)

    assert world.run(stop_after_s=10_000.0).ending is Ending.DEADLINE
