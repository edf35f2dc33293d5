"""The box between the listener's thread and the engine's loop: bounded, and one slip for each submit in it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final

from ...engine.ports import NAMES_MOST, Hint
from ...values import replace
from .paths import Paths

MOST: Final = 10_000  # slips that wait; the engine empties the box many times a second


class Mailbox:
    """Keeps hints until the engine takes them. What is said twice, or in whatever order, becomes one slip."""

    def __init__(self, paths: Paths, *, most: int = MOST) -> None:
        """Start empty; `most` bounds how many submits may have a slip in the box."""
        self._paths = paths
        self._most = most
        self._slips: dict[tuple[str, int], Hint] = {}
        self._lock = threading.Lock()
        self._ring: Callable[[], object] = lambda: None
        self._is_closed = False

    def url_for(self, key: str, attempt: int) -> str:
        """Return where the provider may call back about one submit."""
        return self._paths.url_for(key, attempt)

    def attend(self, ring: Callable[[], None]) -> None:
        """Call `ring` on the running loop whenever the box is no longer empty."""
        self._ring = partial(asyncio.get_running_loop().call_soon_threadsafe, ring)

    def take(self) -> list[Hint]:
        """Return all slips and empty the box."""
        with self._lock:
            slips, self._slips = list(self._slips.values()), {}
        return slips

    def put(self, hint: Hint) -> bool:
        """Keep a hint; return False when nobody will take it: the box is full, or closed for good."""
        with self._lock:
            at, was_empty = (hint.key, hint.attempt), not self._slips
            before = self._slips.get(at)
            if self._is_closed or (before is None and len(self._slips) >= self._most):
                return False
            self._slips[at] = hint if before is None else _together(before, hint)
        if was_empty:
            with suppress(RuntimeError):  # the engine's loop is closed: the run is over
                self._ring()
        return True

    def close(self) -> None:
        """Take nothing more."""
        with self._lock:
            self._is_closed = True


def _together(before: Hint, hint: Hint) -> Hint:
    after = before if before.is_over or not hint.is_over else replace(before, is_over=True)
    if hint.job_id is None or hint.job_id in before.job_ids or len(before.job_ids) == NAMES_MOST:
        return after
    if before.job_id is None:
        return replace(after, job_id=hint.job_id)
    return replace(after, others=(*before.others, hint.job_id))
