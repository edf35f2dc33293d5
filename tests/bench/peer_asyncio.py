# ruff: noqa: ASYNC240 - files as a script writes them
"""What a careful person writes in an afternoon: asyncio, a semaphore, one file for each video; no durability.

    python tests/bench/peer_asyncio.py httpx|aiohttp ITEMS.json WIDTH

A video that is there already is not made again, which is how such a script is resumed.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

Ask = Callable[[str, str, Mapping[str, Any] | None], Awaitable[bytes]]
HEADERS = {"Authorization": f"Bearer {os.environ['MINIMAX_API_KEY']}"}


@asynccontextmanager
async def by_httpx(width: int) -> AsyncIterator[Ask]:
    import httpx  # noqa: PLC0415 - each peer pays for what it uses

    limits = httpx.Limits(max_connections=width, max_keepalive_connections=width)
    async with httpx.AsyncClient(headers=HEADERS, limits=limits, timeout=60.0) as client:

        async def ask(method: str, url: str, body: Mapping[str, Any] | None) -> bytes:
            reply = await client.request(method, url, json=body)
            reply.raise_for_status()
            return reply.content

        yield ask


@asynccontextmanager
async def by_aiohttp(width: int) -> AsyncIterator[Ask]:
    import aiohttp  # noqa: PLC0415 - each peer pays for what it uses

    connector = aiohttp.TCPConnector(limit=width)
    async with aiohttp.ClientSession(headers=HEADERS, connector=connector) as session:

        async def ask(method: str, url: str, body: Mapping[str, Any] | None) -> bytes:
            async with session.request(method, url, json=body) as reply:
                reply.raise_for_status()
                return await reply.read()

        yield ask


WAYS = {"httpx": by_httpx, "aiohttp": by_aiohttp}


async def buy(item: Mapping[str, str], *, host: str, ask: Ask) -> str:
    portrait = base64.b64encode(Path(item["portrait"]).read_bytes()).decode()
    image = f"data:image/png;base64,{portrait}"
    order = {
        "model": "S2V-01", "prompt": item["prompt"],
        "subject_reference": [{"type": "character", "image": [image]}],
    }  # fmt: skip
    task: str = json.loads(await ask("POST", f"{host}/v1/video_generation", order))["task_id"]
    return task


async def bring(task: str, *, host: str, ask: Ask) -> bytes:
    while True:
        told = json.loads(await ask("GET", f"{host}/v1/query/video_generation?task_id={task}", None))
        if told["status"] == "Success":
            break
        await asyncio.sleep(0.05)
    file = json.loads(await ask("GET", f"{host}/v1/files/retrieve?file_id={told['file_id']}", None))["file"]
    return await ask("GET", file["download_url"], None)


async def make(item: Mapping[str, str], *, host: str, ask: Ask, out: Path) -> None:
    path = out / f"{item['id']}.mp4"
    if not path.exists():
        path.write_bytes(await bring(await buy(item, host=host, ask=ask), host=host, ask=ask))


async def main(by: str, items: Path, width: int) -> None:
    out, gate = Path("out"), asyncio.Semaphore(width)
    out.mkdir(exist_ok=True)
    async with WAYS[by](width) as ask:

        async def one(item: Mapping[str, str]) -> None:
            async with gate:
                await make(item, host=os.environ["MINIMAX_API_HOST"], ask=ask, out=out)

        async with asyncio.TaskGroup() as group:
            for item in json.loads(items.read_text(encoding="utf-8")):
                group.create_task(one(item))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
