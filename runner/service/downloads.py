"""The shelf, over HTTP: whole films behind signed links, with ranges, a strong ETag, and no key."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from ..values import dataclass
from .desk import Desk
from .faults import Occasion, Operation
from .mishaps import befall
from .order import Reason, Refusal, Task

_EXPIRES: Final = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class _PlainVoice:
    """A file host knows no dialect: every no is a line of text."""

    def refuse(self, refusal: Refusal) -> Response:
        """Return the refusal."""
        return PlainTextResponse(f"{refusal}\n", status_code=404 if refusal.reason == Reason.NO_FILE else 403)

    def code(self, number: int, words: str) -> Response:
        """Return a number nobody reads here; no fault of this kind strikes a download."""
        return PlainTextResponse(f"{number}: {words}\n", status_code=500)


def download_routes(desk: Desk) -> list[Route]:
    """Return the routes that serve films to whoever has a link."""
    voice = _PlainVoice()

    async def send(request: Request) -> Response:
        try:
            task, reply = _found(desk, request)
        except Refusal as refusal:
            return voice.refuse(refusal)

        async def perform() -> Response:
            return reply

        occasion = Occasion(dialect=task.dialect, operation=Operation.DOWNLOAD, prompt=task.prompt, digest=task.digest)
        return await befall(desk.script.strike(occasion), voice, perform)

    return [Route("/files/{file_id:str}/output.mp4", send, methods=["GET", "HEAD"])]


def _found(desk: Desk, request: Request) -> tuple[Task, Response]:
    file_id = request.path_params["file_id"]
    expires, signature = request.query_params.get("expires", ""), request.query_params.get("signature", "")
    if not _EXPIRES.fullmatch(expires):
        raise Refusal("the link is not complete: ask for a new one", Reason.KEY)
    if not desk.links.is_valid(file_id, expires=expires, signature=signature, now=desk.clock()):
        raise Refusal("the link has expired or was changed: ask for a new one", Reason.KEY)
    task = desk.store.task_of_file(file_id)
    path = desk.shelf / f"{task.task_id}.mp4" if task else None
    if task is None or task.film is None or path is None or not path.is_file():
        raise Refusal("the file is gone", Reason.NO_FILE)
    headers = {"etag": f'"{task.film.sha256}"', "cache-control": "private, no-transform"}
    return task, FileResponse(path, headers=headers, media_type="video/mp4", filename="output.mp4")
