"""The shop floor: takes queued tasks in order, has them drawn, and puts whole films on the shelf.

A film is written to a part file, synced, renamed, and only then noted as made; so what is noted is whole, and what a
crash interrupts is drawn again under the same number. A stop abandons what is being drawn: it stays in the store.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from ..errors import Halt
from .disk import halting, sync_folder
from .order import Film, Task
from .renderer import Footage, Renderer, RenderFailedError, Ticket
from .store import Store, new_file_id

_log = logging.getLogger(__name__)


class Shop:
    """Works through the store's queue with `benches` tasks at a time; `changed` hears of every change of status."""

    def __init__(
        self,
        store: Store,
        renderer: Renderer,
        shelf: Path,
        *,
        benches: int,
        clock: Callable[[], float],
        changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._renderer = renderer
        self._shelf = shelf
        self._benches = benches
        self._clock = clock
        self._changed = changed
        self._bell = asyncio.Event()
        self._settled = asyncio.Condition()

    def ring(self) -> None:
        """Say that a task was queued; call it in the event loop's thread."""
        self._bell.set()

    async def run(self) -> None:
        """Work until cancelled; raises `Halt` when the store cannot be written any more."""
        self._shelf.mkdir(exist_ok=True)
        for stage in [path for path in self._shelf.iterdir() if path.is_dir()]:  # of steps that a crash interrupted
            shutil.rmtree(stage, ignore_errors=True)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._benches):
                    group.create_task(self._bench())
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from several

    async def drained(self) -> None:
        """Return once no accepted task is unfinished."""
        async with self._settled:
            await self._settled.wait_for(lambda: self._store.open_tasks() == 0)

    async def _bench(self) -> None:
        while True:
            task = self._store.take(now=self._clock())
            if task is None:
                self._bell.clear()
                await self._bell.wait()
                continue
            self._changed()
            await self._make(task)
            self._changed()
            async with self._settled:
                self._settled.notify_all()

    async def _make(self, task: Task) -> None:
        part = self._shelf / f"{task.task_id}.mp4.part"
        try:
            with halting():
                footage = await self._renderer.render(self._ticket(task, part))
                film = await asyncio.to_thread(self._shelve, part, footage)
        except Halt:
            part.unlink(missing_ok=True)
            raise
        except RenderFailedError as error:
            self._give_up(task, part, str(error))
        except Exception as error:  # noqa: BLE001 - the observer guard: one job's trouble never stops the others
            _log.exception("task %s failed", task.task_id)
            self._give_up(task, part, f"{type(error).__name__}: {error}".rstrip().rpartition("\n")[2])
        else:
            self._store.finish(task, film)

    def _give_up(self, task: Task, part: Path, reason: str) -> None:
        part.unlink(missing_ok=True)
        self._store.fail(task, reason, now=self._clock())

    def _ticket(self, task: Task, part: Path) -> Ticket:
        portrait = self._store.portrait(task.portrait_sha256)
        if portrait is None:
            raise RenderFailedError("the portrait of this task is no longer in the store")
        return Ticket(portrait=portrait, prompt=task.prompt, seed=task.seed, out=part)

    def _shelve(self, part: Path, footage: Footage) -> Film:
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        part.rename(part.with_suffix(""))
        sync_folder(part.parent)
        return Film(
            file_id=new_file_id(), width=footage.width, height=footage.height,
            bytes_=part.with_suffix("").stat().st_size, sha256=digest, made_at=self._clock(), notes=footage.notes,
        )  # fmt: skip
