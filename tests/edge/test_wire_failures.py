from __future__ import annotations

import asyncio
import inspect
import tracemalloc
from collections.abc import Iterator
from types import ModuleType

import httpcore
import httpx
import pytest
from loopback import Reaction, Remote, answer, closed_port, fall_silent_after, overhearing, reset_after, say, serving
from test_wire import ASK, NOW

from runner.core.limits.admission import LONGEST_SUBMIT_S, SENT_WITHIN_S
from runner.dialects.seam import Call, Reply
from runner.edge.wire import api, by_httpcore, by_httpx
from runner.edge.wire.api import REQUEST_MOST_S
from runner.edge.wire.sorting import Sorting
from runner.errors import MaybeSent, NotSent, WireError

pytestmark = pytest.mark.usefixtures("way")
PAID = Call(method="POST", path="/v1/video_generation", body={"model": "S2V-01"})
PROVEN = {"ConnectError", "ConnectTimeout", "InvalidURL", "PoolTimeout", "ProxyError", "UnsupportedProtocol"}
UNPROVEN = {
    "CloseError", "CookieConflict", "DecodingError", "HTTPError", "HTTPStatusError", "LocalProtocolError",
    "NetworkError", "ProtocolError", "ReadError", "ReadTimeout", "RemoteProtocolError", "RequestError",
    "RequestNotRead", "ResponseNotRead", "StreamClosed", "StreamConsumed", "StreamError", "TimeoutException",
    "TooManyRedirects", "TransportError", "WriteError", "WriteTimeout",
}  # fmt: skip


def family(cls: type[BaseException]) -> Iterator[type[BaseException]]:
    yield cls
    for child in cls.__subclasses__():
        yield from family(child)


def shown_by(library: ModuleType) -> dict[str, type[BaseException]]:
    """Return every exception that a library shows, and every one that descends from them."""
    shown = [value for value in vars(library).values() if inspect.isclass(value) and issubclass(value, Exception)]
    return {cls.__name__: cls for root in shown for cls in family(root)}


OF_HTTPX, OF_HTTPCORE = shown_by(httpx), shown_by(httpcore)


def test_every_exception_of_httpx_and_its_connections_is_sorted() -> None:
    assert set(OF_HTTPX) == PROVEN | UNPROVEN
    assert set(OF_HTTPCORE) - {"ConnectionNotAvailable"} <= set(OF_HTTPX)


@pytest.mark.parametrize(
    ("cls", "sorting"),
    [pytest.param(cls, by_httpx.SORTED, id=f"httpx {name}") for name, cls in sorted(OF_HTTPX.items())]
    + [pytest.param(cls, by_httpcore.SORTED, id=f"httpcore {name}") for name, cls in sorted(OF_HTTPCORE.items())],
)
def test_an_exception_says_whether_the_request_may_have_left(cls: type[BaseException], sorting: Sorting) -> None:
    expected = NotSent if cls.__name__ in PROVEN | {"ConnectionNotAvailable"} else MaybeSent
    with pytest.raises(WireError) as caught, sorting.translated():
        raise cls.__new__(cls, "words")
    assert isinstance(caught.value, expected)
    assert cls.__name__ in str(caught.value)


@pytest.mark.parametrize("sorting", [by_httpx.SORTED, by_httpcore.SORTED], ids=["httpx", "httpcore"])
def test_no_exception_is_in_both_tables(sorting: Sorting) -> None:
    assert all(not issubclass(sure, (*sorting.unreached, *sorting.not_sent)) for sure in sorting.maybe_sent)


def send(base: str, call: Call, *, timeout_s: float = 2.0) -> Reply:
    async def main() -> Reply:
        async with api(base, None, portraits=Remote(), now=lambda: NOW, timeout_s=timeout_s) as wire:
            return await wire.send(call)

    return asyncio.run(main())


def ask(reaction: Reaction, call: Call, *, timeout_s: float = 2.0, most_s: float = 60.0) -> Reply:
    async def main() -> Reply:
        async with (
            serving(reaction) as server,
            api(server.url, None, portraits=Remote(), now=lambda: NOW, timeout_s=timeout_s, most_s=most_s) as wire,
        ):
            return await wire.send(call)

    return asyncio.run(main())


