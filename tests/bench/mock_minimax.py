"""A provider on loopback that speaks MiniMax's first dialect and costs far less CPU than any client of it.

    python tests/bench/mock_minimax.py [--video FILE] [--think S] [--job S]

It prints its address and serves until it is ended. `--think` is how long it keeps the answer to a submit back once the
job is made, `--job` how long a job takes. `/ledger` gives the jobs of each prompt. An upload is counted and
let go of as it comes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import struct
import time
from collections import defaultdict
from pathlib import Path
from typing import Final

_PROMPT: Final = re.compile(rb'"prompt":\s*"([^"]*)"')
_LENGTH: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_KEPT: Final = 65_536  # bytes of a body's beginning, where the prompt stands
MARK: Final = 16
"""Bytes of the box that stands behind each video, for no two jobs make the same file."""
_SAID_WELL: Final = '"base_resp":{"status_code":0,"status_msg":"success"}}'


class Studio:
    """The jobs that were made, and when."""

    def __init__(self, *, video: bytes, think_s: float, job_s: float) -> None:
        self.video, self.think_s, self.job_s = video, think_s, job_s
        self.jobs: list[tuple[str, float]] = []
        self.url = ""

    def answer(self, path: str, body: bytes) -> tuple[bytes, float]:
        """Return the body of the answer and how long it is kept back, in seconds."""
        place, _, number = path.partition("=")
        match place.partition("?")[0]:
            case "/v1/video_generation":
                found = _PROMPT.search(body)
                self.jobs.append((found[1].decode() if found else "", time.monotonic()))
                return f'{{"task_id":"{len(self.jobs)}",{_SAID_WELL}'.encode(), self.think_s
            case "/v1/query/video_generation":
                is_made = time.monotonic() >= self.jobs[int(number) - 1][1] + self.job_s
                status = "Success" if is_made else "Processing"
                file = number if is_made else ""
                told = f'{{"task_id":"{number}","status":"{status}","file_id":"{file}",{_SAID_WELL}'
                return told.encode(), 0.0
            case "/v1/files/retrieve":
                link = f'"download_url":"{self.url}/files/{number}.mp4"'
                return f'{{"file":{{"file_id":{number},"bytes":0,{link}}},{_SAID_WELL}'.encode(), 0.0
            case "/ledger":
                made = defaultdict(list)
                for task, (prompt, _) in enumerate(self.jobs, 1):
                    made[prompt].append(str(task))
                return json.dumps(made).encode(), 0.0
        number = place.rpartition("/")[2].partition(".")[0]
        return self.video + struct.pack(">I4s8s", MARK, b"free", number.encode()), 0.0


class Connection(asyncio.Protocol):
    """One connection: a request after the other."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._head = bytearray()
        self._path = ""
        self._left = -1  # bytes of the body still to come; before the head is whole, -1
        self._body = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer once the request is whole; nobody sends the next one before."""
        if self._left < 0:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            data = bytes(self._head[end + 4 :])
            self._path = self._head[: self._head.find(b"\r\n")].split(b" ")[1].decode()
            length = _LENGTH.search(self._head, 0, end)
            self._left = int(length[1]) if length else 0
            self._head.clear()
            self._body.clear()
        self._left -= len(data)
        self._body += data[: _KEPT - len(self._body)]
        if self._left <= 0:
            self._left = -1
            body, wait_s = self._studio.answer(self._path, bytes(self._body))
            whole = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
                len(body),
                body,
            )
            if wait_s:
                asyncio.get_running_loop().call_later(wait_s, self._write, whole)
            else:
                self._write(whole)

    def _write(self, whole: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(whole)


async def serve(studio: Studio) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Connection(studio), "127.0.0.1", 0, backlog=1024)
    studio.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    print(studio.url, flush=True)  # noqa: T201
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", type=Path)
    parser.add_argument("--think", type=float, default=0.0)
    parser.add_argument("--job", type=float, default=0.0)
    args = parser.parse_args()
    video = args.video.read_bytes() if args.video else bytes(5632)
    asyncio.run(serve(Studio(video=video, think_s=args.think, job_s=args.job)))


if __name__ == "__main__":
    main()
