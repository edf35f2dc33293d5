"""Connections: those of which no request comes are ended, and who still speaks is heard before the answer."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from jumping_clock import jump

from runner.service.intake import BODY_S
from runner.service.server import HEAD_S, Connection, listening


async def app(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def answering(listener: socket.socket) -> AsyncIterator[None]:
    """Let the application answer who comes there."""
    config = uvicorn.Config(app, http=Connection, lifespan="off", log_level="error", server_header=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


async def asked_on_another_connection(listener: socket.socket) -> bytes:
    """Return what is answered there meanwhile."""
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    told = await reader.read()
    writer.close()
    return told


async def cut_off_after(first: bytes) -> tuple[bytes, float]:
    """Return what was answered to someone who sends this and then drips, and when the connection ended."""
    loop = asyncio.get_running_loop()
    with listening("127.0.0.1", 0) as listener:
        async with answering(listener):
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            began = loop.time()
            writer.write(first)

            async def drip() -> None:
                while True:
                    await asyncio.sleep(1.0)
                    writer.write(b"x")

            dripping = asyncio.create_task(drip())
            told = b""
            try:
                while piece := await reader.read(65_536):
                    told += piece
            except ConnectionError:
                pass
            after_s = loop.time() - began
            dripping.cancel()
            writer.close()
    return told, after_s


POST = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5000000\r\n\r\n"


@pytest.mark.parametrize(
    ("first", "answers"),
    [(b"", 0), (b"GET / HTTP/1.1\r\nHost: x\r\ny: ", 0), (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 1)],
    ids=["nothing", "a head without an end", "another head after an answer"],
)
def test_a_head_that_never_ends_ends_its_connection(first: bytes, answers: int) -> None:
    told, after_s = jump(cut_off_after(first))

    assert told.count(b"HTTP/1.1 204") == answers
    assert HEAD_S - 1.0 < after_s < HEAD_S + 2.0


def test_a_body_that_nobody_reads_is_heard_before_the_answer() -> None:
    async def heard_first() -> tuple[bytes, bytes]:
        with listening("127.0.0.1", 0) as listener:
            async with answering(listener):
                reader, writer = await asyncio.open_connection(*listener.getsockname())
                writer.write(POST + 4_999_999 * b"x")
                await writer.drain()
                early = await asked_on_another_connection(listener)
                writer.write(b"x")
                told = await reader.read()
                writer.close()
                return early, told

    early, told = jump(heard_first())

    assert early.count(b"HTTP/1.1 204") == told.count(b"HTTP/1.1 204") == 1


def test_a_body_that_nobody_reads_and_that_never_ends_is_answered_all_the_same() -> None:
    told, after_s = jump(cut_off_after(POST))

    assert told.count(b"HTTP/1.1 204") == 1
    assert BODY_S - 1.0 < after_s < BODY_S + 2.0
