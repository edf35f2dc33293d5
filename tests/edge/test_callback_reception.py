"""What callers are answered, over real HTTP on loopback; the box and the paths are the run's own."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any

import pytest
from jumping_clock import jump

from runner.edge.callbacks.listener import CONNECTIONS, listening
from runner.edge.callbacks.mailbox import Mailbox
from runner.edge.callbacks.paths import Paths
from runner.edge.callbacks.reception import BODY_MOST, BODY_S, Reception
from runner.edge.secret import Secret
from runner.engine.ports import Hint
from runner.errors import ConfigError

KEY = "ab" * 32
HANDSHAKE_S = 3.0  # what MiniMax grants


@dataclass
class Line:
    """A listener and a way to call it."""

    mailbox: Mailbox
    port: int
    paths: Paths = field(repr=False)

    @property
    def path(self) -> str:
        return self.paths.url_for(KEY, 1).removeprefix("https://example.org")

    def call(self, body: Any, path: str | None = None, *, method: str = "POST") -> tuple[int, Any]:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path or self.path, content, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        finally:
            connection.close()

    def send(self, raw: bytes) -> bytes:
        """Send bytes as they are, and give what comes back until the other side hangs up."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(4096), b""))


@pytest.fixture(scope="module")
def open_line() -> Iterator[Line]:
    paths = Paths("https://example.org", "run1", Secret("5" * 64))
    mailbox = Mailbox(paths)
    with listening(paths, mailbox, host="127.0.0.1", port=0) as port:
        yield Line(mailbox, port, paths)


@pytest.fixture
def line(open_line: Line) -> Line:
    open_line.mailbox.take()
    return open_line


@pytest.mark.parametrize(
    "challenge", ["abc", "", 17, 0, 1.5, False, ["a", None], {"a": {"b": "é"}}, "\ud800", "x" * 60_000], ids=repr
)
def test_a_challenge_is_answered_with_the_same_json(line: Line, challenge: object) -> None:
    assert line.call({"challenge": challenge}) == (200, {"challenge": challenge})
    assert line.mailbox.take() == []


def test_an_update_is_thanked_for_and_becomes_a_hint(line: Line) -> None:
    answer = line.call({"task_id": "115334141465231360", "status": "success", "file_id": "205258526306433"})

    assert answer == (200, {"status": "success"})
    assert line.mailbox.take() == [Hint(key=KEY, attempt=1, job_id="115334141465231360", is_over=True)]


def test_a_path_that_is_not_ours_is_not_found_whatever_is_said_there(line: Line) -> None:
    forged = line.path[:-1] + ("0" if line.path[-1] != "0" else "1")
    said: list[Any] = [{"challenge": "x"}, {"task_id": "1", "status": "success"}, b"", b"{", b"x" * 100_000]

    assert {line.call(body, path)[0] for body in said for path in (forged, "/", "/s2v/x", "/" + "a" * 9000)} == {404}
    assert line.mailbox.take() == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_nothing_but_a_post_is_heard(line: Line, method: str) -> None:
    assert line.call({"task_id": "1"}, method=method)[0] == 404
    assert line.mailbox.take() == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'"x"', id="a string"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"challenge": NaN}', id="not a number"),
        pytest.param(b'{"challenge": 1e999}', id="without end"),
        pytest.param(b"\xff\xfe{}", id="no UTF-8"),
        pytest.param(b"[" * 30_000 + b"]" * 30_000, id="deep"),
        pytest.param(b'{"task_id": ' + b"9" * 10_000 + b"}", id="a number of ten thousand digits"),
    ],
)
def test_what_is_no_json_object_is_refused(line: Line, body: bytes) -> None:
    assert line.call(body)[0] == 400
    assert line.mailbox.take() == []


def test_a_deep_object_names_no_job_and_breaks_nothing(line: Line) -> None:
    """How deep is too deep for JSON differs from one Python to the next."""
    assert line.call(b'{"a": %b%b}' % (b"[" * 30_000, b"]" * 30_000))[0] in {200, 400}
    assert {hint.job_id for hint in line.mailbox.take()} <= {None}
    assert line.call({"challenge": "x"})[0] == 200


