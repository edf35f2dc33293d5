"""What every executor promises, whatever dies: a step is done, or the driver hears that it was not, and goes on."""

from __future__ import annotations

import asyncio
import os
import select
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from makers import PATIENCE_S, Floor, Make, at_work, word_of
from misbehaving import perform

from runner.errors import Halt
from runner.executors.envelope import StepBugError
from runner.executors.repeating import TRIES, done
from runner.executors.seam import (
    Executor,
    StepCall,
    StepFailedError,
    StepUndoneError,
    WorkerLostError,
    WorkerTakenError,
)


async def film_of(executor: Executor, call: StepCall, film: Path) -> int:
    """Have a film written, and give it its place, as a driver does; return its bytes."""
    async with done(executor, call) as (result, folder):
        (folder / "film").rename(film)
        return int(str(result["bytes"]))


def left(floor: Floor) -> list[str]:
    """Return the fences whose folders are still there."""
    return [path.name for path in floor.folder.iterdir() if path.is_dir() and path.name.startswith("item-")]


def test_more_steps_than_workers_are_all_done_and_each_gets_its_own_answer(make: Make, floor: Floor) -> None:
    async def main() -> list[object]:
        async with at_work(make) as executor:
            words = [word_of(executor, floor.call("say", f"item {n}", word=n)) for n in range(20)]
            return await asyncio.gather(*words)

    assert asyncio.run(main()) == list(range(20))
    assert left(floor) == []


@pytest.mark.parametrize(
    ("step", "error", "words"),
    [
        pytest.param("refuse", StepFailedError, "nothing comes of this", id="it says no"),
        pytest.param("stumble", StepBugError, "ZeroDivisionError: a bug", id="it has a bug"),
        pytest.param("unfit", Halt, "cannot be loaded: libavcodec.so.62", id="its library is broken"),
        pytest.param("fill", Halt, "the disk is full", id="its disk is full"),
        pytest.param("babble", StepBugError, "expected at most 65536", id="its result is too large"),
        pytest.param("submit", StepBugError, "'submit' is not in the table", id="it is no free step"),
    ],
)
def test_what_a_step_raises_comes_back_as_it_is_and_its_worker_goes_on(
    step: str, error: type[Exception], words: str, make: Make, floor: Floor
) -> None:
    async def main() -> object:
        async with at_work(make, 1) as executor:
            with pytest.raises(error, match=words):
                await executor.run(floor.permitted(step))
            return await word_of(executor, floor.call("say", word="next"))

    assert asyncio.run(main()) == "next"


def test_a_busy_worker_that_is_killed_costs_one_repeat_and_disturbs_nobody(make: Make, floor: Floor) -> None:
    film, once = floor.folder / "a.mp4", str(floor.folder / "once")

    async def main() -> tuple[int, object]:
        async with at_work(make) as executor:
            async with asyncio.TaskGroup() as group:
                call = floor.call("hang_once", "item a", word="film", once=once)
                struck = group.create_task(film_of(executor, call, film))
                os.kill(await asyncio.to_thread(floor.told), signal.SIGKILL)
                beside = group.create_task(word_of(executor, floor.call("say", word="beside")))
            return struck.result(), beside.result()

    assert asyncio.run(main()) == (4, "beside")
    assert film.read_text() == "film"
    assert left(floor) == []


def test_all_busy_workers_may_be_killed_at_once(make: Make, floor: Floor) -> None:
    async def main() -> list[int]:
        async with at_work(make, 3) as executor, asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(
                    film_of(
                        executor,
                        floor.call("hang_once", f"item {n}", word="film", once=str(floor.folder / f"once-{n}")),
                        floor.folder / f"{n}.mp4",
                    )
                )
                for n in range(3)
            ]
            for pid in [await asyncio.to_thread(floor.told) for _ in range(3)]:
                os.kill(pid, signal.SIGKILL)
            return [await task for task in tasks]

    assert asyncio.run(main()) == [4, 4, 4]


@pytest.mark.parametrize(
    ("step", "error", "workers"),
    [
        pytest.param("crash", StepFailedError, TRIES, id="broken by the step"),
        pytest.param("die", StepUndoneError, TRIES, id="killed"),
        pytest.param("starve", StepUndoneError, 1, id="without memory"),
    ],
)
def test_a_step_whose_worker_is_lost_each_time_is_given_up_and_loses_nobody_else(
    step: str, error: type[Exception], workers: int, make: Make, floor: Floor
) -> None:
    """A step is to blame for a worker that broke, and for none that the machine took away."""

    async def main() -> list[object]:
        async with at_work(make) as executor:
            deadly = done(executor, floor.call(step, "item a"))
            beside = [word_of(executor, floor.call("say", f"item {n}", word=n)) for n in range(6)]
            with pytest.raises(error, match=f"{TRIES} workers were lost over it"):
                await deadly.__aenter__()
            return await asyncio.gather(*beside)

    assert asyncio.run(main()) == list(range(6))
    assert len({floor.told() for _ in range(TRIES)}) >= workers
    assert left(floor) == []


