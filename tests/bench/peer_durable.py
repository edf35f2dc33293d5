# ruff: noqa: ASYNC240 - files as a script writes them
"""The least that a script has to do to know afterwards what it paid for: the floor below which no safe runner comes.

    python tests/bench/peer_durable.py httpx|aiohttp ITEMS.json WIDTH

The script of `peer_asyncio.py`, which also writes down each intent before it buys, each job and each video (SQLite, a
synced commit for all that is noted at one moment), syncs each video and its folder, and opens its header. It has no
limits, no patience, no report, and nothing that would read what it wrote down, so it is not killed.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path

import av
from peer_asyncio import WAYS, Ask, bring, buy


class Book:
    """Facts in a file; what is noted at one moment is committed together."""

    def __init__(self, path: Path) -> None:
        self._sql = sqlite3.connect(path, isolation_level=None)
        self._sql.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        self._sql.execute("CREATE TABLE IF NOT EXISTS fact (item TEXT, kind TEXT, body TEXT)")
        self._facts: list[tuple[str, str, str]] = []
        self._committed: asyncio.Future[None] | None = None

    async def note(self, item: str, kind: str, **body: str) -> None:
        """Return when the fact is on the disk."""
        self._facts.append((item, kind, json.dumps(body)))
        if self._committed is not None:
            await self._committed
            return
        self._committed = committed = asyncio.get_running_loop().create_future()
        await asyncio.sleep(0)
        facts, self._facts, self._committed = self._facts, [], None
        self._sql.execute("BEGIN IMMEDIATE")
        self._sql.executemany("INSERT INTO fact VALUES (?, ?, ?)", facts)
        self._sql.execute("COMMIT")
        committed.set_result(None)


def keep(video: bytes, path: Path) -> str:
    """Write a video whole, open its header, give it its name, and return its digest."""
    part = path.with_suffix(".part")
    with part.open("xb") as file:
        file.write(video)
        file.flush()
        os.fsync(file.fileno())
    with av.open(str(part), format="mp4") as container:
        (stream,) = container.streams.video
        assert stream.frames
    part.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    return hashlib.sha256(video).hexdigest()


async def make(item: Mapping[str, str], *, host: str, ask: Ask, out: Path, book: Book) -> None:
    await book.note(item["id"], "intended")
    task = await buy(item, host=host, ask=ask)
    await book.note(item["id"], "accepted", job=task)
    digest = keep(await bring(task, host=host, ask=ask), out / f"{item['id']}.mp4")
    await book.note(item["id"], "done", sha256=digest)


async def main(by: str, items: Path, width: int) -> None:
    out, gate, book = Path("out"), asyncio.Semaphore(width), Book(Path("book.db"))
    out.mkdir(exist_ok=True)
    async with WAYS[by](width) as ask:

        async def one(item: Mapping[str, str]) -> None:
            async with gate:
                await make(item, host=os.environ["MINIMAX_API_HOST"], ask=ask, out=out, book=book)

        async with asyncio.TaskGroup() as group:
            for item in json.loads(items.read_text(encoding="utf-8")):
                group.create_task(one(item))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
