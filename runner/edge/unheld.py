"""Waiting for what may never come back: a thread of its own does it, and nobody waits for that thread.

asyncio's own threads are waited for at the end of a loop and of the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


class UnendedError(Exception):
    """The time is up; what was begun may go on for ever."""


class UnbegunError(Exception):
    """This machine lends no thread, so nothing was begun."""


async def unheld(work: Callable[[], T], *, most_s: float) -> T:
    """Return what `work` gives, in a thread, or raise what it raises; raise UnendedError after `most_s` seconds."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()
    try:
        Thread(target=_do, args=(loop, done, work), daemon=True).start()
    except RuntimeError as error:
        raise UnbegunError(f"{error}: free memory, or raise the limit of processes (ulimit -u)") from error
    try:
        await asyncio.wait([done], timeout=most_s)
        if done.done():
            return done.result()
    finally:
        done.cancel()  # what comes after this finds nobody
    raise UnendedError


def _do(loop: asyncio.AbstractEventLoop, done: asyncio.Future[T], work: Callable[[], T]) -> None:
    try:
        found = work()
    except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
        tell = partial(_fail, done, error)
    else:
        tell = partial(_give, done, found)
    with suppress(RuntimeError):  # the loop may have ended meanwhile
        loop.call_soon_threadsafe(tell)


def _give(done: asyncio.Future[T], found: T) -> None:
    if not done.done():
        done.set_result(found)


def _fail(done: asyncio.Future[T], error: Exception) -> None:
    if not done.done():
        done.set_exception(error)
