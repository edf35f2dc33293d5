"""What holds of each way to a server by itself, and that both are the same where money or secrets hang on it."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
from loopback import Reaction, Remote, Seen, answer, reset_after, say, self_signed, serving
from test_wire import ASK, NOW
from test_wire_failures import family

from runner.dialects.seam import Call
from runner.edge.wire import api, links
from runner.edge.wire.by_httpx import HttpxSender
from runner.edge.wire.sender import PIECE, Request
from runner.edge.wire.transport import CHOICE, trust, way
from runner.errors import ConfigError, MaybeSent, NotSent, WireError

aiohttp = pytest.importorskip("aiohttp", reason="the extra fast is not installed: pip install '.[fast]'")
from aiohttp.http_exceptions import HttpProcessingError  # noqa: E402 - after the question whether it is there

from runner.edge.wire.fast import FastSender  # noqa: E402 - the same
from runner.edge.wire.fast_errors import told_as_httpx  # noqa: E402 - the same

PAID = Call(method="POST", path="/v1/video_generation", body={"model": "S2V-01"})
PROVEN = {
    "ClientConnectorCertificateError", "ClientConnectorDNSError", "ClientConnectorError", "ClientConnectorSSLError",
    "ClientProxyConnectionError", "ClientSSLError", "ConnectionTimeoutError", "InvalidURL", "InvalidUrlClientError",
    "InvalidUrlRedirectClientError", "NonHttpUrlClientError", "NonHttpUrlRedirectClientError",
    "UnixClientConnectorError",
}  # fmt: skip
OF_AIOHTTP = {cls.__name__: cls for root in (aiohttp.ClientError, HttpProcessingError) for cls in family(root)}


@pytest.mark.parametrize("name", sorted({*OF_AIOHTTP, "TimeoutError", "ConnectionResetError"}))
def test_only_what_aiohttp_raises_before_it_writes_was_not_sent(name: str) -> None:
    cls = OF_AIOHTTP.get(name) or {"TimeoutError": TimeoutError, "ConnectionResetError": ConnectionResetError}[name]
    error = type(name, (cls,), {"__init__": lambda _: None, "__str__": lambda _: "at https://x.example/v?sig=1 once"})()

    with pytest.raises(WireError) as caught, told_as_httpx():
        raise error
    assert isinstance(caught.value, NotSent if name in PROVEN else MaybeSent)
    assert str(caught.value).endswith(": at the server once")


def test_all_that_counts_as_not_sent_is_there() -> None:
    assert set(OF_AIOHTTP) >= PROVEN


def told_of_link(query: str, reaction: Reaction) -> str:
    """Return what is said of a download by a signed link that brought no file."""

    async def main() -> None:
        async with (
            serving(reaction) as server,
            links(may_be_private=True, timeout_s=2.0) as wire,
            wire.get(f"{server.url}/v.mp4?{query}", {}) as incoming,
        ):
            _ = [chunk async for chunk in incoming.chunks]

    with pytest.raises(MaybeSent) as caught:
        asyncio.run(main())
    return str(caught.value)


@pytest.mark.parametrize(
    "reaction",
    [say(b""), reset_after(b"HTTP/1.1 200 OK\r\n"), answer(b"half", length=20), say(b"garbage\r\n\r\n")],
    ids=["hangs up", "resets", "cut", "garbage"],
)
@pytest.mark.usefixtures("way")
def test_no_error_shows_a_signed_link(reaction: Reaction) -> None:
    assert "canary" not in told_of_link("sig=canary", reaction)


@pytest.mark.parametrize(
    "head",
    [
        "{line}\r\n\r\n",
        "HTTP/1.1 {line}\r\n\r\n",
        "HTTP/1.1 200 OK\r\n{line}\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{line}\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: {line}\r\n\r\n",
    ],
    ids=["at once", "as a status", "as a header", "as a chunk", "as a length"],
)
@pytest.mark.usefixtures("way")
def test_a_server_that_garbles_what_it_heard_has_it_told_to_nobody(head: str) -> None:
    async def parrot(seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(head.format(line=seen.line).encode())
        await writer.drain()

    assert "canary" not in told_of_link("sig=canary", parrot)


@pytest.mark.usefixtures("way")
def test_no_cookie_goes_back_to_a_provider() -> None:
    async def main() -> list[bool]:
        async with (
            serving(answer(headers={"Set-Cookie": "who=me; Path=/"})) as server,
            api(server.url, None, portraits=Remote(), now=lambda: NOW, timeout_s=2.0) as wire,
        ):
            for _ in range(2):
                await wire.send(ASK)
            return ["cookie" in seen.headers for seen in server.seen]

    assert asyncio.run(main()) == [False, False]


class Closer:
    """Answers one request, closes the idle connection when it is told to, and takes down what comes on the next one."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.close_it, self.is_closed = threading.Event(), threading.Event()
        self.heard: list[bytes] = []
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        for number in range(2):
            connection, _ = self.listener.accept()
            with connection:
                self.heard.append(connection.recv(4096))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                if number == 0:
                    self.close_it.wait()
            self.is_closed.set()
        self.listener.close()


