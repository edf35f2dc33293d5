"""Looking up names without being held: a name server that never answers holds a thread that nobody waits for.

The system's look-up cannot be called off, and its resolver tries for half a minute with one name server, for minutes
with three.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from math import inf
from selectors import BaseSelector
from threading import Thread
from typing import Any, Final

from ..edge.unheld import UnbegunError, UnendedError, unheld

LookUp = Callable[..., list[Any]]
"""Does what `socket.getaddrinfo` does, and may never come back."""

LOOK_UP_S: Final = 8.0  # of whoever only asks whether somebody is there: the second name server is asked after five
SILENT: Final = "no name server answered within {:g} s"


class UnheldLoop(asyncio.SelectorEventLoop):
    """An event loop as every other, but for how it looks up names: for `most_s` seconds at most, where that is told."""

    def __init__(
        self, selector: BaseSelector | None = None, *, look_up: LookUp = socket.getaddrinfo, most_s: float = inf
    ) -> None:
        super().__init__(selector)
        self._look_up = look_up
        self._most_s = most_s

    def __del__(self) -> None:
        """Go without a word where Ctrl-C cut the making of a loop off, too: the base looks at what is not there yet."""
        with suppress(AttributeError):
            super().__del__()

    async def getaddrinfo(self, host: Any, port: Any, **asked: Any) -> list[Any]:  # noqa: ANN401 - as the base has it
        """Return what the system knows of a name; raise its own error also where nobody answers in time, or can ask."""
        try:
            return await unheld(partial(self._look_up, host, port, **asked), most_s=self._most_s)
        except UnendedError as error:
            raise socket.gaierror(socket.EAI_AGAIN, SILENT.format(self._most_s)) from error
        except UnbegunError as error:
            raise socket.gaierror(socket.EAI_MEMORY, str(error)) from error


@contextmanager
def turning(loop: UnheldLoop) -> Iterator[UnheldLoop]:
    """Have a loop turn in a thread, for a library that waits for it in others; its end calls off what goes on.

    Whoever waits then by the library's own means is told that all is done, so nobody may.
    """
    is_over = asyncio.Event()

    def turn() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(is_over.wait())

    thread = Thread(target=turn, daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(is_over.set)
        thread.join()
