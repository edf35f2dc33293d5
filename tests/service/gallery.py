"""Somebody else's host: shows pictures, sends one on, answers callbacks, and never ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from near_hosts import host_of
from service_client import picture
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

T = TypeVar("T")
PORTRAIT = picture()


async def _endless() -> AsyncIterator[bytes]:
    while True:
        await asyncio.sleep(0)  # to whoever has gone, a server sends without ever waiting
        yield bytes(2**16)


async def _silent() -> AsyncIterator[bytes]:
    yield PORTRAIT[:100]
    await asyncio.Event().wait()


async def _show(request: Request) -> Response:
    match request.path_params["what"]:
        case "portrait":
            assert "authorization" not in request.headers
            return Response(PORTRAIT, media_type="image/png")
        case "said":
            return JSONResponse({"status": "success"})
        case "endless":
            return StreamingResponse(_endless())
        case "silent":
            return StreamingResponse(_silent())
        case "bomb":
            return Response(PORTRAIT, headers={"Content-Encoding": "gzip"})
        case "moved":
            return RedirectResponse("/portrait")
        case "loop":
            return RedirectResponse("/loop")
        case "file":
            return RedirectResponse("file:///etc/passwd")
        case "nowhere":
            return RedirectResponse("http://[")
        case "inwards":
            return RedirectResponse("http://10.0.0.1:9/portrait")
        case _:
            return Response("no", 404)


GALLERY = Starlette(routes=[Route("/{what}", _show, methods=["GET", "POST"])])


def shown(act: Callable[[str], Awaitable[T]]) -> T:
    async def main() -> T:
        async with host_of(GALLERY) as base:
            return await act(base)

    return asyncio.run(main())
