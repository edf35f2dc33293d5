"""What stands between a run and its store: passes every request on and lists it, or does what a test set as a trap."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request: `key` is that of the object below the bucket, empty for the bucket itself."""

    method: str
    key: str
    query: dict[str, list[str]]
    headers: dict[str, str]

    @property
    def is_listing(self) -> bool:
        return self.method == "GET" and "list-type" in self.query


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


Trap = Callable[[Asked], Answer | None]
"""Answers in place of the store, or lets a request pass; it may wait, or change the headers, on the way."""


def coded(code: str, status: int) -> Answer:
    """Return a store's no."""
    return Answer(status=status, body=f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())


SLOW_DOWN = coded("SlowDown", 503)


@dataclass
class Days:
    """The way to the store; `asked` lists what went that way in the order of its end, with the store's answer."""

    url: str
    asked: list[tuple[Asked, int]] = field(default_factory=list)
    traps: list[Trap] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)
    freed: threading.Event = field(default_factory=threading.Event)

    def made(self, prefix: str = "") -> list[str]:
        """Return the keys of what was put, one for each time, in the order in which it became visible."""
        return [
            each.key.removeprefix(prefix)
            for each, status in self.asked
            if each.method in {"PUT", "POST"} and status == 200 and "partNumber" not in each.query
            and "uploads" not in each.query
        ]  # fmt: skip

    def hold(self, name: str, *, nth: int = 1, part: str = "") -> None:
        """Let the nth put of an object whose key ends like this begin, and never end."""
        seen = 0

        def trap(asked: Asked) -> None:
            nonlocal seen
            is_it = (
                asked.method == "PUT" and asked.key.endswith(name) and asked.query.get("partNumber", [""])[0] == part
            )
            seen += is_it
            if is_it and seen == nth:
                self.held.set()
                self.freed.wait(60)

        self.traps.append(trap)

    def lose(self, method: str, *query: str) -> None:
        """Lose the answer to the next such request, which the store has taken."""
        self.losses.append(f"{method} {sorted(query)}")

    def answer(self, answer: Answer, *, times: int, when: Callable[[Asked], bool]) -> None:
        """Answer the first few of such requests in place of the store."""
        left = times

        def trap(asked: Asked) -> Answer | None:
            nonlocal left
            if not left or not when(asked):
                return None
            left -= 1
            return answer

        self.traps.append(trap)


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients are killed here."""


@contextmanager
def bad_days(url: str) -> Iterator[Days]:
    """Stand between a client and the store at `url`, until the context ends."""
    store = urlsplit(url).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do(self) -> None:
            parts = urlsplit(self.path)
            key = unquote(parts.path).lstrip("/").partition("/")[2]
            headers = dict(self.headers.items())
            body = self._body()
            query = parse_qs(parts.query, keep_blank_values=True)
            asked = Asked(method=self.command, key=key, query=query, headers=headers)
            answer = next(filter(None, (trap(asked) for trap in list(days.traps))), None)
            answer = answer or _passed_on(store, self.command, self.path, headers, body)
            days.asked.append((asked, answer.status))
            if f"{asked.method} {sorted(query)}" in days.losses:
                days.losses.remove(f"{asked.method} {sorted(query)}")
                answer = Answer(status=500)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if "Content-Length" not in answer.headers:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        def __getattr__(self, name: str) -> Callable[[], None]:
            if name.startswith("do_"):  # the base class calls a method by the request's
                return self.do
            raise AttributeError(name)

        def _body(self) -> bytes:
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def log_message(self, *_: object) -> None:
            pass

    server = _Quiet(("127.0.0.1", 0), Handler)
    days = Days(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield days
    finally:
        days.freed.set()
        server.shutdown()
        thread.join()
        server.server_close()


_HOPS = {"connection", "transfer-encoding", "content-length", "server", "date", "expect"}


def _passed_on(store: str, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
    line = http.client.HTTPConnection(store, timeout=30)
    sent = {name: value for name, value in headers.items() if name.lower() not in _HOPS}
    line.request(method, path, body=body if body or method == "PUT" else None, headers=sent)
    with line.getresponse() as answer:
        content = answer.read()
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOPS}
        if method == "HEAD":
            kept["Content-Length"] = answer.headers.get("Content-Length", "0")
        line.close()
        return Answer(status=answer.status, body=content, headers=kept)