def test_a_step_beyond_its_time_counts_as_lost_and_its_place_is_free_again(make: Make, floor: Floor) -> None:
    async def main() -> object:
        async with at_work(make, 1) as executor:
            with pytest.raises(WorkerLostError, match="within"):
                await executor.run(replace(floor.permitted("hang"), timeout_s=0.2))
            return await word_of(executor, floor.call("say", word="next"))

    assert asyncio.run(main()) == "next"


def test_a_step_that_is_cancelled_gives_its_place_free(make: Make, floor: Floor) -> None:
    async def main() -> object:
        async with at_work(make, 1) as executor:
            hanging = asyncio.create_task(executor.run(floor.permitted("hang")))
            await asyncio.to_thread(floor.told)
            hanging.cancel()
            with pytest.raises(asyncio.CancelledError):
                await hanging
            return await word_of(executor, floor.call("say", word="next"))

    assert asyncio.run(main()) == "next"


def test_nothing_is_left_running_when_an_executor_is_closed(make: Make, floor: Floor) -> None:
    async def main() -> list[int]:
        executor = make(perform, 2)
        await executor.start()
        hanging = [asyncio.create_task(executor.run(floor.permitted("hang", f"a-{n}"))) for n in range(3)]
        pids = [await asyncio.to_thread(floor.told) for _ in range(2)]
        await executor.close()
        ends = await asyncio.gather(*hanging, return_exceptions=True)
        assert [type(end) for end in ends] == [WorkerTakenError] * 3
        return pids

    assert [pid for pid in asyncio.run(main()) if is_alive(pid)] == []


@pytest.mark.parametrize("left_over", [[], ["item-old"]], ids=["its folder is gone", "its folder is still there"])
def test_a_worker_that_wakes_up_with_an_old_fence_changes_nothing(
    left_over: list[str], make: Make, floor: Floor
) -> None:
    film, once, gate = floor.folder / "a.mp4", str(floor.folder / "once"), floor.folder / "gate"
    os.mkfifo(gate)

    async def main() -> None:
        async with at_work(make) as executor:
            call = floor.call("write_late", "item a", word="film", once=once, gate=str(gate))
            first = asyncio.create_task(executor.run(floor.permitted("write_late", "item-old", **call.args)))
            stopped = await asyncio.to_thread(floor.told)
            os.kill(stopped, signal.SIGSTOP)
            assert await film_of(executor, call, film) == 4
            if not left_over:
                shutil.rmtree(floor.folder / "item-old")
            os.kill(stopped, signal.SIGCONT)
            await asyncio.to_thread(gate.write_bytes, b"go on")
            assert await asyncio.to_thread(floor.told) == stopped
            await asyncio.wait([first])

    asyncio.run(main())

    assert film.read_text() == "film"
    assert left(floor) == left_over


DRIVER = """
import asyncio, sys
sys.path[:0] = sys.argv[3:]
from pathlib import Path
from makers import MAKERS, Floor, at_work

async def main():
    floor = Floor(Path(sys.argv[2]), -1)
    async with at_work(MAKERS[sys.argv[1]]) as executor:
        await asyncio.gather(*(executor.run(floor.permitted("hang", f"a-{n}")) for n in range(2)))

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_no_worker_outlives_a_driver_that_is_killed(name: str, floor: Floor) -> None:
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, name, str(floor.folder), *sys.path])
    pids = [floor.told() for _ in range(2)]
    ends = [os.pidfd_open(pid) for pid in pids]

    driver.kill()
    driver.wait()

    for end in ends:
        assert select.select([end], [], [], PATIENCE_S)[0], "a worker outlives its driver"
        os.close(end)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a stopped process with its parent")
def test_a_worker_that_is_stopped_does_not_outlive_a_driver_that_is_killed(floor: Floor) -> None:
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, "local", str(floor.folder), *sys.path])
    pids = [floor.told() for _ in range(2)]
    ends = [os.pidfd_open(pid) for pid in pids]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
        while "State:\tT" not in Path(f"/proc/{pid}/status").read_text():
            pass

    driver.kill()
    driver.wait()

    try:
        assert [select.select([end], [], [], PATIENCE_S)[0] for end in ends] == [[end] for end in ends]
    finally:
        for pid, end in zip(pids, ends, strict=True):
            os.close(end)
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
