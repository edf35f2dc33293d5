from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing

import httpcore
import pytest

from runner.edge.wire import by_httpx
from runner.edge.wire.by_httpcore import SORTED, CoreSender
from runner.edge.wire.fleet import Fleet
from runner.edge.wire.sender import Request, Sender
from runner.edge.wire.sorting import Sorting
from runner.edge.wire.transport import through, trust
from runner.errors import MaybeSent, NotSent


async def body() -> AsyncIterator[bytes]:
    yield b"x"


class Held(httpcore.AsyncConnectionInterface):
    """A connection that remembers what it was asked.

    `/broken` breaks it, `/last` is the last that it answers, `/slow` is never answered.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._is_over = self._is_closed = self._is_busy = False

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        self.asked.append(request.url.target.decode())
        self._is_over = self.asked[-1] == "/last"
        if self.asked[-1] == "/broken":
            self._is_closed = True
            raise httpcore.ConnectError("refused")
        if self.asked[-1] == "/slow":
            self._is_busy = True
            await asyncio.Event().wait()
        return httpcore.Response(200, content=body())

    def has_expired(self) -> bool:
        return self._is_over

    def is_idle(self) -> bool:
        return not self._is_busy

    def is_closed(self) -> bool:
        return self._is_closed

    async def aclose(self) -> None:
        self._is_closed = True


class Stuck(Held):
    """A connection that takes for ever to close."""

    async def aclose(self) -> None:
        await asyncio.Event().wait()


def of_fleet(most: int, play: Callable[[Fleet], Awaitable[None]]) -> list[list[str]]:
    """Play with a fleet and return what each of its connections was asked; all of them are closed in the end."""
    made: list[Held] = []

    def make(_: httpcore.Origin) -> Held:
        made.append(Held())
        return made[-1]

    async def main() -> None:
        fleet = Fleet(make, most=most)
        await play(fleet)
        await fleet.close()

    asyncio.run(main())
    assert all(each.is_closed() for each in made)
    return [each.asked for each in made]


def request(host: str, target: str) -> httpcore.Request:
    return httpcore.Request("GET", f"http://{host}{target}")


async def asked(fleet: Fleet, host: str, target: str) -> None:
    await (await fleet.send(request(host, target), wait_s=0.01)).end()


def test_the_connection_to_a_host_that_was_used_last_is_used_next() -> None:
    async def play(fleet: Fleet) -> None:
        first, second = [await fleet.send(request("a", f"/{n}"), wait_s=0.01) for n in range(2)]
        await first.end()
        await second.end()
        await asked(fleet, "a", "/2")
        await asked(fleet, "b", "/3")

    assert of_fleet(3, play) == [["/0"], ["/1", "/2"], ["/3"]]


def test_a_connection_that_its_server_closed_is_asked_nothing_more() -> None:
    async def play(fleet: Fleet) -> None:
        await asked(fleet, "a", "/last")
        await asked(fleet, "a", "/1")

    assert of_fleet(2, play) == [["/last"], ["/1"]]


def test_a_connection_goes_where_there_is_no_room_for_another() -> None:
    async def play(fleet: Fleet) -> None:
        for host in "abca":
            await asked(fleet, host, f"/{host}")

    assert of_fleet(2, play) == [["/a"], ["/b"], ["/c"], ["/a"]]


def test_a_connection_that_was_given_up_half_way_is_asked_nothing_more() -> None:
    async def play(fleet: Fleet) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await fleet.send(request("a", "/slow"), wait_s=0.01)
        await asked(fleet, "a", "/1")

    assert of_fleet(1, play) == [["/slow"], ["/1"]]


def test_what_is_sent_afresh_has_a_connection_of_its_own() -> None:
    async def play(fleet: Fleet) -> None:
        await asked(fleet, "a", "/0")
        await (await fleet.send(request("a", "/paid"), wait_s=0.01, afresh=True)).end()
        await asked(fleet, "a", "/2")

    assert of_fleet(2, play) == [["/0"], ["/paid", "/2"]]


def test_a_request_given_up_while_another_connection_closes_for_it_costs_no_place() -> None:
    async def main() -> None:
        fleet = Fleet(lambda _: Stuck(), most=1)
        await asked(fleet, "a", "/0")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await asked(fleet, "b", "/1")
        await asked(fleet, "b", "/2")

    asyncio.run(main())


def test_a_request_without_a_free_connection_was_not_sent() -> None:
    async def play(fleet: Fleet) -> None:
        held = await fleet.send(request("a", "/0"), wait_s=0.01)
        with pytest.raises(NotSent, match="PoolTimeout: no connection became free"), SORTED.translated():
            await asked(fleet, "a", "/1")
        await held.end()
        await held.end()
        with pytest.raises(httpcore.ConnectError):
            await asked(fleet, "a", "/broken")
        await asked(fleet, "b", "/2")

    assert of_fleet(1, play) == [["/0", "/broken"], ["/2"]]


@pytest.mark.parametrize("sorting", [SORTED, by_httpx.SORTED], ids=["directly", "through a proxy"])
def test_a_broken_record_behind_the_handshake_leaves_a_doubt(sorting: Sorting) -> None:
    with pytest.raises(MaybeSent, match="SSLError"), sorting.translated():
        raise ssl.SSLError("bad record mac")


Way = Callable[[str], Sender]


def direct(_: str) -> Sender:
    return CoreSender(trust, timeout_s=5.0)


def by_proxy(at: str) -> Sender:
    return through(at, timeout_s=5.0)


@pytest.mark.parametrize(
    ("way", "content"),
    [(direct, None), (direct, b"{}"), (by_proxy, b"{}")],
    ids=["asked", "paid", "paid through a proxy"],
)
def test_what_a_server_says_behind_its_answer_answers_no_other_request(way: Way, content: bytes | None) -> None:
    async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stale = b"HTTP/1.1 400 Bad\r\nContent-Length: 5\r\n\r\nstale"
        with closing(writer):
            while (await reader.read(65_536)).startswith((b"GET ", b"POST ")):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue" + stale)
                stale = b""

    async def main() -> list[int]:
        async with await asyncio.start_server(twice, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            async with way(url) as sender:
                return [await told(sender, url, body) for body in (None, content)]

    assert asyncio.run(main()) == [200, 200]


async def told(sender: Sender, url: str, body: bytes | None) -> int:
    answer = await sender.send(Request(method="POST" if body else "GET", url=f"{url}/", headers={}, content=body))
    assert b"".join([piece async for piece in answer.chunks()]) == b"true"
    await answer.close()
    return answer.status


@pytest.mark.parametrize("url", ["ftp://a.example/v", "http:///v", "//a.example/v"])
def test_an_address_that_no_connection_leads_to_was_not_asked(url: str) -> None:
    async def main() -> None:
        async with CoreSender(trust, timeout_s=1.0) as sender:
            await sender.send(Request(method="GET", url=url, headers={}))

    with pytest.raises(NotSent, match=r"UnsupportedProtocol: '.*', expected http\(s\)://"):
        asyncio.run(main())
