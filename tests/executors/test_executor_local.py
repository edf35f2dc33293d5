"""The pool of this machine: when its processes start, what they get of the driver, and who is meant by a name."""

from __future__ import annotations

import asyncio
import os
import resource
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from makers import MAKERS, PATIENCE_S, Floor, at_work
from misbehaving import perform

from runner.errors import Halt, UsageError
from runner.executors.choosing import chosen
from runner.executors.local import LEAST, LocalExecutor, usual_workers
from runner.executors.repeating import done
from runner.executors.seam import Executor, StepCall, WorkerLostError

LOCAL = MAKERS["local"]


async def result_of(executor: Executor, call: StepCall, key: str) -> object:
    async with done(executor, call) as (result, _):
        return result[key]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="no list of a process's children here")
def test_no_process_starts_before_the_first_step_and_none_beside_one_that_is_free(floor: Floor) -> None:
    children = Path("/proc/self/task").glob("*/children")
    before = {path: path.read_text() for path in children}

    async def main() -> set[object]:
        async with at_work(LOCAL, 8) as executor:
            assert {path: path.read_text() for path in before if path.exists()} == before
            return {await result_of(executor, floor.call("say", word=n), "pid") for n in range(3)}

    assert len(asyncio.run(main())) == 1


def test_a_worker_is_told_nothing_by_which_a_cluster_lets_in(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", "the cluster's")

    async def main() -> object:
        executor = LocalExecutor(1, perform=perform)
        try:
            return await result_of(executor, floor.call("look_around"), "environ")
        finally:
            await executor.close()

    environ = asyncio.run(main())

    assert isinstance(environ, dict)
    assert {"PATH", "RAY_AUTH_TOKEN"} & environ.keys() == {"PATH"}


def test_each_worker_may_have_more_environment_of_its_own(floor: Floor) -> None:
    async def main() -> set[object]:
        executor = LocalExecutor(2, perform=perform, environs=[{"DEVICE": "0"}, {"DEVICE": "1"}])
        try:
            calls = [floor.call("look_around", str(n)) for n in range(6)]
            found = await asyncio.gather(*(result_of(executor, call, "environ") for call in calls))
        finally:
            await executor.close()
        return {each["DEVICE"] for each in found if isinstance(each, dict)}

    assert asyncio.run(main()) == {"0", "1"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_what_a_terminal_sends_to_all_of_a_run_ends_no_worker(floor: Floor, number: signal.Signals) -> None:
    async def main() -> set[object]:
        async with at_work(LOCAL, 1) as executor:
            before = await result_of(executor, floor.call("say", "a", word=1), "pid")
            os.kill(int(str(before)), number)
            return {before, await result_of(executor, floor.call("say", "b", word=2), "pid")}

    assert len(asyncio.run(main())) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_what_a_terminal_sends_to_a_worker_that_is_just_starting_ends_it_neither(
    floor: Floor, number: signal.Signals
) -> None:
    gate, pipe = floor.folder / "gate", floor.folder / "pipe"
    os.mkfifo(gate)
    (floor.folder / "sitecustomize.py").write_text(
        f"import os, pathlib\npathlib.Path({str(pipe)!r}).write_text(f'{{os.getpid()}}\\n')\n"
        f"pathlib.Path({str(gate)!r}).read_text()\n"
    )
    path = os.pathsep.join([str(floor.folder), *sys.path])

    async def main() -> tuple[object, object]:
        executor = LocalExecutor(1, perform=perform, environs=[{"PYTHONPATH": path}])
        try:
            said = asyncio.create_task(result_of(executor, floor.call("say", word="one"), "pid"))
            started = await asyncio.to_thread(floor.told)
            os.kill(started, number)
            await asyncio.to_thread(gate.write_text, "")
            return started, await said
        finally:
            await executor.close()

    started, spoke = asyncio.run(main())
    assert started == spoke


def test_a_process_that_cannot_start_halts_the_run_and_spoils_nothing(floor: Floor) -> None:
    def nowhere(text: str) -> str:
        return text

    async def main() -> None:
        executor = LocalExecutor(1, perform=nowhere)
        try:
            with pytest.raises(
                Halt, match=r"a worker process cannot be started: worker process [0-9]+ ended with exit"
            ):
                await result_of(executor, floor.call("say", word="x"), "word")
        finally:
            await executor.close()

    asyncio.run(main())


@contextmanager
def no_files_left() -> Iterator[None]:
    """Let this process open no file more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as stack:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        with suppress(OSError):
            while True:
                stack.enter_context(Path(os.devnull).open())
        yield


def test_a_process_for_which_no_file_can_be_opened_halts_the_run(floor: Floor) -> None:
    async def main() -> None:
        executor, call = LocalExecutor(1, perform=perform), floor.permitted("say", word="x")
        with no_files_left(), pytest.raises(Halt, match="cannot start a worker process: Too many open files"):
            await executor.run(call)

    asyncio.run(main())


def test_a_worker_ends_when_its_driver_dies_before_it_has_heard_a_word() -> None:
    ours, theirs = socket.socketpair()
    program = "import sys; from runner.executors.child import main; main(int(sys.argv[1]), 'misbehaving:perform')"
    worker = subprocess.Popen(
        [sys.executable, "-c", program, str(theirs.fileno())], pass_fds=[theirs.fileno()],
        env={"PYTHONPATH": os.pathsep.join(sys.path)}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    theirs.close()
    assert select.select([ours], [], [], PATIENCE_S)[0]

    ours.close()  # with what it said unread: to the worker that is no end, but a connection that is reset

    try:
        assert worker.wait(timeout=PATIENCE_S / 6) == 0
    finally:
        worker.kill()
        worker.wait()


def test_a_worker_whose_driver_dies_before_it_has_said_a_word_says_nothing_of_it() -> None:
    ours, theirs = socket.socketpair()
    ours.shutdown(socket.SHUT_RD)  # the worker is told so when it speaks, and by no end of what it reads
    program = "import sys; from runner.executors.child import main; main(int(sys.argv[1]), 'misbehaving:perform')"
    with ours, theirs:
        done = subprocess.run(
            [sys.executable, "-c", program, str(theirs.fileno())], pass_fds=[theirs.fileno()], check=False,
            env={"PYTHONPATH": os.pathsep.join(sys.path)}, stderr=subprocess.PIPE, timeout=PATIENCE_S,
        )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, b"")


def test_a_step_that_ends_its_program_is_lost_and_hangs_nobody(floor: Floor) -> None:
    async def main() -> object:
        async with at_work(LOCAL, 1) as executor:
            with pytest.raises(WorkerLostError, match="ended with exit code 1"):
                await executor.run(floor.permitted("leave"))
            return await result_of(executor, floor.call("say", word="next"), "word")

    assert asyncio.run(main()) == "next"


@pytest.mark.parametrize(("text", "slots"), [("local", usual_workers()), ("local=1", 1), ("local=12", 12)])
def test_local_may_be_told_how_many_processes_it_has(text: str, slots: int, tmp_path: Path) -> None:
    assert asyncio.run(chosen(text)(tmp_path).start()).slots == slots
    assert usual_workers() >= LEAST


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("local=0", "expected a number of processes from 1 to 1024: local=4"),
        ("local=many", "expected a number of processes"),
        ("local=٤", "expected a number of processes"),
        ("slurm", "found 'slurm', expected an executor that is installed: .*local"),
        ("", "expected an executor that is installed"),
    ],
)
def test_what_makes_no_executor_is_said(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        chosen(text)


class Mine(LocalExecutor):
    """What somebody else might bring."""


def mine(where: str, _folder: Path) -> Executor:
    return Mine(int(where))


def test_executors_of_others_are_found_by_their_entry_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: Callable[[str], None]
) -> None:
    installed("mine = test_executor_local:mine\nbroken = nowhere:at_all")
    monkeypatch.syspath_prepend(tmp_path)

    executor = chosen("mine=3")(tmp_path)
    with pytest.raises(UsageError, match="the executor 'broken' is installed and cannot be loaded: No module named"):
        chosen("broken")

    assert type(executor).__name__ == "Mine"
    assert asyncio.run(executor.start()).slots == 3