def test_a_body_may_be_long_but_not_too_long(line: Line) -> None:
    frame = len(json.dumps({"task_id": "1", "x": ""}))

    assert line.call({"task_id": "1", "x": "x" * (BODY_MOST - frame)})[0] == 200
    assert line.call({"task_id": "1", "x": "x" * (BODY_MOST - frame + 1)})[0] == 413


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00", id="TLS"),
        pytest.param(b"HELO example.org\r\n\r\n", id="another protocol"),
        pytest.param(b"POST / HTTP/1.1\r\n\r\n", id="no host"),
        pytest.param(b"POST / HTTP/9.9\r\nHost: x\r\n\r\n", id="a version to come"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", id="a negative length"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc", id="a body cut off"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="a broken chunk"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000, id="a header without end"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", id="websocket"),
        pytest.param(b"\0" * 100_000, id="zeros"),
    ],
)
def test_malformed_http_leaves_the_listener_in_its_place(
    line: Line, raw: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with suppress(OSError):
        line.send(raw)

    assert line.call({"challenge": "x"}) == (200, {"challenge": "x"})
    assert capfd.readouterr() == ("", "")


def test_a_caller_who_hangs_up_in_the_middle_is_forgotten(line: Line) -> None:
    head = f"POST {line.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{{".encode()

    assert line.send(head) == b""
    assert line.mailbox.take() == []
    assert line.call({"challenge": "x"})[0] == 200


def test_a_body_that_drips_is_given_up_after_its_time(line: Line) -> None:
    """The reception on a clock that jumps, and a caller who sends a byte a second, for ever."""
    sent: list[Any] = []

    async def drip() -> dict[str, Any]:
        await asyncio.sleep(1)
        return {"type": "http.request", "body": b" ", "more_body": True}

    async def hear(message: Any) -> None:
        sent.append((asyncio.get_running_loop().time(), message))

    scope = {"type": "http", "method": "POST", "path": line.path}
    jump(Reception(line.paths, line.mailbox)(scope, drip, hear))

    assert [(at, message["status"]) for at, message in sent[:1]] == [(BODY_S, 408)]
    assert line.mailbox.take() == []


def test_a_flood_of_ten_thousand_calls_leaves_one_hint_and_no_call_unanswered(line: Line) -> None:
    answers: list[bytes] = []
    body = b'{"task_id": "17", "status": "success"}'
    head = f"POST {line.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()

    def flood() -> None:
        answers.append(line.send((head + body) * 2_500))

    callers = [threading.Thread(target=flood) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    assert sum(answer.count(b"200 OK") for answer in answers) == 10_000
    assert line.mailbox.take() == [Hint(key=KEY, attempt=1, job_id="17", is_over=True)]


def test_idle_connections_beyond_a_number_are_hung_up_on_at_once(line: Line) -> None:
    idle = [socket.create_connection(("127.0.0.1", line.port), timeout=10) for _ in range(CONNECTIONS + 5)]

    refused = 0
    for connection in reversed(idle):
        connection.settimeout(0.2 if refused == 5 else 10)
        try:
            refused += connection.recv(1) == b""
        except ConnectionError:
            refused += 1
        except TimeoutError:
            break
    for connection in idle:
        connection.close()

    assert refused == 5


def test_a_handshake_does_not_wait_for_a_busy_engine(line: Line) -> None:
    answers: list[tuple[int, Any]] = []
    caller = threading.Thread(target=lambda: answers.append(line.call({"challenge": "x"})))
    began = time.monotonic()
    with line.mailbox._lock:  # noqa: SLF001 - not even the box is in the way
        caller.start()
        while not answers and time.monotonic() - began < HANDSHAKE_S:
            """The engine's thread computes and never waits."""
    caller.join()

    assert answers == [(200, {"challenge": "x"})]
    assert time.monotonic() - began < HANDSHAKE_S


def test_a_port_that_is_taken_is_an_error_that_names_it(line: Line) -> None:
    with pytest.raises(
        ConfigError, match=rf"cannot listen on 127\.0\.0\.1:{line.port}: Address already in use; choose"
    ):
        listening(line.paths, line.mailbox, host="127.0.0.1", port=line.port).__enter__()


def test_a_host_that_is_not_this_machine_is_an_error(line: Line) -> None:
    with pytest.raises(ConfigError, match=r"callback\.listen: cannot listen on 192\.0\.2\.1:0"):
        listening(line.paths, line.mailbox, host="192.0.2.1", port=0).__enter__()


def test_the_port_is_free_again_when_the_run_is_over() -> None:
    paths = Paths("https://example.org", "run1", Secret("5" * 64))
    with listening(paths, Mailbox(paths), host="127.0.0.1", port=0) as port:
        Line(Mailbox(paths), port, paths).call({"challenge": "x"})

    with listening(paths, Mailbox(paths), host="127.0.0.1", port=port) as again:
        assert again == port
