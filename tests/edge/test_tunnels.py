"""A proxy that dies: before its tunnel stands nothing of a paid request was sent, and afterwards nobody knows."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpcore
import httpx
import pytest
from loopback import Reaction, Remote, Seen, answer, fall_silent_after, reset_after, say, self_signed, serving
from test_wire import NOW
from test_wire_failures import PAID

from runner.dialects.seam import Call, Reply
from runner.edge.wire import api
from runner.edge.wire.by_httpx import HttpxSender
from runner.edge.wire.sender import Request
from runner.errors import MaybeSent, NotSent

PROVIDER = "api.example"
LONG = Call(method="POST", path="/v1/video_generation", body={"prompt": "x" * 600_000})


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[Path, Path], tuple[Path, Path], Path]:
    """Give certificate and key of a proxy, those of a provider, and a file by which both are believed."""
    proxy, provider = (self_signed(tmp_path_factory.mktemp("tls"), name) for name in ("localhost", PROVIDER))
    believed = tmp_path_factory.mktemp("tls") / "both.pem"
    believed.write_text(proxy[0].read_text() + provider[0].read_text())
    return proxy, provider, believed


def context(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*certificate)
    return made


class Proxies:
    """Makes the one proxy of a test, with or without TLS, and names it in the environment."""

    def __init__(self, patch: pytest.MonkeyPatch, own: ssl.SSLContext | None, provider: ssl.SSLContext) -> None:
        self.patch, self.own, self.provider = patch, own, provider

    @asynccontextmanager
    async def before(self, reaction: Reaction) -> AsyncIterator[None]:
        """Give a proxy that reacts to the wish for a tunnel."""
        async with serving(reaction, tls=self.own) as proxy:
            self._name(proxy.port)
            yield

    @asynccontextmanager
    async def opening(self, reaction: Reaction) -> AsyncIterator[list[Seen]]:
        """Give what a provider sees behind a proxy that opens the tunnel, and dies as the provider hangs up."""
        tasks: set[asyncio.Task[None] | None] = set()
        async with serving(reaction, tls=self.provider) as provider:

            async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                tasks.add(asyncio.current_task())
                await reader.readuntil(b"\r\n\r\n")
                there, back = await asyncio.open_connection("127.0.0.1", provider.port)
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                async with asyncio.TaskGroup() as both:
                    both.create_task(pump(reader, back))
                    both.create_task(pump(there, writer))

            async with await asyncio.start_server(relay, "127.0.0.1", 0, ssl=self.own) as proxy:
                self._name(proxy.sockets[0].getsockname()[1])
                yield provider.seen
                await asyncio.wait(filter(None, tasks))

    def _name(self, port: int) -> None:
        self.patch.setenv("all_proxy", f"{'https' if self.own else 'http'}://localhost:{port}")


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@pytest.fixture(params=["http", "https"])
def proxies(
    request: pytest.FixtureRequest,
    certificates: tuple[tuple[Path, Path], tuple[Path, Path], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> Proxies:
    proxy, provider, believed = certificates
    monkeypatch.setenv("SSL_CERT_FILE", str(believed))
    return Proxies(monkeypatch, context(proxy) if request.param == "https" else None, context(provider))


async def submit(call: Call, scheme: str = "https", *, timeout_s: float = 2.0) -> Reply:
    base = f"{scheme}://{PROVIDER}"
    async with api(base, None, portraits=Remote(), now=lambda: NOW, timeout_s=timeout_s) as wire:
        return await wire.send(call)


DYING = [
    pytest.param(say(b""), id="hangs up"),
    pytest.param(reset_after(b""), id="resets"),
    pytest.param(say(b"HTTP/1.1 200 OK\r\nX-Mo"), id="hangs up in the head"),
    pytest.param(say(b"\x15\x03\x01 garbage\r\n\r\n"), id="answers garbage"),
    pytest.param(fall_silent_after(b""), id="falls silent"),
]


@pytest.mark.parametrize("call", [PAID, LONG], ids=["short", "long"])
@pytest.mark.parametrize("reaction", DYING)
def test_what_a_proxy_was_to_open_a_tunnel_for_was_not_sent(proxies: Proxies, reaction: Reaction, call: Call) -> None:
    async def main() -> None:
        async with proxies.before(reaction):
            with pytest.raises(NotSent, match="the proxy opened no tunnel: "):
                await submit(call, timeout_s=0.3)

    asyncio.run(main())


@pytest.mark.parametrize("reaction", DYING)
def test_what_went_out_through_a_tunnel_that_broke_may_have_been_sent(proxies: Proxies, reaction: Reaction) -> None:
    async def main() -> list[Seen]:
        async with proxies.opening(reaction) as seen:
            with pytest.raises(MaybeSent):
                await submit(PAID, timeout_s=0.3)
            return seen

    assert [each.body for each in asyncio.run(main())] == [b'{"model":"S2V-01"}']


@pytest.mark.parametrize("reaction", DYING)
def test_what_a_proxy_was_to_hand_on_itself_may_have_been_sent(proxies: Proxies, reaction: Reaction) -> None:
    async def main() -> None:
        async with proxies.before(reaction):
            with pytest.raises(MaybeSent):
                await submit(PAID, "http", timeout_s=0.3)

    asyncio.run(main())


class Telling(httpx.AsyncBaseTransport):
    """Tells of these events, and brings no answer."""

    def __init__(self, *events: tuple[str, dict[str, object]]) -> None:
        self.events = events

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        for event in self.events:
            await request.extensions["trace"](*event)
        raise httpx.ReadTimeout("")


CONNECT = {"request": httpcore.Request("CONNECT", "http://localhost")}


@pytest.mark.parametrize(
    "events",
    [
        (),
        (("http11.send_request_headers.began", CONNECT),),
        (("http11.send_request_headers.started", {}),),
        (("http11.send_request_headers.started", CONNECT), ("http2.send_request_headers.started", {})),
    ],
    ids=["nothing", "other words", "of no request", "of a tunnel, and of no request"],
)
def test_where_a_library_does_not_tell_what_it_wrote_nothing_is_proven(
    events: tuple[tuple[str, dict[str, object]], ...],
) -> None:
    async def main() -> None:
        async with HttpxSender(Telling(*events), timeout_s=1.0) as sender:
            await sender.send(Request(method="POST", url=f"https://{PROVIDER}/", headers={}, content=b"{}"))

    with pytest.raises(MaybeSent):
        asyncio.run(main())


@pytest.mark.usefixtures("way")
def test_a_receipt_comes_through_a_tunnel(proxies: Proxies) -> None:
    async def main() -> Reply:
        async with proxies.opening(answer(b'{"task_id": "1"}')):
            return await submit(PAID)

    assert asyncio.run(main()).document == {"task_id": "1"}
