"""The routes that are this service's own: the ledger of every job made, the OpenAPI document, a page for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ..model import MICROS
from .counter import Endpoint, guarded
from .desk import Desk
from .minimax import MiniMaxVoice
from .order import Submission

_OPENAPI: Final = Path(__file__).with_name("openapi.json")
_PAGE: Final = Path(__file__).with_name("page.html")


def page_routes(desk: Desk) -> list[Route]:
    """Return the routes; the ledger asks for a key like everything else, and shows that key's jobs."""

    def mine(request: Request) -> Iterator[Submission]:
        return desk.store.submissions(desk.account(request, "").key if desk.keys else None)

    async def ledger(request: Request) -> Response:
        jobs = [_line(job) for job in mine(request)]
        return JSONResponse({"count": len(jobs), "jobs": jobs})

    async def ledger_lines(request: Request) -> Response:
        lines = (f"{json.dumps(_line(job))}\n" for job in mine(request))
        return StreamingResponse(lines, media_type="application/jsonl")

    async def openapi(request: Request) -> Response:
        document = json.loads(_OPENAPI.read_text(encoding="utf-8"))
        return JSONResponse({**document, "servers": [{"url": _asked_at(request)}]})

    async def page(request: Request) -> Response:
        return HTMLResponse(_PAGE.read_text(encoding="utf-8").replace("{host}", escape(_asked_at(request))))

    voice = MiniMaxVoice()
    guards: dict[str, Endpoint] = {"/ledger": guarded(ledger, voice), "/ledger.jsonl": guarded(ledger_lines, voice)}
    return [
        *[Route(path, endpoint, methods=["GET"]) for path, endpoint in guards.items()],
        Route("/openapi.json", openapi, methods=["GET"]),
        Route("/", page, methods=["GET"]),
    ]


def _asked_at(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _line(job: Submission) -> dict[str, object]:
    return {
        "job_id": job.task_id,
        "dialect": job.dialect,
        "key_digest": job.key_digest,
        "idempotency_key": job.idempotency_key,
        "prompt": job.prompt,
        "order_digest": job.digest,
        "accepted_at": job.accepted_at,
        "price": {"amount": job.price.micros / MICROS, "currency": job.price.currency},
        "status": str(job.status),
        "reason": job.reason,
    }
