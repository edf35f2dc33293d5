"""A provider on loopback, inside the test's own process: honest, unless a test lays a trap for certain requests.

It speaks MiniMax's dialect and keeps books: every submit with its prompt, every job that was charged, every request
with its headers. A trap is a function that gets the request in place of the honest answer, and may do to its
connection, or to the program under test, whatever it likes.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Literal
from urllib.parse import parse_qs, urlsplit

Kind = Literal["submit", "poll", "link", "file"]

OK: Final = {"status_code": 0, "status_msg": "success"}
SIGNATURE: Final = "signed-canary-55aa"
_KINDS: Final[Mapping[str, Kind]] = {
    "/v1/video_generation": "submit", "/v1/query/video_generation": "poll", "/v1/files/retrieve": "link",
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    kind: Kind
    path: str
    headers: Mapping[str, str]
    prompt: str


@dataclass
class Counter:
    """The books, the traps, and the address at which it serves."""

    film: bytes
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    jobs: dict[str, str] = field(default_factory=dict)
    unfinished: set[str] = field(default_factory=set)
    extras: dict[str, Any] = field(default_factory=dict)
    _traps: dict[tuple[Kind, str], deque[Trap]] = field(default_factory=lambda: defaultdict(deque))
    _news: threading.Condition = field(default_factory=threading.Condition)

    def trap(self, kind: Kind, word: str, *traps: Trap) -> None:
        """Let the next requests of this kind, for prompts that begin with `word`, fall into these traps in turn."""
        self._traps[kind, word].extend(traps)

    def submits(self, word: str = "") -> list[str]:
        """Return the prompts that were submitted, their mark cut off."""
        return [each.prompt for each in self.asked if each.kind == "submit" and each.prompt.startswith(word)]

    def charges(self, word: str = "") -> int:
        """Return how many jobs were charged."""
        return sum(prompt.startswith(word) for prompt in self.jobs.values())

    def film_of(self, prompt: str) -> bytes:
        """Return the one right film of a prompt: the same frames for all, and the prompt in a box of its own."""
        words = prompt.encode()
        return self.film + struct.pack(">I4s", 8 + len(words), b"free") + words

    def charge(self, prompt: str) -> str:
        """Make a job and return its id."""
        with self._news:
            job = f"job-{len(self.jobs) + 1:04}-x"
            self.jobs[job] = prompt
            return job

    def await_request(self, kind: Kind, count: int = 1) -> None:
        """Return once so many requests of a kind have come."""
        with self._news:
            enough = self._news.wait_for(lambda: sum(each.kind == kind for each in self.asked) >= count, timeout=60)
        assert enough, f"no {kind}: {self.asked}"

    def take(self, asked: Asked) -> Trap:
        with self._news:
            self.asked.append(asked)
            self._news.notify_all()
            for (kind, word), traps in self._traps.items():
                if kind == asked.kind and asked.prompt.startswith(word) and traps:
                    return traps.popleft()
        return Talk.be_honest


class Talk(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    counter: Counter
    prompt = ""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._take("submit", str(body.get("prompt", "")))

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        kind = _KINDS.get(parts.path, "file")
        query = parse_qs(parts.query)
        id_ = (query.get("task_id") or query.get("file_id") or [parts.path.rpartition("/")[2]])[0]
        self._take(kind, self.counter.jobs.get(self.job_of(id_), ""))

    def _take(self, kind: Kind, prompt: str) -> None:
        prompt, _, _ = prompt.partition(" @")
        self.kind, self.prompt = kind, prompt
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            self.counter.take(Asked(kind, self.path, headers, prompt))(self)
        except ConnectionError:
            self.close_connection = True

    @staticmethod
    def job_of(id_: str) -> str:
        return id_.removeprefix("file-")

    def be_honest(self) -> None:
        """Answer as the provider should."""
        match self.kind:
            case "submit":
                self.answer_json({"task_id": self.counter.charge(self.prompt)})
            case "poll":
                job = parse_qs(urlsplit(self.path).query)["task_id"][0]
                is_made = self.prompt not in self.counter.unfinished
                status = {"status": "Success", "file_id": f"file-{job}"} if is_made else {"status": "Processing"}
                self.answer_json({"task_id": job, **status})
            case "link":
                job = self.job_of(parse_qs(urlsplit(self.path).query)["file_id"][0])
                url = f"{self.counter.url}/file/{job}?Signature={SIGNATURE}"
                self.answer_json({"file": {"file_id": f"file-{job}", "download_url": url, **self.counter.extras}})
            case "file":
                self.answer(self.counter.film_of(self.prompt), headers={"Content-Type": "video/mp4"})

    def answer_json(self, fields: Mapping[str, Any], code: int = 0, words: str = "success") -> None:
        """Answer in the provider's own form; a refusal asks for no pause, so that no test waits."""
        body = json.dumps({**fields, "base_resp": {"status_code": code, "status_msg": words}}).encode()
        self.answer(body, headers={"Retry-After": "0"} if code else None)

    def answer(
        self, body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None, length: int | None = None
    ) -> None:
        """Answer with this; `length` is announced in place of the true one, and then the connection is closed."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.close_connection or length is not None

    def say(self, raw: bytes) -> None:
        """Write these bytes and hang up."""
        self.wfile.write(raw)
        self.close_connection = True

    def reset(self) -> None:
        """Break the connection off hard."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Say nothing."""


Trap = Callable[[Talk], None]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no error of ours."""


@contextmanager
def serving(film: bytes) -> Iterator[Counter]:
    """Give a provider that serves until the block ends."""
    counter = Counter(film)
    handler = type("Handler", (Talk,), {"counter": counter})
    with _Server(("127.0.0.1", 0), handler) as server:
        counter.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield counter
        finally:
            server.shutdown()
            thread.join()
