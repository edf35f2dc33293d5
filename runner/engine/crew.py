"""The steps under way, each a task of its own, and how a run stops: what is paid for is answered and written first."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import field
from typing import Any, Final

from ..core.sums.ending import Conclusion, Ending
from ..errors import DriftError, FolderError, Halt
from ..values import dataclass
from .agenda import Lane

_DROPPED: Final = frozenset({Lane.POLL, Lane.FETCH})  # free, and done anew by the next run
CHECK_GRACE_S: Final = 10.0  # for the checks under way when a run stops: as a rule they take a second or two


@dataclass(slots=True)
class Crew:
    """Whoever is at work. `conclusion` says why nothing more begins, `bug` what is to be raised when all are home."""

    conclusion: Conclusion | None = None
    bug: Exception | None = None
    _tasks: dict[asyncio.Task[None], Lane] = field(default_factory=dict)
    _busy: Counter[Lane] = field(default_factory=Counter)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_at_work(self) -> bool:
        """Return whether a step is under way."""
        return bool(self._tasks)

    def busy(self, lane: Lane) -> int:
        """Return how many steps of a kind are under way."""
        return self._busy[lane]

    def start(self, group: asyncio.TaskGroup, lane: Lane, step: Coroutine[Any, Any, None]) -> None:
        """Let a step begin; its end is news."""
        task = group.create_task(step)
        self._tasks[task] = lane
        self._busy[lane] += 1
        task.add_done_callback(self._ended)

    def stop(self, ending: Ending, why: str = "") -> None:
        """Start nothing more: paid requests under way are answered and written, free steps are dropped.

        A check has `CHECK_GRACE_S` to come to its end; one that has none is the next run's, as its file stays.
        The first reason stands, unless what is under way cannot be written any more: then no end was a clean one.
        """
        is_halted = self.conclusion is not None and self.conclusion.ending is Ending.HALTED
        if self.conclusion is None or (ending is Ending.HALTED and not is_halted):
            self.conclusion = Conclusion(ending=ending, why=why)
            self.wake()  # once: what fails whenever the loop looks must not keep it from everything else
            if self._busy[Lane.CHECK]:
                asyncio.get_running_loop().call_later(CHECK_GRACE_S, self._drop, {Lane.CHECK})
        self._drop(_DROPPED)

    def _drop(self, lanes: Collection[Lane]) -> None:
        for task, lane in self._tasks.items():
            if lane in lanes:
                task.cancel()

    @contextmanager
    def stopping(self) -> Iterator[None]:
        """Stop on whatever goes wrong in the loop itself, so that paid requests under way are still answered."""
        try:
            with self.halting():
                yield
        except Exception as error:  # noqa: BLE001 - it is raised again when all have come home
            self.bug = self.bug or error
            self.stop(Ending.HALTED, f"a bug struck: {error!r}")

    @contextmanager
    def halting(self) -> Iterator[None]:
        """Stop on what must stop a run: a machine that cannot keep the promise, a plan that is not what it was."""
        try:
            yield
        except (Halt, FolderError) as error:
            self.stop(Ending.HALTED, str(error))
        except DriftError as error:
            self.stop(Ending.DRIFTED, str(error))

    def wake(self) -> None:
        """Let the loop look again."""
        self._news.set()

    def look(self) -> None:
        """Take the news that came until now for known."""
        self._news.clear()

    async def wait(self, most_s: float | None) -> None:
        """Wait for news, at most so long; None waits until there is some."""
        try:
            async with asyncio.timeout(most_s):
                await self._news.wait()
        except TimeoutError:
            return

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._busy[self._tasks.pop(task)] -= 1
        self.wake()