@pytest.mark.parametrize("call", [ASK, PAID], ids=["free", "paid"])
@pytest.mark.parametrize(
    "base",
    [f"http://127.0.0.1:{closed_port()}", "http://no-such-host.invalid", f"https://127.0.0.1:{closed_port()}"],
    ids=["refused", "no name", "refused TLS"],
)
def test_what_never_connected_was_not_sent(base: str, call: Call) -> None:
    with pytest.raises(NotSent):
        send(base, call)


def test_a_server_that_cannot_do_tls_was_sent_nothing() -> None:
    async def main() -> list[bytes]:
        async with (
            overhearing() as (port, heard),
            api(f"https://127.0.0.1:{port}", None, portraits=Remote(), now=lambda: NOW, timeout_s=1.0) as wire,
        ):
            with pytest.raises(NotSent):
                await wire.send(PAID)
            return heard

    heard = asyncio.run(main())
    assert [b"POST" in each for each in heard] == [False]


def test_a_proxy_that_opens_no_tunnel_was_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> list[str]:
        async with serving(answer(status=407)) as proxy:
            monkeypatch.setenv("https_proxy", proxy.url)
            async with api("https://api.invalid", None, portraits=Remote(), now=lambda: NOW, timeout_s=1.0) as wire:
                with pytest.raises(NotSent):
                    await wire.send(PAID)
            return [seen.line for seen in proxy.seen]

    assert asyncio.run(main()) == ["CONNECT api.invalid:443 HTTP/1.1"]


OK = b"HTTP/1.1 200 OK\r\n"
LATE = [
    pytest.param(say(b""), id="hangs up without an answer"),
    pytest.param(reset_after(b""), id="resets after the request"),
    pytest.param(reset_after(OK), id="resets in the head"),
    pytest.param(reset_after(OK + b'Content-Length: 20\r\n\r\n{"task'), id="resets in the body"),
    pytest.param(answer(b'{"task', length=20), id="hangs up in the body"),
    pytest.param(say(b"\x15\x03\x01 garbage\r\n\r\n"), id="answers garbage"),
    pytest.param(say(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), id="garbled chunks"),
    pytest.param(say(OK + b"X: " + b"x" * 200_000 + b"\r\n\r\n"), id="a header without end"),
    pytest.param(answer(b"no gzip", headers={"Content-Encoding": "gzip"}), id="garbled gzip"),
    pytest.param(answer(bytes(20 * 2**20)), id="an answer of 20 MiB"),
]


@pytest.mark.parametrize("call", [ASK, PAID], ids=["free", "paid"])
@pytest.mark.parametrize("reaction", LATE)
def test_what_broke_off_after_it_left_may_have_been_sent(reaction: Reaction, call: Call) -> None:
    with pytest.raises(MaybeSent):
        ask(reaction, call)


@pytest.mark.parametrize(
    "raw", [b"", OK, OK + b"Content-Length: 9\r\n\r\n{"], ids=["at once", "in the head", "in the body"]
)
def test_silence_ends_with_the_time_out_and_may_have_been_sent(raw: bytes) -> None:
    with pytest.raises(MaybeSent, match=r"Timeout|did not end"):
        ask(fall_silent_after(raw), PAID, timeout_s=0.05)


def test_an_answer_that_drips_ends_with_the_time_out_too() -> None:
    async def drip(_: object, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"Content-Length: 1000\r\n\r\n")
        while not writer.transport.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.01)  # the fault itself: never silent for as long as the time-out

    with pytest.raises(MaybeSent, match=r"did not end within 0\.3 s"):
        ask(drip, PAID, timeout_s=0.3)


def test_headers_that_drip_end_with_the_longest_life_of_a_request() -> None:
    async def drip(_: object, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        while not writer.transport.is_closing():
            writer.write(b"X-More: 1\r\n")
            await asyncio.sleep(0.01)  # the fault itself: never silent for as long as the time-out

    with pytest.raises(MaybeSent, match=r"took longer than 0\.3 s"):
        ask(drip, PAID, most_s=0.3)


def test_no_request_lives_longer_behind_its_intent_than_a_restart_counts_it() -> None:
    assert SENT_WITHIN_S + REQUEST_MOST_S <= LONGEST_SUBMIT_S


def test_an_answer_of_100_megabytes_is_given_up_in_little_memory() -> None:
    async def pour(_: object, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"Content-Length: 104857600\r\n\r\n")
        for _ in range(100):
            writer.write(b" " * 2**20)
            await writer.drain()

    tracemalloc.start()
    try:
        with pytest.raises(MaybeSent, match="longer than 16 MiB"):
            ask(pour, PAID)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 48 * 2**20
