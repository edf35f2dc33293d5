"""A line that is slow and goes on is no silence: a paid request that still goes out is waited for."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress

import pytest
from test_wire import NOW, Remote

from runner.dialects.seam import Call
from runner.edge.wire import api
from runner.edge.wire.pool import heeded

SILENCE_S = 0.4
LENGTH = 1_400_000  # bytes, of which a system would take most at once
PACE = 2_000_000  # bytes a second
AT_ONCE = 4_096


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


class SlowLine:
    """Takes one request at a steady pace, on a line on which little is under way, and answers it."""

    def __init__(self, loop: PacedLoop) -> None:
        self._loop = loop
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, AT_ONCE)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self._take, daemon=True)
        self.thread.start()

    def _take(self) -> None:
        with self._listener, self._listener.accept()[0] as line:
            head, _, body = self._head(line).partition(b"\r\n\r\n")
            left = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]) - len(body)
            while left and (came := line.recv(min(AT_ONCE, left))):
                left -= len(came)
                self._loop.advance(len(came) / PACE)
            if not left:
                line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    @staticmethod
    def _head(line: socket.socket) -> bytes:
        head = b""
        while b"\r\n\r\n" not in head:
            head += line.recv(AT_ONCE)
        return head


@pytest.mark.usefixtures("way")
def test_a_body_that_goes_out_slowly_and_steadily_has_its_answer() -> None:
    loop = PacedLoop()
    line = SlowLine(loop)

    async def main() -> int:
        async with api(line.url, None, portraits=Remote(), now=lambda: NOW, timeout_s=SILENCE_S) as wire:
            return (await wire.send(Call(method="POST", path="/v1/video", body={"prompt": "x" * LENGTH}))).status

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(main()) == 200
        line.thread.join()


def test_what_a_system_does_not_let_a_socket_be_told_is_not_told() -> None:
    known, unknown = (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), (socket.IPPROTO_TCP, 9_999, 1)
    assert (heeded(known), heeded(unknown)) == ([known], [])