@pytest.mark.usefixtures("way")
def test_a_paid_request_is_not_written_to_a_connection_that_was_closed_while_the_loop_was_busy() -> None:
    async def main(server: Closer) -> int:
        async with api(server.url, None, portraits=Remote(), now=lambda: NOW, timeout_s=2.0) as wire:
            await wire.send(ASK)
            server.close_it.set()
            server.is_closed.wait()  # what a sync of the journal does to the loop
            return (await wire.send(PAID)).status

    server = Closer()
    assert asyncio.run(main(server)) == 200
    server.thread.join()
    assert [each[:4] for each in server.heard] == [b"GET ", b"POST"]


def few_at_a_time(server: socket.socket) -> None:
    """Let little be on its way to a server: the buffer of whoever sends is counted in segments."""
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)


@pytest.mark.parametrize("length", [400_000, 30_000_000], ids=["in one piece", "in many pieces"])
@pytest.mark.usefixtures("way")
def test_a_server_that_takes_no_more_of_an_upload_ends_with_the_time_out(length: int) -> None:
    async def main(deaf: socket.socket) -> None:
        base = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        async with api(base, None, portraits=Remote(), now=lambda: NOW, timeout_s=0.1, most_s=5.0) as wire:
            with pytest.raises(MaybeSent, match="Timeout"):
                await wire.send(Call(method="POST", path="/v1/video", body={"prompt": "x" * length}))
            deaf.close()
            for _ in range(5):
                await asyncio.sleep(0)  # asyncio closes a socket with something to write only when it hears of its end

    with socket.create_server(("127.0.0.1", 0)) as deaf:
        few_at_a_time(deaf)
        asyncio.run(main(deaf))


class Listening(httpx.AsyncBaseTransport):
    """Hears a request to its end, and notes how long the pieces of its body were."""

    def __init__(self) -> None:
        self.lengths: list[int] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        self.lengths = [len(piece) async for piece in request.stream]
        return httpx.Response(200, content=b"")


async def drawn(*given: bytes) -> AsyncIterator[bytes]:
    for each in given:
        yield each


@pytest.mark.parametrize("is_drawn", [False, True], ids=["at hand", "drawn"])
@pytest.mark.parametrize("length", [0, PIECE, PIECE + 1, 500_000])
def test_a_body_is_waited_for_in_pieces_so_short_that_a_slow_line_is_no_silence(length: int, *, is_drawn: bool) -> None:
    body, transport = b"x" * length, Listening()

    async def main() -> None:
        content = drawn(body, b"", body) if is_drawn else body
        async with HttpxSender(transport, timeout_s=1.0) as sender:
            await sender.send(Request(method="POST", url="http://a.example", headers={}, content=content))

    asyncio.run(main())
    assert sum(transport.lengths) == length * (1 + is_drawn)
    assert max(transport.lengths, default=0) <= PIECE


def test_an_upload_that_goes_on_as_its_time_runs_out_ends_with_the_time_out_alone() -> None:
    async def slow() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x"
            await asyncio.sleep(0)  # in this very round the time is up

    async def main() -> None:
        async with serving(answer()) as server, FastSender(trust, timeout_s=0.0) as sender:
            paid = Request(method="POST", url=server.url, headers={"Content-Length": "3"}, content=slow())
            with pytest.raises(MaybeSent, match="WriteTimeout"):
                await sender.send(paid)

    asyncio.run(main())


@asynccontextmanager
async def keeping(told: Callable[[bytes, asyncio.StreamWriter], bool]) -> AsyncIterator[str]:
    """Give the address of a server that keeps its connections until `told` the head of a request says no more."""
    tasks: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while told(await reader.readuntil(b"\r\n\r\n"), writer):
                pass
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await asyncio.wait(filter(None, tasks))


@pytest.mark.usefixtures("way")
def test_a_paid_request_is_the_first_on_its_connection_and_is_written_once() -> None:
    asked: list[asyncio.StreamWriter] = []
    bought: list[bool] = []

    def told(head: bytes, writer: asyncio.StreamWriter) -> bool:
        if b"POST /" in head:
            bought.append(writer in asked)
        asked.append(writer)
        if len(bought) == 2:
            return False
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        return True

    async def main() -> None:
        async with (
            keeping(told) as base,
            api(base, None, portraits=Remote(), now=lambda: NOW, timeout_s=2.0) as wire,
        ):
            for call in (ASK, PAID, ASK):
                await wire.send(call)
            with pytest.raises(MaybeSent):
                await wire.send(PAID)

    asyncio.run(main())
    assert bought == [False, False]
    assert len(asked) == 4


