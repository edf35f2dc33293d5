"""What the service asks of the world: portraits and answers to callbacks, bounded in size, time and redirects."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from gallery import PORTRAIT, shown
from ledgers import ledger
from service_client import body, client

from runner.service.order import Refusal
from runner.service.outgoing import Outgoing

OUT = Outgoing(allow_private=True, fetch_s=0.5)


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


def test_no_proxy_is_asked_which_would_resolve_the_name_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")

    assert shown(lambda base: OUT.fetch(f"{base}/portrait", most=10**6)) == PORTRAIT


def test_a_closed_port_is_a_refusal_and_no_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    with pytest.raises(Refusal, match="ConnectError"):
        asyncio.run(OUT.fetch(f"http://127.0.0.1:{port}/x", most=10**6))


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
