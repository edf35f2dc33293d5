# mypy: ignore-errors
# ruff: noqa: ASYNC240 - files as a script writes them
"""The same on DBOS, a durable-execution library: a workflow for each item, a step for each request, state in SQLite.

PYTHON_WITH_DBOS tests/bench/peer_dbos.py ITEMS.json WIDTH
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from dbos import DBOS, Queue, SetWorkflowID

HOST = os.environ["MINIMAX_API_HOST"]
WIDTH = int(sys.argv[2])
queue = Queue("videos", concurrency=WIDTH)
client = httpx.AsyncClient(
    headers={"Authorization": f"Bearer {os.environ['MINIMAX_API_KEY']}"},
    limits=httpx.Limits(max_connections=8), timeout=60.0,
)  # fmt: skip


async def ask(method: str, url: str, body: Mapping[str, Any] | None = None) -> bytes:
    reply = await client.request(method, url, json=body)
    reply.raise_for_status()
    return reply.content


@DBOS.step()
async def submit(item: dict[str, str]) -> str:
    image = f"data:image/png;base64,{base64.b64encode(Path(item['portrait']).read_bytes()).decode()}"
    reference = [{"type": "character", "image": [image]}]
    order = {"model": "S2V-01", "prompt": item["prompt"], "subject_reference": reference}
    return str(json.loads(await ask("POST", f"{HOST}/v1/video_generation", order))["task_id"])


@DBOS.step()
async def finished(task: str) -> str:
    while True:
        told = json.loads(await ask("GET", f"{HOST}/v1/query/video_generation?task_id={task}"))
        if told["status"] == "Success":
            return str(told["file_id"])
        await asyncio.sleep(0.05)


@DBOS.step()
async def bring(name: str, file_id: str) -> None:
    file = json.loads(await ask("GET", f"{HOST}/v1/files/retrieve?file_id={file_id}"))["file"]
    Path("out", f"{name}.mp4").write_bytes(await ask("GET", file["download_url"]))


@DBOS.workflow()
async def make(item: dict[str, str]) -> None:
    await bring(item["id"], await finished(await submit(item)))


async def main(items: Path) -> None:
    Path("out").mkdir(exist_ok=True)
    DBOS(config={"name": "peer", "system_database_url": "sqlite:///dbos.sqlite", "application_version": "1"})
    DBOS.launch()
    handles = []
    for item in json.loads(items.read_text(encoding="utf-8")):
        with SetWorkflowID(item["id"]):
            handles.append(await queue.enqueue_async(make, item))
    for handle in handles:
        await handle.get_result()
    DBOS.destroy()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
