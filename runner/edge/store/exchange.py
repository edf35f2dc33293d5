"""What threads wait for while the store's library does it in its loop: each is told the truth, or that nobody knows.

The library's own way of waiting returns nothing, as if all were done, where its work is cancelled.
"""

from __future__ import annotations

from collections.abc import Coroutine
from concurrent.futures import CancelledError, Future
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

T = TypeVar("T")


class LetGoError(Exception):
    """Nobody waits any more: what was asked may have been done, or not."""


class Exchange:
    """Asks in a loop that turns in another thread. May be used from several threads."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        """Ask in `loop`, which stays the caller's."""
        self._loop = loop
        self._lock = Lock()
        self._waited_for: set[Future[Any]] = set()
        self._is_let_go = False

    def wait(self, asked: Coroutine[Any, Any, T], *, most_s: float | None = None) -> T:
        """Return what comes of it, or raise what it raises; TimeoutError when the time is up, or LetGoError."""
        from asyncio import run_coroutine_threadsafe  # noqa: PLC0415 - most commands ask no store anything

        with self._lock:
            if self._is_let_go:
                asked.close()
                raise LetGoError
            doing = run_coroutine_threadsafe(asked, self._loop)
            self._waited_for.add(doing)
        try:
            return doing.result(most_s)
        except CancelledError as error:
            raise LetGoError from error
        finally:
            doing.cancel()
            with self._lock:
                self._waited_for.discard(doing)

    def let_go(self) -> None:
        """Let nobody wait any more, neither now nor later: all of them raise LetGoError at once."""
        with self._lock:
            self._is_let_go = True
            under_way = tuple(self._waited_for)
        for each in under_way:
            each.cancel()
