"""Callbacks over real HTTP: the challenge, the posts, their retries, their faults, and a restart in between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from near_hosts import host_of
from service_client import body, client
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tiny_films import refuse

from runner.service.faults import Operation, Post, Rule, Script, When
from runner.service.outgoing import Outgoing
from runner.service.outside import Patience

OUT = Outgoing(allow_private=True)
QUICK = Patience(handshake_s=0.5, answer_s=0.5, pauses_s=(0.01, 0.01))


@dataclass
class Listener:
    """A client's callback server: echoes challenges, refuses the first `refuses` posts, keeps what it heard."""

    challenge: str = "echo"
    refuses: int = 0
    url: str = ""
    challenges: int = 0
    heard: list[dict[str, Any]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def hear(self, request: Request) -> Response:
        document = await request.json()
        if "challenge" in document:
            self.challenges += 1
            answers = {"echo": document["challenge"], "wrong": "other"}
            if self.challenge == "late":
                await asyncio.Event().wait()
            return JSONResponse({"challenge": answers[self.challenge]})
        self.heard.append(document)
        self.news.set()
        self.refuses -= 1
        return JSONResponse({"status": "success"}, 500 if self.refuses >= 0 else 200)

    async def until(self, count: int) -> list[dict[str, Any]]:
        """Return what was heard as soon as it is that much."""
        async with asyncio.timeout(10):
            while len(self.heard) < count:
                self.news.clear()
                await self.news.wait()
        return self.heard

    @property
    def words(self) -> list[str]:
        return [document["status"] for document in self.heard]


@asynccontextmanager
async def listening(listener: Listener) -> AsyncIterator[Listener]:
    app = Starlette(routes=[Route("/hook", listener.hear, methods=["POST"])])
    async with host_of(app) as base:
        listener.url = f"{base}/hook"
        yield listener


def told(folder: Path, listener: Listener, count: int, **options: Any) -> dict[str, Any]:
    """Make one film with a callback; return once `count` posts were heard, with the last query."""

    async def main() -> dict[str, Any]:
        async with listening(listener), client(folder, poster=OUT, patience=QUICK, clock=time.time, **options) as c:
            done = await c.made(body(callback_url=listener.url))
            await listener.until(count)
            return done

    return asyncio.run(main())


def test_a_verified_callback_hears_of_every_change_as_the_page_says(tmp_path: Path) -> None:
    listener = Listener()
    done = told(tmp_path, listener, 2)

    assert listener.challenges == 1
    success = {"status_code": 0, "status_msg": "success"}
    processing = {"task_id": done["task_id"], "status": "processing", "file_id": "", "base_resp": success}
    finished = {**processing, "status": "success", "file_id": done["file_id"]}
    assert sorted(listener.heard, key=str) == sorted([processing, finished], key=str)


def test_a_job_is_preparing_until_the_challenge_is_over(tmp_path: Path) -> None:
    async def main() -> str:
        listener = Listener(challenge="late")
        async with listening(listener), client(tmp_path, poster=OUT) as c:
            task_id = (await c.submit(body(callback_url=listener.url)))["task_id"]
            return str((await c.query(task_id))["status"])

    assert asyncio.run(main()) == "Preparing"


@pytest.mark.parametrize("challenge", ["wrong", "late"])
def test_without_the_echo_the_job_is_made_and_nothing_is_posted(challenge: str, tmp_path: Path) -> None:
    listener = Listener(challenge=challenge)
    done = told(tmp_path, listener, 0)

    assert done["status"] == "Success"
    assert (listener.challenges, listener.heard) == (1, [])


def test_a_callback_at_a_private_address_is_never_reached_by_default(tmp_path: Path) -> None:
    async def main() -> tuple[str, int]:
        listener = Listener()
        async with listening(listener), client(tmp_path, poster=Outgoing(), patience=QUICK) as c:
            done = await c.made(body(callback_url=listener.url))
        return done["status"], listener.challenges

    assert asyncio.run(main()) == ("Success", 0)


def test_a_failed_job_says_failed_and_why(tmp_path: Path) -> None:
    listener = Listener()
    told(tmp_path, listener, 2, draw=refuse)

    (failed,) = [document for document in listener.heard if document["status"] == "failed"]
    assert failed["file_id"] == ""
    assert failed["base_resp"]["status_code"] == 1000
    assert "nothing can be drawn" in failed["base_resp"]["status_msg"]


def test_a_post_that_is_refused_is_tried_again(tmp_path: Path) -> None:
    listener = Listener(refuses=2)
    told(tmp_path, listener, 4)

    assert set(listener.words) == {"processing", "success"}


def test_a_post_is_given_up_after_the_last_pause(tmp_path: Path) -> None:
    listener = Listener(refuses=1000)
    told(tmp_path, listener, 6)

    assert sorted(listener.words) == ["processing"] * 3 + ["success"] * 3


@pytest.mark.parametrize(
    ("effect", "count", "words"),
    [
        pytest.param(Post(times=0), 0, [], id="dropped"),
        pytest.param(Post(times=2), 4, ["processing", "processing", "success", "success"], id="doubled"),
        pytest.param(Post(late_s=0.05), 2, ["processing", "success"], id="late"),
    ],
)
def test_a_callback_goes_wrong_as_the_script_says(effect: Post, count: int, words: list[str], tmp_path: Path) -> None:
    listener = Listener()
    script = Script(rules=(Rule(when=When(operations=frozenset({Operation.CALLBACK})), effect=effect),))
    told(tmp_path, listener, count, script=script)

    assert sorted(listener.words) == words


def test_what_could_not_be_posted_is_posted_after_a_restart(tmp_path: Path) -> None:
    async def main() -> list[str]:
        listener = Listener(refuses=2)
        stubborn = Patience(handshake_s=0.5, answer_s=0.5, pauses_s=(3600.0,))
        async with listening(listener):
            async with client(tmp_path, poster=OUT, patience=stubborn) as c:
                await c.made(body(callback_url=listener.url))
                await listener.until(2)
            async with client(tmp_path, poster=OUT, clock=lambda: 1_004_000.0):
                await listener.until(4)
        return listener.words

    assert sorted(asyncio.run(main())) == ["processing", "processing", "success", "success"]
