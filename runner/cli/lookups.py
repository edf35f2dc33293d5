"""Looking up names without being held: a name server that never answers holds a thread that nobody waits for.

The system's look-up cannot be called off, and asyncio's own threads are waited for at the end of a loop and of the
process, for as long as its resolver tries: half a minute with one name server, minutes with three.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from math import inf
from selectors import BaseSelector
from threading import Thread
from typing import Any, Final

LookUp = Callable[..., list[Any]]
"""Does what `socket.getaddrinfo` does, and may never come back."""

SILENT: Final = "no name server answered within {:g} s"


class UnheldLoop(asyncio.SelectorEventLoop):
    """An event loop as every other, but for how it looks up names: for `most_s` seconds at most, where that is told."""

    def __init__(
        self, selector: BaseSelector | None = None, *, look_up: LookUp = socket.getaddrinfo, most_s: float = inf
    ) -> None:
        super().__init__(selector)
        self._look_up = look_up
        self._most_s = most_s

    async def getaddrinfo(self, host: Any, port: Any, **asked: Any) -> list[Any]:  # noqa: ANN401 - as the base has it
        """Return what the system knows of a name; raise its own error also where nobody answers in time."""
        found: asyncio.Future[list[Any]] = self.create_future()
        Thread(target=self._ask, args=(found, partial(self._look_up, host, port, **asked)), daemon=True).start()
        try:
            async with asyncio.timeout(self._most_s):
                return await found
        except TimeoutError as error:
            raise socket.gaierror(socket.EAI_AGAIN, SILENT.format(self._most_s)) from error

    def _ask(self, found: asyncio.Future[list[Any]], look_up: Callable[[], list[Any]]) -> None:
        try:
            addresses = look_up()
        except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
            tell = partial(_fail, found, error)
        else:
            tell = partial(_give, found, addresses)
        with suppress(RuntimeError):  # the loop may have ended meanwhile
            self.call_soon_threadsafe(tell)


def _give(found: asyncio.Future[list[Any]], addresses: list[Any]) -> None:
    if not found.done():
        found.set_result(addresses)


def _fail(found: asyncio.Future[list[Any]], error: Exception) -> None:
    if not found.done():
        found.set_exception(error)
