"""Who draws the films: a Protocol of two methods, a pool of processes for real work, and one that draws in a thread.

A process of the pool never outlives its parent, not even when that is killed: each one holds the reading end of a pipe
whose only writing end is the parent's, and leaves when the pipe ends. Every slot has a process of its own, so a job
that kills its process harms no other job.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, Protocol

from ..errors import S2VError

TRIES: Final = 3  # how often a job may kill its process before it is given up
YIELDING: Final = 10  # steps of scheduling priority, of the 19 that there are, by which drawing yields to answering


class RenderFailedError(S2VError):
    """No film comes of this ticket, whatever is done; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What to draw, and the part file to write it to."""

    portrait: bytes
    prompt: str | None
    seed: int
    out: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """What was drawn: the picture's size, and notes for people (JSON values)."""

    width: int
    height: int
    notes: dict[str, object] = field(default_factory=dict)


Draw = Callable[[Ticket], Footage]
"""Draws one film into `ticket.out`; raises `RenderFailedError` when it never can. The pool's must be picklable."""


class Renderer(Protocol):
    """Draws films, several at a time."""

    async def render(self, ticket: Ticket) -> Footage:
        """Return when the film is written; the same ticket gives the same film, if code draws it. May be cancelled."""

    async def close(self) -> None:
        """Abandon what is being drawn, and leave nothing running; called once."""


class InlineRenderer:
    """Draws in a thread of this process: for films so small that a process would cost more."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw

    async def render(self, ticket: Ticket) -> Footage:
        """Draw in a thread; a cancelled drawing runs to its end unheard."""
        return await asyncio.to_thread(self._draw, ticket)

    async def close(self) -> None:
        """Leave: there is nothing to stop."""


class PoolRenderer:
    """Draws in processes, one for each of `draws`, each started when it is first needed."""

    def __init__(self, draws: Sequence[Draw]) -> None:
        self._slots = tuple(map(_Slot, draws))
        self._free: asyncio.Queue[_Slot] = asyncio.Queue()
        for slot in self._slots:
            self._free.put_nowait(slot)

    async def render(self, ticket: Ticket) -> Footage:
        """Draw in the next free process; when it dies, in a new one, at most `TRIES` times in all."""
        slot = await self._free.get()
        try:
            return await self._tried(slot, ticket)
        finally:
            self._free.put_nowait(slot)

    async def close(self) -> None:
        """End every process at once."""
        for slot in self._slots:
            slot.end()

    async def _tried(self, slot: _Slot, ticket: Ticket) -> Footage:
        loop = asyncio.get_running_loop()
        for _ in range(TRIES):
            try:
                return await loop.run_in_executor(slot.process(), slot.draw, ticket)
            except BrokenProcessPool:
                slot.end()
        raise RenderFailedError(f"the rendering process died {TRIES} times on this job")


class _Slot:
    """One process, how it draws, and the pipe that keeps it alive."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self._executor: ProcessPoolExecutor | None = None
        self._lifeline: Connection | None = None

    def process(self) -> ProcessPoolExecutor:
        if self._executor is None:
            context = multiprocessing.get_context("spawn")
            watched, self._lifeline = context.Pipe(duplex=False)
            self._executor = ProcessPoolExecutor(1, context, initializer=_live_with_parent, initargs=(watched,))
        return self._executor

    def end(self) -> None:
        if self._executor is None or self._lifeline is None:
            return
        self._lifeline.close()
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._executor = self._lifeline = None


def _live_with_parent(lifeline: Connection) -> None:
    """Run in the new process: leave when the parent is gone, and let Ctrl-C be the parent's business.

    Whoever asks comes first, whoever draws second: else a busy pool makes every answer wait for a turn on the CPU.
    """
    os.nice(YIELDING)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_at_end, args=(lifeline,), daemon=True).start()


def _leave_at_end(lifeline: Connection) -> None:
    try:
        lifeline.recv_bytes()
    except EOFError:
        os._exit(1)
