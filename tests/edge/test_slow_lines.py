"""A line that is slow and goes on is no silence: a paid request that still goes out is waited for."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress

import pytest
from loopback import Remote, Seen, serving
from paced import PacedLoop, dripping
from test_wire import ASK, NOW

from runner.dialects.seam import Call
from runner.edge.wire import api
from runner.edge.wire.pool import CONNECT_S, heeded
from runner.errors import MaybeSent, NotSent, WireError

SILENCE_S = 0.4
LENGTH = 1_400_000  # bytes, of which a system would take most at once
PACE = 2_000_000  # bytes a second
AT_ONCE = 4_096
MOST_S = LENGTH / PACE / 2  # in which half of it goes out
PAID = Call(method="POST", path="/v1/video", body={"prompt": "x" * LENGTH})


class SlowLine:
    """Takes one request at a steady pace, on a line on which little is under way, and answers it unless it is mute.

    `lacking` is how much of the body has not come.
    """

    lacking = LENGTH

    def __init__(self, loop: PacedLoop, *, is_mute: bool = False) -> None:
        self._loop = loop
        self._is_mute = is_mute
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, AT_ONCE)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self._take, daemon=True)
        self.thread.start()

    def _take(self) -> None:
        with self._listener, self._listener.accept()[0] as line:
            head, _, body = self._head(line).partition(b"\r\n\r\n")
            self.lacking = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]) - len(body)
            with suppress(ConnectionResetError):
                while self.lacking and (came := line.recv(min(AT_ONCE, self.lacking))):
                    self.lacking -= len(came)
                    self._loop.advance(len(came) / PACE)
            if self._is_mute:
                self._loop.advance(3 * MOST_S)
                line.recv(1)  # until the client has given up
            elif not self.lacking:
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
            return (await wire.send(PAID)).status

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(main()) == 200
        line.thread.join()


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("most_s", "is_mute", "meaning", "is_whole"),
    [
        pytest.param(MOST_S, False, NotSent, False, id="while its body goes out"),
        pytest.param(3 * MOST_S, True, MaybeSent, True, id="when its body is out"),
    ],
)
def test_a_request_that_is_given_up_bought_nothing_only_if_its_body_never_left_whole(
    most_s: float, *, is_mute: bool, meaning: type[WireError], is_whole: bool
) -> None:
    loop = PacedLoop()
    line = SlowLine(loop, is_mute=is_mute)

    async def main() -> None:
        async with api(line.url, None, portraits=Remote(), now=lambda: NOW, timeout_s=most_s, most_s=most_s) as wire:
            with pytest.raises(meaning, match=f"took longer than {most_s:g} s"):
                await wire.send(PAID)

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(main())
        runner.run(asyncio.to_thread(line.thread.join))  # it takes all that still comes
    assert (line.lacking == 0) is is_whole


def test_what_a_system_does_not_let_a_socket_be_told_is_not_told() -> None:
    known, unknown = (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), (socket.IPPROTO_TCP, 9_999, 1)
    assert (heeded(known), heeded(unknown)) == ([known], [])


@pytest.mark.usefixtures("way")
def test_a_head_that_drips_holds_up_no_free_request_for_as_long_as_a_paid_one_may_last() -> None:
    loop = PacedLoop()

    async def main() -> None:
        async with (
            serving(dripping(loop, every_s=SILENCE_S / 2)) as server,
            api(server.url, None, portraits=Remote(), now=lambda: NOW, timeout_s=SILENCE_S) as wire,
        ):
            await wire.send(ASK)

    with (
        asyncio.Runner(loop_factory=lambda: loop) as runner,
        pytest.raises(MaybeSent, match=rf"took longer than {CONNECT_S + 2 * SILENCE_S:g} s"),
    ):
        runner.run(main())


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(("silence_s", "every_s"), [(SILENCE_S, SILENCE_S / 5), (200.0, 31.0)], ids=["short", "long"])
def test_a_free_answer_that_begins_late_has_as_long_to_end_as_any_other(silence_s: float, every_s: float) -> None:
    loop = PacedLoop()

    async def drip(_: Seen, writer: asyncio.StreamWriter) -> None:
        head = [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", *[b"X-More: 1\r\n"] * 12, b"\r\n"]
        for piece in (*head, *[b" "] * 3, b"{}"):
            writer.write(piece)
            await loop.pass_by(every_s)

    async def main() -> object:
        async with (
            serving(drip) as server,
            api(server.url, None, portraits=Remote(), now=lambda: NOW, timeout_s=silence_s) as wire,
        ):
            return (await wire.send(ASK)).document

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(main()) == {}
