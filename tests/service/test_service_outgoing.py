"""Remote portraits, fetched as a server should: public addresses only, few redirects, bounded in size and time."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from near_hosts import host_of
from service_client import body, client, picture
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from runner.service.addresses import judge
from runner.service.order import Refusal
from runner.service.outgoing import Outgoing
from runner.service.store import ledger

T = TypeVar("T")
OUT = Outgoing(allow_private=True, fetch_s=0.5)
PORTRAIT = picture()


async def _endless() -> AsyncIterator[bytes]:
    while True:
        await asyncio.sleep(0)  # to whoever has gone, a server sends without ever waiting
        yield bytes(2**16)


async def _silent() -> AsyncIterator[bytes]:
    yield PORTRAIT[:100]
    await asyncio.Event().wait()


async def _show(request: Request) -> Response:
    match request.path_params["what"]:
        case "portrait":
            assert "authorization" not in request.headers
            return Response(PORTRAIT, media_type="image/png")
        case "said":
            return JSONResponse({"status": "success"})
        case "endless":
            return StreamingResponse(_endless())
        case "silent":
            return StreamingResponse(_silent())
        case "bomb":
            return Response(PORTRAIT, headers={"Content-Encoding": "gzip"})
        case "moved":
            return RedirectResponse("/portrait")
        case "loop":
            return RedirectResponse("/loop")
        case "file":
            return RedirectResponse("file:///etc/passwd")
        case "nowhere":
            return RedirectResponse("http://[")
        case "inwards":
            return RedirectResponse("http://10.0.0.1:9/portrait")
        case _:
            return Response("no", 404)


GALLERY = Starlette(routes=[Route("/{what}", _show, methods=["GET", "POST"])])


def shown(act: Callable[[str], Awaitable[T]]) -> T:
    async def main() -> T:
        async with host_of(GALLERY) as base:
            return await act(base)

    return asyncio.run(main())


@pytest.mark.parametrize("what", ["portrait", "moved"])
def test_a_portrait_is_fetched_also_after_a_redirect(what: str) -> None:
    assert shown(lambda base: OUT.fetch(f"{base}/{what}", most=10**6)) == PORTRAIT


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("endless", "1000000 bytes or more"),
        ("silent", "not be fetched within 0.5 s"),
        ("bomb", "compressed"),
        ("loop", "more than 3 redirects"),
        ("file", "neither http nor https"),
        ("nowhere", "leads to no URL"),
        ("missing", "HTTP 404"),
    ],
)
def test_what_is_no_portrait_is_refused_and_not_waited_for(what: str, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        shown(lambda base: OUT.fetch(f"{base}/{what}", most=10**6))


def test_a_private_address_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(Refusal, match="leads to a private address"):
        shown(lambda base: Outgoing().fetch(f"{base}/portrait", most=10**6))


@pytest.mark.parametrize(
    ("what", "reply"),
    [("said", {"status": "success"}), ("portrait", {}), ("missing", None), ("moved", None), ("endless", None)],
    ids=["JSON", "no JSON", "an error", "a redirect", "no end"],
)
def test_an_answer_to_a_callback_is_a_success_or_none(what: str, reply: Any) -> None:
    assert shown(lambda base: OUT.post(f"{base}/{what}", {"challenge": "x"}, within_s=30.0)) == reply


@dataclass
class Resolved:
    """A judge for whom `gallery.test` is public and lies here, as long as it says so; all else is judged as ever."""

    here: Sequence[tuple[str, ...]] = (("127.0.0.1",),)
    asked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    async def __call__(self, url: str) -> tuple[str, ...]:
        self.asked.append(url)
        if urlsplit(url).hostname == "gallery.test":
            return self.here[min(len(self.asked), len(self.here)) - 1]
        try:
            return await judge(url, allow_private=False)
        except Refusal as refusal:
            self.refused.append(str(refusal))
            raise


def named(base: str) -> str:
    return base.replace("127.0.0.1", "gallery.test")


def test_a_redirect_is_judged_anew_and_does_not_lead_inwards() -> None:
    judges = Resolved()
    with pytest.raises(Refusal, match=r"10\.0\.0\.1 leads to a private address"):
        shown(lambda base: Outgoing(judged_by=judges).fetch(f"{named(base)}/inwards", most=10**6))
    assert [urlsplit(url).hostname for url in judges.asked] == ["gallery.test", "10.0.0.1"]


def test_a_name_is_resolved_once_and_what_it_says_a_moment_later_is_not_asked() -> None:
    judges = Resolved(here=(("127.0.0.1",), ("127.0.0.2",)))
    assert shown(lambda base: Outgoing(judged_by=judges).fetch(f"{named(base)}/portrait", most=10**6)) == PORTRAIT
    assert len(judges.asked) == 1


def test_no_proxy_is_asked_which_would_resolve_the_name_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")

    assert shown(lambda base: OUT.fetch(f"{base}/portrait", most=10**6)) == PORTRAIT


def test_an_address_where_nobody_listens_is_passed_over_for_the_next() -> None:
    out = Outgoing(judged_by=Resolved(here=(("::1", "127.0.0.1"),)))
    assert shown(lambda base: out.fetch(f"{named(base)}/portrait", most=10**6)) == PORTRAIT


def test_a_closed_port_is_a_refusal_and_no_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    with pytest.raises(Refusal, match="ConnectError"):
        asyncio.run(OUT.fetch(f"http://127.0.0.1:{port}/x", most=10**6))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost/", "http://10.1.2.3/", "http://169.254.169.254/latest/meta-data",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/", "http://0x7f.1/", "http://2130706433/",
        "http://[fe80::1]/", "http://100.64.0.1/", "http://224.0.0.1/",
    ],
)  # fmt: skip
def test_every_way_to_write_an_inner_address_is_seen_through(url: str) -> None:
    with pytest.raises(Refusal):
        asyncio.run(judge(url, allow_private=False))


CARRIERS = {
    "compatible": "::127.0.0.1",
    "translated": "::ffff:0:127.0.0.1",
    "6to4": "2002:7f00:1::",
    "6to4 10/8": "2002:a01:203::1",
    "NAT64": "64:ff9b::7f00:1",
    "NAT64 metadata": "64:ff9b::a9fe:a9fe",
    "local NAT64": "64:ff9b:1::7f00:1",
    "site-local": "fec0::1",
    "not given out": "4000::1",
}
"""What passes on to this machine or its network without being written as one of its addresses."""


@pytest.mark.parametrize("address", CARRIERS.values(), ids=CARRIERS)
def test_a_portrait_is_never_asked_for_at_an_address_that_carries_a_private_one(address: str, tmp_path: Path) -> None:
    async def main() -> str:
        async with client(tmp_path, fetcher=Outgoing()) as c:
            subject = [{"type": "character", "image": [f"http://[{address}]:9/portrait"]}]
            return str((await c.submit(body(subject_reference=subject)))["base_resp"]["status_msg"])

    assert f"{address} leads to a private address" in asyncio.run(main())


@pytest.mark.parametrize("address", CARRIERS.values(), ids=CARRIERS)
def test_a_callback_is_never_posted_to_an_address_that_carries_a_private_one(address: str) -> None:
    judges = Resolved()
    out = Outgoing(judged_by=judges)
    assert asyncio.run(out.post(f"http://[{address}]:9/hook", {"challenge": "x"}, within_s=5.0)) is None
    assert judges.refused == [f"{address} leads to a private address"]


@pytest.mark.parametrize("field", ["portrait", "callback"])
@pytest.mark.parametrize("url", ["http://\ud800.invalid/", "http://127.0.0.1:9/?q=\udfff"], ids=["host", "query"])
def test_a_url_that_is_no_text_is_refused_and_brings_nothing_down(url: str, field: str, tmp_path: Path) -> None:
    subject = [{"type": "character", "image": [url]}]
    fields = {"subject_reference": subject} if field == "portrait" else {"callback_url": url}

    async def main() -> Any:
        async with client(tmp_path, fetcher=OUT, poster=OUT) as c:
            headers = {"Content-Type": "application/json"}  # httpx's own JSON would not write half a letter
            content = json.dumps(body(**fields))
            return (await c.http.post("/v1/video_generation", content=content, headers=headers)).json()

    assert asyncio.run(main())["base_resp"]["status_code"] == 2013


@pytest.mark.parametrize(
    "url", ["ftp://8.8.8.8/", "file:///etc/passwd", "http://", "http://u:p@8.8.8.8/", "http://[", "http://8.8.8.8:x/"]
)
def test_what_is_no_plain_http_url_is_refused(url: str) -> None:
    with pytest.raises(Refusal):
        asyncio.run(judge(url, allow_private=True))


@pytest.mark.parametrize(
    ("url", "address"),
    [("https://8.8.8.8/x", "8.8.8.8"), ("http://[2001:4860:4860::8888]:8080/x", "2001:4860:4860::8888")],
    ids=["IPv4", "IPv6"],
)
def test_a_public_address_is_let_through(url: str, address: str) -> None:
    assert asyncio.run(judge(url, allow_private=False)) == (address,)


def test_a_job_is_made_from_a_remote_portrait_and_refused_without_it(tmp_path: Path) -> None:
    async def act(base: str) -> tuple[Any, Any]:
        async with client(tmp_path, fetcher=OUT) as c:
            replies = []
            for what in ("portrait", "missing"):
                subject = [{"type": "character", "image": [f"{base}/{what}"]}]
                replies.append(await c.submit(body(subject_reference=subject)))
            await c.service.drain()
            return replies[1], await c.query(replies[0]["task_id"])

    refused, done = shown(act)
    assert done["status"] == "Success"
    assert refused["base_resp"]["status_code"] == 2013
    assert "HTTP 404" in refused["base_resp"]["status_msg"]
    assert len(ledger(tmp_path)) == 1
