"""A loop that was kept from running reads what lies in its sockets before it believes that nothing came."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import anyio
import pytest

from runner.cli.run.patience import LATE_S, PatientLoop

T = TypeVar("T")

ABSENCE_S = LATE_S + 0.2
PATIENCE_S = 0.2  # shorter than the absence
LINES = 50


class LeapingClock:
    """The machine's own clock, ahead by all the time that the process was kept from running."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead_s

    def leap(self) -> None:
        """Let the process be absent now."""
        self.ahead_s += ABSENCE_S


def ran(main: Callable[[PatientLoop], Coroutine[Any, Any, T]], clock: Callable[[], float] = time.monotonic) -> T:
    loop = PatientLoop(clock=clock)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main(loop))


async def by_asyncio(answer: Awaitable[bytes]) -> bytes | None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await answer
    except TimeoutError:
        return None


async def by_anyio(answer: Awaitable[bytes]) -> bytes | None:
    with anyio.move_on_after(PATIENCE_S):
        return await answer
    return None


async def by_a_timer(answer: Awaitable[bytes]) -> bytes | None:
    """Wait as aiohttp does: a timer that is put off when something comes, and else ends the wait."""
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(answer)
    timer = loop.call_later(PATIENCE_S, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return None
    finally:
        timer.cancel()


@pytest.mark.parametrize("wait", [by_asyncio, by_anyio, by_a_timer])
def test_what_came_during_an_absence_is_read_before_any_time_out_strikes(
    wait: Callable[[Awaitable[bytes]], Coroutine[Any, Any, bytes | None]],
) -> None:
    clock = LeapingClock()

    async def main(loop: PatientLoop) -> list[bytes | None]:
        pairs = [socket.socketpair() for _ in range(LINES)]
        lines = [await asyncio.open_connection(sock=ours) for ours, _ in pairs]

        def be_absent() -> None:
            for _, theirs in pairs:
                theirs.sendall(b"answer\n")
                theirs.close()
            clock.leap()

        async with asyncio.TaskGroup() as group:
            # half of them need more than one turn of the loop
            waits = [
                group.create_task(wait(reader.read() if number % 2 else reader.readline()))
                for number, (reader, _) in enumerate(lines)
            ]
            loop.call_later(0.05, be_absent)
        for _, writer in lines:
            writer.close()
        return [each.result() for each in waits]

    assert ran(main, clock) == [b"answer\n"] * LINES


@pytest.mark.parametrize("turn_s", [0.04, 0.09])
@pytest.mark.parametrize("wait", [by_asyncio, by_anyio, by_a_timer])
def test_what_came_in_time_is_read_before_its_time_out_by_a_loop_that_is_busy_without_end(
    wait: Callable[[Awaitable[bytes]], Coroutine[Any, Any, bytes | None]], turn_s: float
) -> None:
    """Each turn takes long, though no longer than a busy machine may be late."""
    clock = LeapingClock()

    async def main(loop: PatientLoop) -> bytes | None:
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=ours)
        began, said = clock(), list[int]()

        def be_busy() -> None:
            if not said and clock() + turn_s > began + PATIENCE_S:  # in time, and read when the time is over
                said.append(theirs.send(b"answer\n"))
            clock.ahead_s += turn_s
            if clock() < began + 10 * PATIENCE_S:
                loop.call_soon(be_busy)

        loop.call_soon(be_busy)
        answer = await wait(reader.readline())
        writer.close()
        theirs.close()
        return answer

    assert ran(main, clock) == b"answer\n"


@pytest.mark.parametrize(
    ("turn_s", "late_s"),
    [
        pytest.param(0.05, 1.0, id="late by less than an absence"),
        pytest.param(0.15, 200.0, id="each turn like an absence"),  # a thousand of them count for none
    ],
)
def test_a_silence_ends_with_its_time_out_in_a_loop_that_is_busy_without_end(turn_s: float, late_s: float) -> None:
    clock = LeapingClock()

    async def main(loop: PatientLoop) -> float:
        began, is_over = clock(), asyncio.Event()

        def be_busy() -> None:
            clock.ahead_s += turn_s
            if not is_over.is_set() and clock() < began + PATIENCE_S + 2 * late_s:
                loop.call_soon(be_busy)

        loop.call_soon(be_busy)
        assert await by_asyncio(loop.create_future()) is None
        is_over.set()
        return clock() - began

    assert PATIENCE_S <= ran(main, clock) < PATIENCE_S + late_s


@pytest.mark.parametrize("absences", [0, 2])
def test_a_silence_is_a_time_out_all_the_same_and_counts_no_absence(absences: int) -> None:
    clock = LeapingClock()

    async def main(loop: PatientLoop) -> float:
        for number in range(absences):
            loop.call_later(0.1 * (number + 1), clock.leap)
        began = clock()
        assert await by_asyncio(loop.create_future()) is None
        return clock() - began

    took_s = ran(main, clock)

    assert PATIENCE_S + absences * ABSENCE_S - 0.05 < took_s < PATIENCE_S + absences * ABSENCE_S + 0.5


def test_whoever_waits_by_the_wall_clock_is_called_after_an_absence() -> None:
    clock = LeapingClock()

    async def main(loop: PatientLoop) -> None:
        news = asyncio.Event()
        loop.came_back = news.set
        loop.call_later(0.05, clock.leap)
        async with asyncio.timeout(60):
            await news.wait()

    ran(main, clock)


def test_a_loop_that_is_never_idle_has_its_timers_run_after_an_absence() -> None:
    clock = LeapingClock()

    async def main(loop: PatientLoop) -> int:
        turns, is_due = 0, asyncio.Event()
        loop.call_later(0.01, is_due.set)
        loop.call_soon(clock.leap)
        while not is_due.is_set():
            await asyncio.sleep(0)
            turns += 1
        return turns

    assert ran(main, clock) >= 1


def test_without_an_absence_it_is_a_clock_as_every_other() -> None:
    async def main(loop: PatientLoop) -> None:
        before = loop.time(), time.monotonic()
        await asyncio.sleep(0.05)
        after = loop.time(), time.monotonic()
        assert abs((after[0] - before[0]) - (after[1] - before[1])) < 0.01
        loop.came_back = lambda: pytest.fail("nobody was away")
        await asyncio.sleep(0.05)

    ran(main)
