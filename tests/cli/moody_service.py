"""A provider with moods, as a process of its own: the real service with tiny films; a prompt may ask for trouble.

`[1026]` refuses with that code, `[1002 once]` only the first time, `[500]` makes the job and loses the answer, `[fail]`
lets the job fail after it was paid, `[slow]` never ends it, `[called]` ends it when its callback was answered. `[face]`
films the portrait, `[stranger]` somebody else, `[stranger once]` so the first time, `[same]` one film for all of them,
`[same once]` so the first time. Every submit leaves its prompt as a line in FOLDER/submits. A second argument, `calm`,
makes a provider without moods. A callback URL is called, with a challenge and then with the job's id, until somebody
answers; the answers are a line in FOLDER/calls.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

sys.path.insert(0, str(Path(__file__).parents[1] / "service"))
from tiny_films import draw_tiny

from runner.service.renderer import Footage, InlineRenderer, Ticket
from runner.service.server import listening
from runner.service.service import House, open_service

SUBMIT, QUERY = "/v1/video_generation", "/v1/query/video_generation"
_MOOD = re.compile(r"\[(\w+)( once)?\]")


_DRAWN: set[str] = set()
"""The prompts that were filmed once."""


def draw(ticket: Ticket) -> Footage:
    """Draw a tiny film, or a short one in which a face can be seen."""
    prompt = ticket.prompt or ""
    is_first = prompt not in _DRAWN
    _DRAWN.add(prompt)
    if "[same]" in prompt or ("[same once]" in prompt and is_first):
        return draw_tiny(replace(ticket, portrait=b"", prompt=None, seed=0))
    if "[face]" not in prompt and "[stranger" not in prompt:
        return draw_tiny(ticket)
    sys.path[:0] = [str(Path(__file__).parents[1] / name) for name in ("checks", "animatic")]
    from films import approach, drawn, film, pixels_of  # noqa: PLC0415 - OpenCV, for those alone who ask for faces

    is_strange = "[stranger]" in prompt or ("[stranger once]" in prompt and is_first)
    film(ticket.out, approach(pixels_of(drawn("beard") if is_strange else ticket.portrait)))
    return Footage(width=384, height=384)


def refusal(code: int, **fields: Any) -> JSONResponse:
    words = {"status_code": code, "status_msg": f"mood {code}"}
    return JSONResponse({"task_id": "", **fields, "base_resp": words}, headers={"Retry-After": "0"})


@dataclass
class Moody:
    """Stands before the real service."""

    app: ASGIApp
    submits: Path
    is_calm: bool = False
    jobs: dict[str, str] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)
    calls: set[asyncio.Task[None]] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    inner: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.inner = httpx.AsyncClient(transport=httpx.ASGITransport(self.app))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] not in {SUBMIT, QUERY}:
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        response = await (self.submit(request) if scope["path"] == SUBMIT else self.query(request))
        await response(scope, receive, send)

    async def submit(self, request: Request) -> Response:
        body = await request.body()
        document = json.loads(body)
        prompt, url = document.get("prompt", ""), document.pop("callback_url", None)
        body = json.dumps(document).encode()
        with self.submits.open("a") as ledger:
            ledger.write(f"{prompt}\n")
        match = None if self.is_calm else _MOOD.search(prompt)
        mood, is_new = (match[1] if match else ""), prompt not in self.met
        self.met.add(prompt)
        if match and mood.isdigit() and mood != "500" and (is_new or not match[2]):
            return refusal(int(mood))
        reply = await self.ask(request, body)
        self.jobs[reply.json().get("task_id", "")] = mood
        if url is not None:
            task = asyncio.create_task(
                self.call_back(url, {"task_id": reply.json()["task_id"], "status": "processing"})
            )
            self.calls.add(task)
            task.add_done_callback(self.calls.discard)
        return PlainTextResponse("the answer was lost", 500) if mood == "500" else JSONResponse(reply.json())

    async def call_back(self, url: str, news: dict[str, str]) -> None:
        async with httpx.AsyncClient(timeout=3) as outer:
            for _ in range(40):
                with suppress(httpx.HTTPError):
                    answers = [(await outer.post(url, json=said)).json() for said in ({"challenge": url}, news)]
                    with self.submits.with_name("calls").open("a") as ledger:
                        ledger.write(json.dumps([url, *answers]) + "\n")
                    self.answered.add(news["task_id"])
                    return
                await asyncio.sleep(0.25)

    async def query(self, request: Request) -> Response:
        task_id = request.query_params["task_id"]
        match self.jobs.get(task_id):
            case "fail":
                return refusal(1027, task_id=task_id, status="Fail")
            case "called" if task_id in self.answered:
                pass
            case "slow" | "called":
                ok = {"status_code": 0, "status_msg": "success"}
                return JSONResponse({"task_id": task_id, "status": "Processing", "base_resp": ok})
        return JSONResponse((await self.ask(request, b"")).json())

    async def ask(self, request: Request, body: bytes) -> httpx.Response:
        return await self.inner.request(request.method, str(request.url), content=body, headers=request.headers.raw)


async def main(folder: Path, *, is_calm: bool) -> None:
    with listening("127.0.0.1", 0) as listener:
        async with open_service(folder, House(renderer=InlineRenderer(draw))) as service:
            app = Moody(service.app, folder / "submits", is_calm)
            server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="warning", access_log=False))
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.handle_exit, signal.SIGTERM, None)
            sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}\n")
            sys.stdout.flush()
            await server.serve(sockets=[listener])


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), is_calm="calm" in sys.argv[2:]))
