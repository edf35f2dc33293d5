"""Time that passes as fast as bytes go by, for what is about a slow line: no test waits for it."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

from loopback import Reaction, Seen


class PacedLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock goes on as its line takes bytes."""

    now = 0.0

    def time(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let the clock go on, from another thread, and come back when whatever is due by then has had its turn."""
        has_turned = threading.Event()
        self.now += seconds
        with suppress(RuntimeError):  # the loop has ended: the client gave up
            self.call_soon_threadsafe(has_turned.set)
            has_turned.wait(timeout=20)

    async def pass_by(self, seconds: float) -> None:
        """Let the clock go on once all that was written has come to whoever reads it."""
        for _turn in range(20):
            await asyncio.sleep(0)
        self.now += seconds


def dripping(loop: PacedLoop, *, every_s: float) -> Reaction:
    """Return the reaction of a server whose headers never end, and never pause for longer than that."""

    async def drip(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while not writer.transport.is_closing():
            writer.write(b"X-More: 1\r\n")
            await loop.pass_by(every_s)

    return drip
