"""Connections of which no request comes: they are ended, however politely they drip."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvicorn
from jumping_clock import jump

from runner.service.server import HEAD_S, Connection, listening


async def app(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def cut_off_after(first: bytes) -> tuple[bytes, float]:
    """Return what was answered to someone who sends this and then drips, and when the connection ended."""
    loop = asyncio.get_running_loop()
    with listening("127.0.0.1", 0) as listener:
        config = uvicorn.Config(app, http=Connection, lifespan="off", log_level="error", server_header=False)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
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
        server.should_exit = True
        await serving
    return told, after_s


@pytest.mark.parametrize(
    ("first", "answers"),
    [(b"", 0), (b"GET / HTTP/1.1\r\nHost: x\r\ny: ", 0), (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 1)],
    ids=["nothing", "a head without an end", "another head after an answer"],
)
def test_a_head_that_never_ends_ends_its_connection(first: bytes, answers: int) -> None:
    told, after_s = jump(cut_off_after(first))

    assert told.count(b"HTTP/1.1 204") == answers
    assert HEAD_S - 1.0 < after_s < HEAD_S + 2.0
