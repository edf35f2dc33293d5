"""Real servers on loopback, each as small and as badly behaved as a test needs it."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import struct
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from runner.edge.portrait.body import PortraitBody, stream_url
from runner.model import Portrait


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request as it came in: its first line, its headers in lower case, its body."""

    line: str
    headers: Mapping[str, str]
    body: bytes


Reaction = Callable[[Seen, asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class Server:
    """A server under way and what it was asked."""

    port: int
    seen: list[Seen] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def answer(
    body: bytes = b"{}", *, status: int = 200, headers: Mapping[str, str] | None = None, length: int | None = None
) -> Reaction:
    """Answer with this; `length` is announced in place of the true one, a negative one not at all."""
    announced = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    lines += [f"Content-Length: {announced}"] if announced >= 0 else []
    return say("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + body)


def say(raw: bytes) -> Reaction:
    """Write these bytes and hang up."""

    async def react(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()

    return react


def reset_after(raw: bytes) -> Reaction:
    """Write these bytes, then break the connection off hard."""

    async def react(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return react


def fall_silent_after(raw: bytes) -> Reaction:
    """Write these bytes, then nothing, until the other side hangs up."""

    async def react(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        while not writer.transport.is_closing():  # noqa: ASYNC110 - a writer is told of the end in no other way
            await asyncio.sleep(0.005)

    return react


@asynccontextmanager
async def serving(*reactions: Reaction, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """Give a server that reacts to each request in turn, and to all further ones like to the last."""
    server = Server(port=0)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server.seen.append(await _read(reader))
            await reactions[min(len(server.seen), len(reactions)) - 1](server.seen[-1], writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client hung up, which is its right
        finally:
            writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:  # and no more: newer Pythons would wait here for reactions that fall silent
        listener.close()


async def _read(reader: asyncio.StreamReader) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
    return Seen(line=line, headers=headers, body=await reader.readexactly(int(headers.get("content-length", "0"))))


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Remote:
    """Knows portraits that only the provider reads."""

    def open_body(self, portrait: Portrait) -> PortraitBody:
        return stream_url(portrait.ref)


@asynccontextmanager
async def overhearing(tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Give a port where the first bytes of every caller are taken down, and answered by hanging up."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(4096))
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls) as listener:
        yield listener.sockets[0].getsockname()[1], heard


def self_signed(folder: Path, name: str) -> tuple[Path, Path]:
    """Return a certificate for one name alone, and its key; skip the test where nothing makes one."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is needed to make a certificate")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key
