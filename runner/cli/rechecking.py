"""Looks into the videos of a run folder once more, by workers as a run does: a file may kill its decoder alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path
from tempfile import TemporaryDirectory

from ..core.life.state import State
from ..edge.disk.files import halting
from ..edge.disk.temporary import temporary_folder
from ..edge.folder.shelf import Shelf
from ..edge.journal.journal import Journal
from ..edge.video.checking import judge_for
from ..errors import Halt
from ..executors.seam import Executor
from ..inspection import Inspected, Spoilt, Unchecked
from ..model import CheckPolicy, Portrait
from ..values import dataclass
from . import books


def rechecked(
    folder: Path, book: Journal, states: Iterator[State], executor: Executor, *, most: int
) -> tuple[int, dict[str, str]]:
    """Return how many videos there are, and what is wrong with which, by its path in the folder.

    Every frame is decoded, and the digest is held against the journal; `most` are looked into at one time. Nothing is
    written into the run folder. Raise Halt where this machine cannot look into one.
    """
    place = temporary_folder()
    with halting(place):
        made = TemporaryDirectory(prefix="s2v-verify-", dir=place)
    with made as stage:
        judge = judge_for(CheckPolicy(), _unasked, executor, Path(stage))
        looking = _Looking(folder=folder, shelf=books.shelf_of(folder, book, judge=judge), states=enumerate(states, 1))
        asyncio.run(looking.through(executor, most=most))
    return looking.count, dict(looking.bad[number] for number in sorted(looking.bad))


def _unasked(_portrait: Portrait) -> bytes:
    """Stand where a portrait would be: nothing is held against one here."""
    return b""


@dataclass(slots=True, kw_only=True)
class _Looking:
    """One look through a folder; `bad` holds path and reason by the number of the video, however they come back."""

    folder: Path
    shelf: Shelf
    states: Iterator[tuple[int, State]]
    count: int = 0
    bad: dict[int, tuple[str, str]] = field(default_factory=dict)

    async def through(self, executor: Executor, *, most: int) -> None:
        try:
            await executor.start()
            async with asyncio.TaskGroup() as group:
                for _ in range(most):
                    group.create_task(self._look())
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None
        finally:
            await executor.close()

    async def _look(self) -> None:
        for number, state in self.states:
            self.count, path = number, self.shelf.home(state).relative_to(self.folder)
            match await self.shelf.inspect(state):
                case Spoilt(reason=reason):
                    self.bad[number] = str(path), reason
                case Unchecked(reason=reason):
                    raise Halt(f"{self.folder / path}: {reason}")
                case Inspected():
                    pass
