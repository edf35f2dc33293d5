"""Doing a step until it is done: the driver alone decides that a step is done again, and gives each try its own folder.

A worker that was given up may wake again: it finds the folder of its fence gone, or writes where nobody looks.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from .seam import (
    Executor,
    Json,
    StepCall,
    StepFailedError,
    StepUndoneError,
    WorkerLostError,
    WorkerTakenError,
)

TRIES: Final = 3  # how many workers may be lost over one step before it is given up
_ITEM_MOST: Final = 24  # characters of an item that a fence shows to whoever looks into the folder
_OTHER: Final = re.compile(r"[^0-9a-z]+")


@asynccontextmanager
async def done(
    executor: Executor, call: StepCall, *, prepare: Callable[[Path], None] | None = None
) -> AsyncIterator[tuple[Mapping[str, Json], Path]]:
    """Give the result of a step, and the folder with what it wrote, which goes when the context is left.

    `prepare` puts into the folder what the step reads; it is called in a thread. Raise StepFailedError when the step
    says no, or when `TRIES` workers broke over it; StepUndoneError when so many were lost, and the machine took one of
    them; the disk's OSError when there can be no folder.
    """
    lost, is_taken = "", False
    for _ in range(TRIES):
        with _permitted(call) as (permitted, folder):
            if prepare is not None:
                await asyncio.to_thread(prepare, folder)
            try:
                result = await executor.run(permitted)
            except WorkerLostError as error:
                lost, is_taken = str(error), is_taken or isinstance(error, WorkerTakenError)
                continue
            yield result, folder
            return
    words = f"{TRIES} workers were lost over it, one after the other: {lost}"
    raise StepUndoneError(words) if is_taken else StepFailedError(words)


@contextmanager
def _permitted(call: StepCall) -> Iterator[tuple[StepCall, Path]]:
    """Give one permission to do a step: a new fence, and its folder."""
    fence = f"{_OTHER.sub('-', call.item.lower())[:_ITEM_MOST].strip('-') or 'step'}-{secrets.token_hex(8)}"
    folder = Path(call.within) / fence
    folder.mkdir()
    try:
        yield replace(call, fence=fence), folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
