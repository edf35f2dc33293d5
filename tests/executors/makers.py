"""Who is held to the contract: every executor by its name, and how a test makes one."""

from __future__ import annotations

import os
import select
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Final, TypeAlias

from misbehaving import perform

from runner.executors.local import LocalExecutor
from runner.executors.on_ray import RayExecutor
from runner.executors.repeating import done
from runner.executors.seam import Executor, Json, Perform, StepCall

Make: TypeAlias = Callable[[Perform, int], Executor]
"""Makes an executor, not yet started, that does what `perform` does in so many workers."""


def local(perform: Perform, workers: int) -> Executor:
    return LocalExecutor(workers, perform=perform)


def on_ray(perform: Perform, workers: int) -> Executor:
    return RayExecutor(cpus=workers, perform=perform)


HAS_RAY: Final = find_spec("ray") is not None
MAKERS: Final[Mapping[str, Make]] = {"local": local} | ({"ray": on_ray} if HAS_RAY else {})
PATIENCE_S: Final = 60.0  # after which a test that waits for a worker is stuck


@asynccontextmanager
async def at_work(make: Make, workers: int = 2) -> AsyncIterator[Executor]:
    """Give a started executor of the misbehaving steps; nothing of it is left when the context ends."""
    executor = make(perform, workers)
    await executor.start()
    try:
        yield executor
    finally:
        await executor.close()


@dataclass(frozen=True)
class Floor:
    """A folder in which steps work, and the pipe on which they tell who they are."""

    folder: Path
    pipe: int

    def call(self, step: str, item: str = "a", /, **args: Json) -> StepCall:
        """Return a call whose fence is still to come."""
        return StepCall(step=step, item=item, within=str(self.folder), args={"pipe": str(self.folder / "pipe"), **args})

    def permitted(self, step: str, fence: str = "a-1", /, **args: Json) -> StepCall:
        """Return a call with a fence, whose folder is made."""
        (self.folder / fence).mkdir()
        return replace(self.call(step, "a", **args), fence=fence)

    def told(self) -> int:
        """Return the number of the next process that tells."""
        return told(self.pipe)


async def word_of(executor: Executor, call: StepCall) -> object:
    """Have a step done, and return the word in its result."""
    async with done(executor, call) as (result, _):
        return result["word"]


def told(pipe: int) -> int:
    """Return the number that the next process writes to a pipe, a line each."""
    digits = b""
    while not digits.endswith(b"\n"):
        assert select.select([pipe], [], [], PATIENCE_S)[0], "no worker tells anything"
        digits += os.read(pipe, 1)
    return int(digits)
