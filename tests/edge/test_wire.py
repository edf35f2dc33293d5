from __future__ import annotations

import asyncio
import base64
import copy
import hashlib
import json
import logging
import pickle
import re
import traceback
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import Reaction, Remote, Seen, answer, reset_after, serving

from runner import __version__
from runner.dialects.seam import Call, PortraitSlot, Reply
from runner.edge.portrait.body import PortraitBody, stream_picture
from runner.edge.secret import Secret
from runner.edge.wire import api, retry_after_s
from runner.errors import ConfigError, MaybeSent
from runner.model import Portrait

pytestmark = pytest.mark.usefixtures("way")
CANARY = "sk-canary-0123456789"
NOW = 1_767_225_600.0  # 2026-01-01T00:00:00Z
ASK = Call(method="GET", path="/v1/query", query={"task_id": "1 & 2"})


class OnePortrait:
    """Knows one picture, in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def open_body(self, portrait: Portrait) -> PortraitBody:
        return stream_picture(portrait, self.path.open("rb", buffering=0))


def send(
    call: Call, reaction: Reaction, *, portraits: OnePortrait | None = None, path: str = "", key: Secret | None = None
) -> tuple[Reply, Seen]:
    async def main() -> tuple[Reply, Seen]:
        async with (
            serving(reaction) as server,
            api(server.url + path, key, portraits=portraits or Remote(), now=lambda: NOW, timeout_s=2.0) as wire,
        ):
            return await wire.send(call), server.seen[-1]

    return asyncio.run(main())


def test_a_request_carries_key_query_and_who_asks() -> None:
    _, seen = send(ASK, answer(), key=Secret(CANARY))
    assert seen.line == "GET /v1/query?task_id=1+%26+2 HTTP/1.1"
    assert seen.headers["authorization"] == f"Bearer {CANARY}"
    assert seen.headers["user-agent"] == f"s2v/{__version__}"
    assert "idempotency-key" not in seen.headers


def test_without_a_key_no_authorization_is_sent() -> None:
    _, seen = send(ASK, answer())
    assert "authorization" not in seen.headers


@pytest.mark.parametrize("path", ["", "/", "/minimaxi", "/minimaxi/"], ids=["bare", "slash", "path", "path and slash"])
def test_a_base_url_with_a_path_is_joined_with_the_calls_own(path: str) -> None:
    _, seen = send(ASK, answer(), path=path)
    assert seen.line.split()[1] == f"{path.rstrip('/')}/v1/query?task_id=1+%26+2"


def test_a_body_is_json_of_known_length() -> None:
    call = Call(method="POST", path="/v1/video", body={"model": "S2V-01", "prompt": "她笑 \ud800"})
    _, seen = send(call, answer())
    assert json.loads(seen.body) == call.body
    assert seen.headers["content-type"] == "application/json"
    assert "transfer-encoding" not in seen.headers


def test_an_idempotency_key_goes_into_its_header() -> None:
    _, seen = send(Call(method="POST", path="/v1/video", body={}, idempotency_key="run-key-1"), answer())
    assert seen.headers["idempotency-key"] == "run-key-1"


def test_portraits_stand_where_their_slots_were() -> None:
    one, two = (Portrait(ref=f"https://x.example/{name}.jpg", sha256="") for name in "ab")
    body = {"images": [PortraitSlot(portrait=one), PortraitSlot(portrait=two)], "prompt": "p"}
    _, seen = send(Call(method="POST", path="/v1/video", body=body), answer())
    assert json.loads(seen.body) == {"images": [one.ref, two.ref], "prompt": "p"}


def test_a_portrait_of_19_megabytes_costs_memory_of_a_few(tmp_path: Path) -> None:
    path, content = tmp_path / "large.jpg", bytes(range(256)) * 74_219
    path.write_bytes(content)
    portrait = Portrait(ref="large.jpg", sha256=hashlib.sha256(content).hexdigest(), mime="image/jpeg")
    expected = hashlib.sha256(b'{"image":"data:image/jpeg;base64,' + base64.b64encode(content) + b'"}').hexdigest()
    call = Call(method="POST", path="/v1/video", body={"image": PortraitSlot(portrait=portrait)})
    del content

    async def main() -> tuple[str, int]:
        digest = hashlib.sha256()

        async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head.lower())
            left = int(length[1]) if length else 0
            while left:
                piece = await reader.read(1 << 16)
                digest.update(piece)
                left -= len(piece)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
            writer.close()

        async with await asyncio.start_server(swallow, "127.0.0.1", 0) as server:
            base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            async with api(base, None, portraits=OnePortrait(path), now=lambda: NOW, timeout_s=9.0) as wire:
                tracemalloc.start()
                await wire.send(call)
                peak = tracemalloc.get_traced_memory()[1]
                tracemalloc.stop()
        return digest.hexdigest(), peak

    assert path.stat().st_size == 19_000_064
    digest, peak = asyncio.run(main())
    assert digest == expected
    assert peak < 6 * 2**20


def test_a_portrait_that_changes_while_it_is_sent_leaves_a_doubt(tmp_path: Path) -> None:
    path = tmp_path / "p.jpg"
    path.write_bytes(bytes(4_000_000))
    portrait = Portrait(ref="p.jpg", sha256=hashlib.sha256(bytes(4_000_000)).hexdigest(), mime="image/jpeg")

    class Shrinking(OnePortrait):
        def open_body(self, portrait: Portrait) -> PortraitBody:
            body = super().open_body(portrait)
            self.path.write_bytes(bytes(1_000_000))
            return body

    call = Call(method="POST", path="/v1/video", body={"image": PortraitSlot(portrait=portrait)})
    with pytest.raises(MaybeSent, match="changed while it was sent"):
        send(call, answer(), portraits=Shrinking(path))


def test_an_answer_is_read_whole_with_its_headers_and_its_document() -> None:
    reaction = answer(b'{"task_id": 17}', status=429, headers={"Trace-ID": "t-1", "Retry-After": "30"})
    reply, _ = send(ASK, reaction)
    assert (reply.status, reply.document, reply.text) == (429, {"task_id": 17}, '{"task_id": 17}')
    assert (reply.headers["trace-id"], reply.retry_after_s) == ("t-1", 30.0)


@pytest.mark.parametrize(
    ("body", "document"),
    [
        pytest.param(b"", None, id="empty"),
        pytest.param(b"<html>", None, id="HTML"),
        pytest.param(b"\xff\xfe\x00", None, id="no UTF-8"),
        pytest.param(b"[" * 100_000, None, id="nested without end"),
        pytest.param(b"9" * 5000, None, id="a number without end"),
        pytest.param(b"[1]", [1], id="list"),
        pytest.param(b'{"m": "\\ud800 \\ud83d\\ude00"}', {"m": "? \U0001f600"}, id="half a character"),
    ],
)
def test_whatever_comes_as_a_body_is_a_reply(body: bytes, document: object) -> None:
    reply, _ = send(ASK, answer(body))
    assert reply.document == document
    assert len(reply.text) <= 2048


def test_a_redirect_is_an_answer_and_takes_the_key_nowhere() -> None:
    async def main() -> tuple[int, list[Seen]]:
        async with (
            serving(answer()) as other,
            serving(answer(status=302, headers={"Location": f"{other.url}/steal"})) as server,
            api(server.url, Secret(CANARY), portraits=Remote(), now=lambda: NOW, timeout_s=2.0) as wire,
        ):
            return (await wire.send(ASK)).status, other.seen

    assert asyncio.run(main()) == (302, [])


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{!r}".format], ids=["repr", "str", "format", "format r"])
def test_a_secret_does_not_show_itself(show: Callable[[object], str]) -> None:
    secret = Secret(CANARY)
    assert CANARY not in show(secret) + show([secret]) + show({"key": secret})


@pytest.mark.parametrize("leave", [pickle.dumps, copy.deepcopy], ids=["pickle", "copy"])
def test_a_secret_is_not_copied_out(leave: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match="not pickled"):
        leave(Secret(CANARY))


@pytest.mark.parametrize("bad", ["", f"{CANARY}\n", f"{CANARY} x", f"{CANARY}\u00e9", f"\x00{CANARY}"])
def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(bad: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Secret(bad)
    assert CANARY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("reaction", [answer(), reset_after(b""), answer(b"{", length=9)], ids=["well", "reset", "cut"])
def test_the_key_is_in_no_log_and_in_no_error(reaction: Reaction, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = ""
    try:
        told = repr(send(ASK, reaction, key=Secret(CANARY))[0])
    except MaybeSent as error:
        told = "".join(traceback.format_exception(error))
    assert CANARY not in told + caplog.text
    assert "task_id" not in caplog.text


def test_a_key_never_travels_over_plain_http_but_to_this_machine() -> None:
    async def main(base: str) -> None:
        async with api(base, Secret(CANARY), portraits=Remote(), now=lambda: NOW, timeout_s=1.0):
            pass

    asyncio.run(main("http://localhost:1"))
    asyncio.run(main("http://[::1]:1"))
    with pytest.raises(ConfigError, match=r"api\.example would travel over plain http"):
        asyncio.run(main("http://api.example"))


@pytest.mark.parametrize(
    "base",
    ["http://127.0.0.1:abc", "http://127.0.0.1:99999", "http://[::1", "https://a.example\n", "https://☃☃..invalid"],
    ids=["port", "large port", "bracket", "line", "name"],
)
def test_a_base_url_that_is_no_address_is_refused_before_anything_is_asked(base: str) -> None:
    async def main() -> None:
        async with api(base, None, portraits=Remote(), now=lambda: NOW, timeout_s=1.0):
            pass

    with pytest.raises(ConfigError, match="check the base URL"):
        asyncio.run(main())


def test_a_key_for_this_machine_is_sent_to_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> tuple[int, int]:
        async with serving(answer()) as proxy, serving(answer()) as server:
            monkeypatch.setenv("http_proxy", proxy.url)
            async with api(server.url, Secret(CANARY), portraits=Remote(), now=lambda: NOW, timeout_s=1.0) as wire:
                await wire.send(ASK)
            return len(server.seen), len(proxy.seen)

    assert asyncio.run(main()) == (1, 0)


@pytest.mark.parametrize(
    ("name", "value"), [("https_proxy", "gopher://proxy.example"), ("all_proxy", "http://[::1")], ids=["kind", "URL"]
)
def test_a_proxy_that_cannot_be_used_is_named_as_such(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    async def main() -> None:
        async with api("https://api.example", None, portraits=Remote(), now=lambda: NOW, timeout_s=1.0):
            pass

    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match="proxy variables"):
        asyncio.run(main())


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("-5", None),
        ("1.5", 1.5),
        ("1.", None),
        ("30, 20", 30.0),
        ("30, soon", None),
        ("1e3", None),
        ("nan", None),
        ("soon", None),
        ("²", None),
        ("٣", None),
        ("9" * 400, 366 * 86400.0),
        ("Thu, 01 Jan 2026 00:02:00 GMT", 120.0),
        ("Thu, 01 Jan 2026 01:00:00 +0100", 0.0),
        ("Thu, 01 Jan 2026 00:02:00 -0000", 120.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Thu, 99 Jan 2026 00:02:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_from_now_in_whichever_form(header: str | None, expected: float | None) -> None:
    assert retry_after_s({} if header is None else {"retry-after": header}, now=NOW) == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param("Thu, 01 Jan 2026 05:00:30 GMT", 90.0, id="the clock here is hours behind"),
        pytest.param("Thu, 01 Jan 2026 05:02:00 GMT", 0.0, id="at once"),
        pytest.param("soon", 5 * 3600.0 + 120.0, id="it says no time"),
    ],
)
def test_a_date_to_try_again_at_is_counted_from_the_date_of_the_answer(told: str, expected: float) -> None:
    headers = {"retry-after": "Thu, 01 Jan 2026 05:02:00 GMT", "date": told}
    assert retry_after_s(headers, now=NOW) == expected


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ [+-]\d+", fullmatch=True))
def test_no_retry_after_header_can_hurt(header: str) -> None:
    wait = retry_after_s({"retry-after": header}, now=NOW)
    assert wait is None or 0.0 <= wait < float("inf")
