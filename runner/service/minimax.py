"""The MiniMax dialect, served: three routes, the documented body, and business errors inside HTTP 200.

One field is this service's own: an integer `seed`, which makes takes of one pair differ; without it the task id
chooses. A finished task also says under `animatic` how the film was made, and what of the prompt was obeyed. Unknown
fields are let pass, as clients send several. `Preparing` is a documented status that this service never needs.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ..model import MODEL
from .desk import Desk
from .order import Order, RefusedOrderError, Status, Task
from .portraits import read_data_url

OK: Final = 0
BROKEN: Final = 1000
NOT_AUTHORIZED: Final = 1004
INVALID_PARAMS: Final = 2013
PROMPT_MOST: Final = 2000  # characters
SEED_BELOW: Final = 2**53  # what every JSON reader keeps exactly
WORDS: Final = {
    Status.QUEUED: "Queueing",
    Status.RENDERING: "Processing",
    Status.MADE: "Success",
    Status.FAILED: "Fail",
}


def minimax_routes(desk: Desk) -> list[Route]:
    """Return the routes of the dialect."""

    async def submit(request: Request) -> JSONResponse:
        return await _submit(desk, request)

    async def query(request: Request) -> JSONResponse:
        return _query(desk, request)

    async def retrieve(request: Request) -> JSONResponse:
        return _retrieve(desk, request)

    return [
        Route("/v1/video_generation", submit, methods=["POST"]),
        Route("/v1/query/video_generation", query, methods=["GET"]),
        Route("/v1/files/retrieve", retrieve, methods=["GET"]),
    ]


async def _submit(desk: Desk, request: Request) -> JSONResponse:
    if not desk.admits(request):
        return _stranger()
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return _answer({}, INVALID_PARAMS, "invalid params, the Content-Type must be application/json")
    try:
        return _answer({"task_id": await desk.accept(request, read_order)})
    except RefusedOrderError as refusal:
        return _answer({}, INVALID_PARAMS, f"invalid params, {refusal}")


def _query(desk: Desk, request: Request) -> JSONResponse:
    if not desk.admits(request):
        return _stranger()
    task = desk.task(request.query_params.get("task_id", ""))
    if task is None:
        return _answer({}, INVALID_PARAMS, "invalid params, invalid task_id")
    if task.status == Status.FAILED:
        return _answer(_progress(task), BROKEN, f"unknown error, {task.reason}")
    return _answer(_progress(task))


def _progress(task: Task) -> dict[str, object]:
    """An unfinished task has an empty file id and no size, as the provider's own has."""
    film = task.film
    progress: dict[str, object] = {
        "task_id": task.task_id,
        "status": WORDS[task.status],
        "file_id": film.file_id if film else "",
        "video_width": film.width if film else 0,
        "video_height": film.height if film else 0,
    }
    return progress | ({"animatic": film.notes} if film and film.notes else {})


def _retrieve(desk: Desk, request: Request) -> JSONResponse:
    if not desk.admits(request):
        return _stranger()
    task = desk.task_of_file(request.query_params.get("file_id", ""))
    if task is None or task.film is None:
        return _answer({}, INVALID_PARAMS, "invalid params, invalid file_id")
    file = {
        "file_id": task.film.file_id,
        "bytes": 0,  # as the provider answers, whatever the size
        "created_at": int(task.film.made_at),
        "filename": "output_aigc.mp4",
        "purpose": "video_generation",
        "download_url": desk.link(task.film.file_id, request),
    }
    return _answer({"file": file})


def _stranger() -> JSONResponse:
    return _answer({}, NOT_AUTHORIZED, "login fail: please carry the API key in the Authorization header")


def _answer(fields: dict[str, object], code: int = OK, words: str = "success") -> JSONResponse:
    base_resp = {"status_code": code, "status_msg": words}
    return JSONResponse({**fields, "base_resp": base_resp}, headers={"Trace-Id": uuid.uuid4().hex})


def read_order(document: Any) -> Order:  # noqa: ANN401 - a parsed JSON body; nothing of it goes further unread
    """Return the order in a request body, or raise `RefusedOrderError` with what was expected."""
    if not isinstance(document, dict):
        raise RefusedOrderError("the request body is not a JSON object")
    if document.get("model") != MODEL:
        raise RefusedOrderError(f"model must be {MODEL}")
    if document.get("callback_url") is not None:
        raise RefusedOrderError("callback_url is not served yet: query the task instead")
    return Order(
        portrait=read_data_url(_image(document.get("subject_reference"))),
        prompt=_prompt(document.get("prompt")),
        prompt_optimizer=_optimizer(document.get("prompt_optimizer")),
        seed=_seed(document.get("seed")),
    )


def _image(references: object) -> str:
    match references:
        case [{"type": "character", "image": [str(image)]}]:
            return image
        case [{"type": "character", "image": _}]:
            raise RefusedOrderError("subject_reference[0].image must be an array of exactly one string")
        case [Mapping()]:
            raise RefusedOrderError("subject_reference[0].type must be character")
        case _:
            raise RefusedOrderError("subject_reference must be an array of exactly one object")


def _prompt(prompt: object) -> str | None:
    if prompt is None or prompt == "":
        return None
    if not isinstance(prompt, str):
        raise RefusedOrderError("prompt must be a string")
    if len(prompt) > PROMPT_MOST:
        raise RefusedOrderError(f"prompt has {len(prompt)} characters, expected at most {PROMPT_MOST}")
    if any("\ud800" <= letter <= "\udfff" for letter in prompt):
        raise RefusedOrderError("prompt holds half of a surrogate pair, which is no character")
    return prompt


def _optimizer(wanted: object) -> bool:
    if wanted is None:
        return True
    if not isinstance(wanted, bool):
        raise RefusedOrderError("prompt_optimizer must be true or false")
    return wanted


def _seed(seed: object) -> int | None:
    if seed is None:
        return None
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < SEED_BELOW:
        raise RefusedOrderError(f"seed must be a whole number from 0 to {SEED_BELOW - 1}")
    return seed
