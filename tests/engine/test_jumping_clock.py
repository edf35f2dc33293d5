from __future__ import annotations

import asyncio
import itertools

import pytest
from jumping_clock import START, Deadlock, LoopClock, jump


async def _sleep(*pauses_s: float) -> float:
    for pause_s in pauses_s:
        await asyncio.sleep(pause_s)
    return asyncio.get_running_loop().time()


def test_a_month_of_sleep_takes_no_time_and_is_counted_exactly() -> None:
    assert jump(_sleep(30 * 86400.0)) == 30 * 86400.0  # or this test would take a month


def test_sleepers_wake_in_the_order_of_their_times() -> None:
    async def race() -> list[float]:
        done = asyncio.as_completed([_sleep(3.0), _sleep(1.0, 1.0), _sleep(0.5)])
        return [await sleeper for sleeper in done]

    assert jump(race()) == [0.5, 2.0, 3.0]


def test_the_engine_reads_its_wall_clock_from_the_loop() -> None:
    async def later() -> float:
        await asyncio.sleep(90.0)
        return LoopClock().now()

    assert jump(later(), elapsed_s=10.0) == START + 100.0


def test_a_deadlock_fails_at_once_and_names_who_waits() -> None:
    with pytest.raises(Deadlock, match=r"no timer is set after 2 s; waiting:\n.*_sleep_then_wait"):
        jump(_sleep_then_wait())


async def _sleep_then_wait() -> None:
    await asyncio.sleep(2.0)
    await asyncio.Event().wait()


def test_a_task_that_never_comes_to_an_end_fails_too() -> None:
    async def for_ever() -> None:
        for day in itertools.count():
            await asyncio.sleep(86400.0 + day)

    with pytest.raises(Deadlock, match="nobody came to an end in 80 days"):
        jump(for_ever())
