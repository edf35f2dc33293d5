from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpcore
import pytest

from runner.edge.wire.by_httpcore import SORTED, CoreSender
from runner.edge.wire.fleet import Fleet
from runner.edge.wire.sender import Request
from runner.edge.wire.transport import trust
from runner.errors import NotSent


async def body() -> AsyncIterator[bytes]:
    yield b"x"


class Held(httpcore.AsyncConnectionInterface):
    """A connection that remembers what it was asked; `/broken` breaks it, and `/last` is the last that it answers."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._is_over = self._is_closed = False

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        self.asked.append(request.url.target.decode())
        self._is_over = self.asked[-1] == "/last"
        if self.asked[-1] == "/broken":
            self._is_closed = True
            raise httpcore.ConnectError("refused")
        return httpcore.Response(200, content=body())

    def has_expired(self) -> bool:
        return self._is_over

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


@pytest.mark.parametrize("url", ["ftp://a.example/v", "http:///v", "//a.example/v"])
def test_an_address_that_no_connection_leads_to_was_not_asked(url: str) -> None:
    async def main() -> None:
        async with CoreSender(trust, timeout_s=1.0) as sender:
            await sender.send(Request(method="GET", url=url, headers={}))

    with pytest.raises(NotSent, match=r"UnsupportedProtocol: '.*', expected http\(s\)://"):
        asyncio.run(main())
