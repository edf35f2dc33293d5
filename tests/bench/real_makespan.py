"""Measures real batches of jobs of a second, by `s2v run` and by a bare script that polls as often, on this machine.

    PYTHONPATH=.:tests/edge python tests/bench/real_makespan.py [items] [--slots 16] [--poll 250ms]

The provider is a small server on loopback, in a process of its own. Both know its limit of jobs at one time, and both
are timed from the start of their process to its end, and the provider counts how often each asked after its jobs. The
bare script is asyncio and httpx, and so is s2v's transport here: no journal, no checks, no sync; what it loses by not
being careful is not its makespan.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import httpx

ROOT: Final = Path(__file__).parents[2]
JOB_S: Final = 1.0
_OK: Final = {"status_code": 0, "status_msg": "success"}


@dataclass(slots=True)
class Loopback:
    """The provider: jobs of a second, MiniMax's paths, connections that stay open."""

    film: bytes
    ends: dict[str, float] = field(default_factory=dict)
    polls: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode("latin-1").lower().split("\r\n")
                lengths = [line.partition(":")[2] for line in lines if line.startswith("content-length:")]
                await reader.readexactly(int(lengths[0]) if lengths else 0)
                body = self.answer(head.split(b" ", 2)[1].decode(), writer.get_extra_info("sockname")[1])
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def answer(self, target: str, port: int) -> bytes:
        """Return what a path leads to."""
        url = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        match url.path:
            case "/v1/video_generation":
                job = str(len(self.ends) + 1)
                self.ends[job] = time.monotonic() + JOB_S
                return _json(task_id=job)
            case "/v1/query/video_generation":
                self.polls += 1
                is_made = time.monotonic() >= self.ends[query["task_id"]]
                return _json(status="Success", file_id=query["task_id"]) if is_made else _json(status="Processing")
            case "/v1/files/retrieve":
                return _json(file={"download_url": f"http://127.0.0.1:{port}/film?job={query['file_id']}"})
            case "/polls":
                return _json(polls=self.polls)
            case _:
                return self.film + struct.pack(">I4s8s", 16, b"free", query["job"].encode())  # no two are the same


def _json(**fields: object) -> bytes:
    return json.dumps({"base_resp": _OK, **fields}).encode()


async def provide(film: bytes) -> None:
    """Serve until the end of the process, and say where."""
    loopback = Loopback(film)
    server = await asyncio.start_server(loopback.serve, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)  # noqa: T201
    await server.serve_forever()


async def run_bare(url: str, items: int, *, slots: int, poll_s: float) -> None:
    """Buy as a script does."""
    gate = asyncio.Semaphore(slots)
    async with httpx.AsyncClient(base_url=url, limits=httpx.Limits(max_connections=8)) as client:

        async def one(number: int, folder: Path) -> None:
            async with gate:
                reply = await client.post("/v1/video_generation", json={"prompt": str(number)})
                query = {"task_id": reply.json()["task_id"]}
                while True:
                    await asyncio.sleep(poll_s)
                    state = (await client.get("/v1/query/video_generation", params=query)).json()
                    if state["status"] == "Success":
                        break
            link = (await client.get("/v1/files/retrieve", params={"file_id": state["file_id"]})).json()
            film = (await client.get(link["file"]["download_url"])).content
            await asyncio.to_thread((folder / f"{number}.mp4").write_bytes, film)

        with tempfile.TemporaryDirectory() as folder:
            async with asyncio.TaskGroup() as group:
                for number in range(items):
                    group.create_task(one(number, Path(folder)))


def timed(*words: object, environ: Mapping[str, str], folder: Path) -> float:
    """Return how long a process takes that must end well."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *map(str, words)], env=dict(environ), cwd=folder, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - began


def polls_at(url: str) -> int:
    """Return how often the provider was asked after its jobs."""
    polls: int = httpx.get(f"{url}/polls").json()["polls"]
    return polls


def measure(folder: Path, args: argparse.Namespace) -> None:
    """Time both on one provider each, and print the ratios to the optimum."""
    from made_clips import clip  # noqa: PLC0415 - the bare script, which is this file, needs no PyAV
    from PIL import Image  # noqa: PLC0415 - nor Pillow

    (folder / "film.mp4").write_bytes(clip(frames=10))
    Image.new("RGB", (320, 320), "olive").save(folder / "anna.png")
    settings = {"poll": args.poll, "rate": "100000/1m", "in_flight": args.slots}
    items = [{"id": f"i{n}", "portrait": "anna.png", "prompt": f"item {n}"} for n in range(args.items)]
    manifest = folder / "m.yaml"
    head = {"version": 1, "name": "real", "provider": "minimax", "providers": {"minimax": settings}}
    manifest.write_text(json.dumps({**head, "items": items}))
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": f"{ROOT}:{ROOT / 'tests/edge'}"}
    with subprocess.Popen(
        [sys.executable, __file__, "--provide", folder / "film.mp4"], env=environ, stdout=subprocess.PIPE, text=True
    ) as provider:
        assert provider.stdout is not None
        url = provider.stdout.readline().strip()
        keyed = {**environ, "MINIMAX_API_HOST": url, "MINIMAX_API_KEY": "sk-bench", "S2V_TRANSPORT": "httpx"}
        optimum_s = -(-args.items // args.slots) * JOB_S
        script = (Path(__file__).resolve(), args.items, "--slots", args.slots, "--poll", args.poll, "--bare", url)
        bare_s = timed(*script, environ=environ, folder=folder)
        bare_polls = polls_at(url)
        s2v_s = timed("-m", "runner", "run", manifest, "-q", environ=keyed, folder=folder)
        s2v_polls = polls_at(url) - bare_polls
        provider.terminate()
    print(f"{args.items} items, {args.slots} slots, poll {args.poll}: optimum {optimum_s:.1f} s")  # noqa: T201
    print(f"bare {bare_s:.2f} s ({optimum_s / bare_s:.3f}), s2v {s2v_s:.2f} s ({optimum_s / s2v_s:.3f}), "  # noqa: T201
          f"s2v / bare {s2v_s / bare_s:.3f}; polls {bare_polls} and {s2v_polls}")  # fmt: skip


def main() -> int:
    """Measure, or be one of the parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("items", type=int, nargs="?", default=200)
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--poll", default="250ms", help="in ms")
    parser.add_argument("--provide", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--bare", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.provide:
        asyncio.run(provide(args.provide.read_bytes()))
    elif args.bare:
        poll_s = float(args.poll.removesuffix("ms")) / 1000
        asyncio.run(run_bare(args.bare, args.items, slots=args.slots, poll_s=poll_s))
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
