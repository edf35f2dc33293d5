"""An event loop whose clock jumps to the next timer when nothing is ready: an hour's batch in a blink.

Where nothing is ready and no timer is set, nothing can ever happen again; that fails at once instead of hanging.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")

START = 1_767_225_600.0  # 2026-01-01T00:00:00Z, when every virtual day begins
_LONGEST_S = 80 * 86400.0  # a float of more seconds is coarser than the loop's nanosecond, and its timers would spin


class Deadlock(AssertionError):
    """Every task waits, and nothing will ever wake one, or nothing ever ends."""


class _JumpingSelector(selectors.SelectSelector):
    """Never waits: what the loop would have slept is added to the clock."""

    def __init__(self, elapsed_s: float) -> None:
        super().__init__()
        self.elapsed_s = elapsed_s

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if (ready := super().select(0)) or timeout == 0:
            return ready
        if timeout is None:
            raise Deadlock(f"nothing is ready and no timer is set after {self.elapsed_s:g} s; waiting:\n{_waiting()}")
        self.elapsed_s += timeout
        if self.elapsed_s > _LONGEST_S:
            raise Deadlock(f"nobody came to an end in {_LONGEST_S / 86400:g} days; waiting:\n{_waiting()}")
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """A real loop of asyncio over a selector that does not sleep; its time begins where it is told to."""

    def __init__(self, elapsed_s: float = 0.0) -> None:
        self._jumping = _JumpingSelector(elapsed_s)
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.elapsed_s

    def skip_to(self, elapsed_s: float) -> None:
        """Let time pass in which nothing of this loop runs, as in a process that is stopped and continued."""
        self._jumping.elapsed_s = max(self._jumping.elapsed_s, elapsed_s)


class LoopClock:
    """The engine's wall clock, read from the running loop."""

    def now(self) -> float:
        return START + asyncio.get_running_loop().time()


def jump(main: Coroutine[Any, Any, T], *, elapsed_s: float = 0.0) -> T:
    """Run `main` to its end on a clock that jumps, `elapsed_s` after the virtual day began."""
    with asyncio.Runner(loop_factory=partial(JumpingLoop, elapsed_s)) as runner:
        return runner.run(main)


def _waiting() -> str:
    return "\n".join(sorted(f"  {task.get_name()}: {task.get_coro()}" for task in asyncio.all_tasks()))
