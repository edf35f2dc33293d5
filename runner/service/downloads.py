"""The shelf, over HTTP: whole films behind signed links, with ranges, a strong ETag, and no key."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from .desk import Desk

_EXPIRES: Final = re.compile(r"[0-9]{1,12}")


def download_routes(desk: Desk) -> list[Route]:
    """Return the routes that serve films to whoever has a link."""

    async def send(request: Request) -> Response:
        return _send(desk, request)

    return [Route("/files/{file_id:str}/output.mp4", send, methods=["GET", "HEAD"])]


def _send(desk: Desk, request: Request) -> Response:
    file_id = request.path_params["file_id"]
    expires, signature = request.query_params.get("expires", ""), request.query_params.get("signature", "")
    if not _EXPIRES.fullmatch(expires):
        return PlainTextResponse("the link is not complete: ask for a new one\n", status_code=403)
    if not desk.links.is_valid(file_id, expires=expires, signature=signature, now=desk.clock()):
        return PlainTextResponse("the link has expired or was changed: ask for a new one\n", status_code=403)
    task = desk.task_of_file(file_id)
    path = desk.shelf / f"{task.task_id}.mp4" if task else None
    if task is None or task.film is None or path is None or not path.is_file():
        return PlainTextResponse("the file is gone\n", status_code=404)
    headers = {"etag": f'"{task.film.sha256}"', "cache-control": "private, no-transform"}
    return FileResponse(path, headers=headers, media_type="video/mp4", filename="output.mp4")