@pytest.mark.parametrize("call", [ASK, PAID], ids=["free", "paid"])
@pytest.mark.usefixtures("way")
def test_what_a_server_said_before_it_was_asked_answers_nothing(call: Call) -> None:
    heard: list[bytes] = []
    writers: list[asyncio.StreamWriter] = []

    def say_task(task: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n" + f'{{"task":"{task}"}}'.encode())

    def told(head: bytes, writer: asyncio.StreamWriter) -> bool:
        heard.append(head[:4])
        writers.append(writer)
        say_task(f"own-{len(heard)}", writer)
        return True

    async def main() -> object:
        async with (
            keeping(told) as base,
            api(base, None, portraits=Remote(), now=lambda: NOW, timeout_s=2.0) as wire,
        ):
            await wire.send(ASK)
            say_task("alien", writers[0])
            for _ in range(5):
                await asyncio.sleep(0)  # it is there
            return (await wire.send(call)).document

    assert asyncio.run(main()) == {"task": "own-2"}
    assert heard == [b"GET ", call.method.encode().ljust(4)]


def test_another_word_for_a_transport_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOICE, "curl")
    with pytest.raises(ConfigError, match="S2V_TRANSPORT is 'curl', expected aiohttp or httpx"):
        way()


def test_where_nothing_is_said_the_extra_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CHOICE, raising=False)
    assert way() == "aiohttp"


@pytest.mark.parametrize(
    ("version", "taken"), [("3.9.5", "httpx"), ("3.14.0", "httpx"), ("3.14.1", "aiohttp"), ("4.0.0a1", "aiohttp")]
)
def test_an_aiohttp_that_lets_a_connection_stand_for_two_names_is_not_used(
    tmp_path: Path, version: str, taken: str
) -> None:
    """Another package may bring an old one along; its metadata come first on the path here."""
    notes = tmp_path / f"aiohttp-{version}.dist-info"
    notes.mkdir()
    (notes / "METADATA").write_text(f"Metadata-Version: 2.1\nName: aiohttp\nVersion: {version}\n")
    program = "from runner.edge.wire.transport import way; print(way())"
    env = {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])}

    said = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True).stdout

    assert said.split() == [taken]


@pytest.mark.parametrize(
    ("named", "is_loaded"),
    [
        ({CHOICE: "aiohttp"}, True),
        ({CHOICE: "httpx"}, False),
        ({CHOICE: "aiohttp", "HTTPS_PROXY": "http://127.0.0.1:9"}, False),
        ({CHOICE: "aiohttp", "PYTHONPATH": "broken"}, False),
    ],
    ids=["taken", "not taken", "a proxy", "broken"],
)
def test_what_will_be_taken_is_loaded_ahead_and_nothing_else(
    tmp_path: Path, named: dict[str, str], *, is_loaded: bool
) -> None:
    notes = tmp_path / "broken/aiohttp-9.9.9.dist-info"
    notes.mkdir(parents=True)
    (notes / "METADATA").write_text("Metadata-Version: 2.1\nName: aiohttp\nVersion: 9.9.9\n")
    (tmp_path / "broken/aiohttp.py").write_text("raise ImportError('not for this machine')")
    program = (
        "import sys, threading; from runner.edge import wire; wire.load(); "
        "[each.join() for each in threading.enumerate() if each is not threading.current_thread()]; "
        "print('runner.edge.wire.fast' in sys.modules)"
    )
    env = named | {"PYTHONPATH": os.pathsep.join([named.get("PYTHONPATH", ""), str(Path(__file__).parents[2])])}

    done = subprocess.run(
        [sys.executable, "-c", program], env=env, cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert (done.stdout.split(), done.stderr) == ([str(is_loaded)], "")


@pytest.fixture(scope="module")
def two_names(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Give a certificate for one.example alone, and its key."""
    return self_signed(tmp_path_factory.mktemp("tls"), "one.example")


async def at_loopback(url: str, *, is_proxied: bool) -> tuple[str, ...]:
    """Say that every host stands at this machine."""
    return ("127.0.0.1",)


@pytest.mark.usefixtures("way")
def test_a_server_proves_each_name_anew_though_two_names_stand_at_one_address(
    two_names: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(two_names[0]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*two_names)
    heard: list[bytes] = []
    is_over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                heard.append(head)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nvideo")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            is_over.set()

    async def main() -> None:
        async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as server:
            async with links(may_be_private=True, timeout_s=2.0, judged_by=at_loopback) as wire:
                port = server.sockets[0].getsockname()[1]
                async with wire.get(f"https://one.example:{port}/v.mp4", {}) as incoming:
                    assert b"".join([chunk async for chunk in incoming.chunks]) == b"video"
                with pytest.raises(NotSent, match="Hostname mismatch"):
                    async with wire.get(f"https://two.example:{port}/v.mp4?sig=canary", {}):
                        pass
            await is_over.wait()

    asyncio.run(main())
    assert len(heard) == 1
    assert b"canary" not in heard[0]
