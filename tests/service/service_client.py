"""A client for the tests of the service: the embedded way, without a port."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
from PIL import Image
from tiny_films import draw_tiny

from runner.service.faults import Script
from runner.service.order import Refusal
from runner.service.outside import Fetcher, Patience, Poster
from runner.service.renderer import Draw, InlineRenderer, Renderer
from runner.service.service import House, Service, open_service
from runner.service.terms import Terms

T = TypeVar("T")


def picture(width: int = 320, height: int = 320, *, form: str = "PNG", colour: str = "olive", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, form, **options)
    return out.getvalue()


def data_url(portrait: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(portrait).decode()


def body(portrait: bytes | None = None, **fields: Any) -> dict[str, Any]:
    image = data_url(picture() if portrait is None else portrait)
    whole = {"model": "S2V-01", "subject_reference": [{"type": "character", "image": [image]}], "prompt": "She smiles."}
    return {name: value for name, value in (whole | fields).items() if value is not None}


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


FREE_TERMS = Terms()
PATIENCE = Patience()


@dataclass
class Shown:
    """Remote pictures that are here: gives what it knows, and refuses the rest as a real fetcher does."""

    pictures: Mapping[str, bytes]

    async def fetch(self, url: str, *, most: int) -> bytes:
        if url not in self.pictures:
            raise Refusal(f"the image cannot be fetched: {url}")
        return self.pictures[url][: most + 1]


@dataclass
class Client:
    service: Service
    http: httpx.AsyncClient

    async def submit(self, content: Any = None, *, key: str | None = None) -> dict[str, Any]:
        headers = {"Idempotency-Key": key} if key else {}
        reply = await self.http.post("/v1/video_generation", json=content or body(), headers=headers)
        return whole(reply)

    async def query(self, task_id: str) -> dict[str, Any]:
        return whole(await self.http.get("/v1/query/video_generation", params={"task_id": task_id}))

    async def retrieve(self, file_id: str) -> dict[str, Any]:
        return whole(await self.http.get("/v1/files/retrieve", params={"file_id": file_id}))

    async def made(self, content: Any = None, *, key: str | None = None) -> dict[str, Any]:
        task_id = (await self.submit(content, key=key))["task_id"]
        await self.service.drain()
        return await self.query(task_id)

    async def link(self, content: Any = None) -> str:
        done = await self.made(content)
        return str((await self.retrieve(done["file_id"]))["file"]["download_url"])


def whole(reply: httpx.Response) -> dict[str, Any]:
    assert reply.status_code == 200
    document: dict[str, Any] = reply.json()
    return document


@asynccontextmanager
async def client(
    folder: Path,
    draw: Draw = draw_tiny,
    *,
    renderer: Renderer | None = None,
    key: str | None = None,
    keys: frozenset[str] = frozenset(),
    clock: Callable[[], float] = lambda: 1_000_000.0,
    terms: Terms = FREE_TERMS,
    script: Script | None = None,
    fetcher: Fetcher | None = None,
    poster: Poster | None = None,
    patience: Patience = PATIENCE,
) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    drawer = renderer or InlineRenderer(draw)
    house = House(
        keys=keys, renderer=drawer, workers=2, clock=clock, terms=terms, script=script or Script(), fetcher=fetcher,
        poster=poster, patience=patience,
    )  # fmt: skip
    async with open_service(folder, house) as service:
        transport = httpx.ASGITransport(service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://local", headers=headers) as http:
            yield Client(service, http)


def served(folder: Path, act: Callable[[Client], Awaitable[T]], **options: Any) -> T:
    """Return what `act` gives when it is done with a client of a fresh service."""

    async def main() -> T:
        async with client(folder, **options) as one:
            return await act(one)

    return asyncio.run(main())
