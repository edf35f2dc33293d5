"""Faults by script, on a real port: what the client sees, and whether a job was made."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from jumping_clock import jump
from ledgers import ledger
from near_hosts import on_a_port
from service_client import Client
from spoken import ALL
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from tiny_films import draw_tiny

from runner.service.faults import (
    Answer,
    BadLink,
    Code,
    Cut,
    Effect,
    Fail,
    Garble,
    HangUp,
    NoFile,
    Operation,
    Rule,
    Say,
    Script,
    Slow,
    Stuck,
    When,
)
from runner.service.minimax import MiniMaxVoice
from runner.service.mishaps import befall
from runner.service.order import Reason, Status
from runner.service.renderer import Draw, Footage, InlineRenderer, Ticket
from runner.service.service import House

T = TypeVar("T")


def at_port(
    folder: Path, effect: Effect, act: Callable[[Client], Awaitable[T]], *, on: Operation, draw: Draw = draw_tiny
) -> T:
    rule = Rule(when=When(operations=frozenset({on})), effect=effect)
    house = House(renderer=InlineRenderer(draw), workers=1, script=Script(rules=(rule,)))

    async def main() -> T:
        async with on_a_port(folder, house) as c:
            return await act(c)

    return asyncio.run(main())


async def submitted(c: Client) -> httpx.Response | str:
    """Return the reply to one submit, or the name of what the client met in its place."""
    try:
        return await c.http.post(ALL["minimax"].submit, json=ALL["minimax"].body())
    except httpx.HTTPError as error:
        return type(error).__name__


@pytest.mark.parametrize(
    ("effect", "met", "jobs"),
    [
        pytest.param(HangUp(), {"RemoteProtocolError"}, 1, id="lost reply"),
        pytest.param(HangUp(performs=False), {"RemoteProtocolError"}, 0, id="closed before the job"),
        pytest.param(HangUp(performs=False, reset=True), {"ReadError"}, 0, id="reset before the job"),
        pytest.param(HangUp(reset=True), {"ReadError"}, 1, id="reset after the job"),
        pytest.param(Cut(share=0.5), {"RemoteProtocolError"}, 1, id="cut answer"),
    ],
)
def test_a_connection_ends_as_the_script_says(effect: Effect, met: set[str], jobs: int, tmp_path: Path) -> None:
    assert at_port(tmp_path, effect, submitted, on=Operation.SUBMIT) in met
    assert len(ledger(tmp_path)) == jobs


def test_after_a_connection_has_ended_the_next_request_is_served(tmp_path: Path) -> None:
    async def act(c: Client) -> httpx.Response | str:
        await submitted(c)
        await c.service.drain()
        return await c.http.get("/ledger")

    reply = at_port(tmp_path, HangUp(reset=True), act, on=Operation.SUBMIT)
    assert isinstance(reply, httpx.Response)
    assert reply.json()["count"] == 1


@pytest.mark.parametrize(
    ("effect", "answer", "header", "jobs"),
    [
        pytest.param(Answer(status=503), (503, "trouble"), None, 0, id="503 without a job"),
        pytest.param(Answer(status=502, performs=True), (502, "trouble"), None, 1, id="502 with a job"),
        pytest.param(Answer(status=429, retry_after_s=30), (429, "trouble"), "30", 0, id="429 with Retry-After"),
        pytest.param(Code(number=1024, words="internal"), (200, '"status_code":1024'), None, 0, id="code"),
        pytest.param(Code(number=1000, performs=True), (200, '"status_code":1000'), None, 1, id="code with a job"),
        pytest.param(Say(reason=Reason.BALANCE), (200, '"status_code":1008'), None, 0, id="balance"),
        pytest.param(Say(reason=Reason.CONTENT), (200, '"status_code":1026'), None, 0, id="content"),
        pytest.param(Garble(what="malformed"), (200, '{"task_id": "10'), None, 1, id="malformed"),
        pytest.param(Garble(what="html", performs=False), (200, "<!doctype html>"), None, 0, id="portal"),
        pytest.param(Garble(what="empty"), (200, ""), None, 1, id="empty"),
        pytest.param(Garble(what="list"), (200, "[]"), None, 1, id="list"),
    ],
)
def test_an_answer_is_what_the_script_says(
    effect: Effect, answer: tuple[int, str], header: str | None, jobs: int, tmp_path: Path
) -> None:
    status, text = answer
    reply = at_port(tmp_path, effect, submitted, on=Operation.SUBMIT)

    assert isinstance(reply, httpx.Response)
    assert (reply.status_code, reply.headers.get("retry-after")) == (status, header)
    assert text in reply.text if text else reply.content == b""
    assert len(ledger(tmp_path)) == jobs


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_that_has_no_body_gets_none(status: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    reply = at_port(tmp_path, Answer(status=status), submitted, on=Operation.SUBMIT)

    assert isinstance(reply, httpx.Response)
    assert (reply.status_code, reply.content) == (status, b"")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("name", "effect", "status", "text"),
    [
        ("vapi", Say(reason=Reason.RATE), 429, "rate_limit_exceeded"),
        ("ai302", Say(reason=Reason.BALANCE), 402, "-10006"),
        ("modellix", Say(reason=Reason.BALANCE), 402, "Payment Required"),
        ("modellix", Code(number=503), 503, '"code":503'),
        ("modellix", Code(number=1002), 500, '"code":1002'),
        ("modellix", Code(number=204), 500, '"code":204'),
        ("modellix", Code(number=101), 500, '"code":101'),
    ],
)
def test_each_dialect_refuses_in_its_own_words(
    name: str, effect: Effect, status: int, text: str, tmp_path: Path
) -> None:
    async def act(c: Client) -> httpx.Response:
        return await c.http.post(ALL[name].submit, json=ALL[name].body())

    reply = at_port(tmp_path, effect, act, on=Operation.SUBMIT)
    assert reply.status_code == status
    assert text in reply.text


@pytest.mark.parametrize("name", ["minimax", "vapi", "ai302", "ai302-unified", "modellix"])
@pytest.mark.parametrize(
    ("effect", "on", "status"),
    [
        pytest.param(Stuck(status=Status.RENDERING), Operation.QUERY, "waiting", id="stuck"),
        pytest.param(Stuck(status=Status.PREPARING), Operation.QUERY, "waiting", id="stuck at first"),
        pytest.param(Fail(code=1027, words="output new_sensitive"), Operation.QUERY, "failed", id="failed"),
        pytest.param(NoFile(), Operation.RESULT, "done", id="no file"),
    ],
)
def test_a_job_says_what_the_script_says(effect: Effect, on: Operation, status: str, name: str, tmp_path: Path) -> None:
    spoken = ALL[name]

    async def act(c: Client) -> Any:
        task_id = await spoken.order(c)
        await c.service.drain()
        return await spoken.ask(c, task_id)

    told = at_port(tmp_path, effect, act, on=on)
    words = {"waiting": spoken.waiting, "failed": (spoken.failed,), "done": (spoken.done,)}
    assert spoken.status(told) in words[status]
    assert ".mp4" not in str(told)
    assert not told.get("file_id")
    assert status != "failed" or "output new_sensitive" in str(told)


@pytest.mark.parametrize("name", ["minimax", "vapi", "ai302", "ai302-unified", "modellix"])
@pytest.mark.parametrize(("what", "met"), [("empty", ""), ("expired", 403)])
def test_a_link_is_bad_in_every_dialect(what: Any, met: str | int, name: str, tmp_path: Path) -> None:
    spoken = ALL[name]

    async def act(c: Client) -> str | int:
        task_id = await spoken.order(c)
        await c.service.drain()
        link = await spoken.link(c, await spoken.ask(c, task_id), task_id)
        return (await c.http.get(link)).status_code if link else link

    assert at_port(tmp_path, BadLink(what=what), act, on=Operation.LINK) == met


async def fetched(c: Client) -> tuple[int, int, int] | str:
    """Return status, announced and real length of a download, or what the client met."""
    link = await c.link()
    try:
        reply = await c.http.get(link)
    except httpx.HTTPError as error:
        return type(error).__name__
    return reply.status_code, int(reply.headers["content-length"]), len(reply.content)


@pytest.mark.parametrize(
    ("effect", "met"),
    [
        (Cut(share=0.5), "RemoteProtocolError"),
        (Cut(share=0.0), "RemoteProtocolError"),
        (HangUp(reset=True), "ReadError"),
        (Answer(status=403), (403, 24, 24)),
        (Garble(what="html"), (200, 75, 75)),
    ],
)
def test_a_download_goes_wrong_as_the_script_says(effect: Effect, met: Any, tmp_path: Path) -> None:
    assert at_port(tmp_path, effect, fetched, on=Operation.DOWNLOAD) == met


def draw_large(ticket: Ticket) -> Footage:
    """Write what the file host sends in several pieces."""
    ticket.out.write_bytes(bytes(400_000))
    return Footage(width=64, height=64)


@pytest.mark.parametrize("draw", [draw_tiny, draw_large])
def test_a_slow_body_is_whole(draw: Draw, tmp_path: Path) -> None:
    got = at_port(tmp_path, Slow(seconds=0.05), fetched, on=Operation.DOWNLOAD, draw=draw)

    assert isinstance(got, tuple)
    assert got[1] == got[2] > 100


class Pieces(Response):
    """A reply whose body comes in pieces of these sizes, as a file's does."""

    def __init__(self, sizes: tuple[int, ...]) -> None:
        super().__init__(headers={"content-length": str(sum(sizes))})
        self._sizes = sizes

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        for size in self._sizes:
            await send({"type": "http.response.body", "body": bytes(size), "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize("sizes", [(100,), (65_536,) * 6 + (6_784,), (1,) * 25], ids=["one", "of a file", "drops"])
def test_a_slow_body_takes_as_long_as_the_script_says_whatever_it_comes_in(sizes: tuple[int, ...]) -> None:
    sent: list[Message] = []

    async def perform() -> Response:
        return Pieces(sizes)

    async def never() -> Message:
        raise AssertionError("a slow reply asks nothing")

    async def send(message: Message) -> None:
        sent.append(message)

    async def main() -> float:
        reply = await befall(Slow(seconds=30.0), MiniMaxVoice(), perform)
        await reply({}, never, send)
        return asyncio.get_running_loop().time()

    assert jump(main()) == pytest.approx(30.0)
    assert sum(len(message.get("body", b"")) for message in sent) == sum(sizes)
