"""The MiniMax dialect, served: three routes, the documented body, and business errors inside HTTP 200.

Sources: platform.minimax.io/docs/api-reference/video-generation-s2v, -query and -download, errorcode. A finished task
also says under `animatic` how the film was made, and what of the prompt was obeyed. The relays (V-API, 302.AI) pass
this shape on, so they use its words.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..model import MODEL
from ..values import dataclass
from .counter import Counter, Linked, Serve, in_query
from .desk import Desk
from .fields import Fields, callback_of, fields_of, optimizer_of, prompt_of, seed_of
from .intake import Body
from .order import Account, Draft, Reason, Refusal, Status, Task
from .portraits import DOCUMENTED

NAME: Final = "minimax"
OK: Final = 0
BROKEN: Final = 1000
INVALID_PARAMS: Final = 2013
WORDS: Final = {
    Status.PREPARING: "Preparing",
    Status.QUEUED: "Queueing",
    Status.RENDERING: "Processing",
    Status.MADE: "Success",
    Status.FAILED: "Fail",
}
REFUSALS: Final[Mapping[Reason, tuple[int, str]]] = {
    Reason.KEY: (1004, "login fail: please carry the API key in the Authorization header"),  # probed (P)
    Reason.INPUT: (INVALID_PARAMS, "invalid params"),
    Reason.NO_JOB: (INVALID_PARAMS, "invalid params"),
    Reason.NO_FILE: (INVALID_PARAMS, "invalid params"),
    Reason.CONTENT: (1026, "input new_sensitive"),
    Reason.BALANCE: (1008, "insufficient balance"),
    Reason.RATE: (1002, "rate limit"),
    Reason.CROWD: (1041, "conn limit"),
}
_EXPLAINED: Final = frozenset({Reason.INPUT, Reason.NO_JOB, Reason.NO_FILE, Reason.RATE, Reason.CROWD})


@dataclass(frozen=True, slots=True)
class MiniMaxVoice:
    """Every no is HTTP 200 with a code in `base_resp`."""

    def refuse(self, refusal: Refusal) -> Response:
        """Return the refusal as a code and its words."""
        code, words = REFUSALS[refusal.reason]
        reply = answer({}, code, f"{words}, {refusal}" if refusal.reason in _EXPLAINED else words)
        return with_retry_after(reply, refusal)

    def code(self, number: int, words: str) -> Response:
        """Return any code."""
        return answer({}, number, words)


def minimax_routes(desk: Desk) -> list[Route]:
    """Return the routes of the dialect."""
    counter = Counter(desk=desk, dialect=NAME, voice=MiniMaxVoice(), rules=DOCUMENTED)
    return [
        counter.route("/v1/video_generation", submit_with(counter, read_draft), method="POST"),
        counter.route("/v1/query/video_generation", counter.asked(in_query, progress)),
        counter.route("/v1/files/retrieve", retrieve_with(counter)),
    ]


def submit_with(counter: Counter, read: Callable[[Body], Draft]) -> Serve:
    """Return how a counter takes orders in this shape."""

    async def submit(request: Request, account: Account) -> Response:
        return await counter.submit(request, account, read=read, word=lambda task: answer({"task_id": task.task_id}))

    return submit


def retrieve_with(counter: Counter) -> Serve:
    """Return how a counter looks up `?file_id=` in this shape."""

    async def retrieve(request: Request, account: Account) -> Response:
        task = counter.desk.task_of_file(request.query_params.get("file_id", ""), account)
        return await counter.retrieve(request, task, word=_file)

    return retrieve


def progress(task: Task, _: Linked) -> Response:
    """Say how far a task is."""
    if task.status == Status.FAILED:
        words = f"unknown error, {task.reason}" if task.code is None else str(task.reason)
        return answer(_progress_fields(task), task.code or BROKEN, words)
    return answer(_progress_fields(task))


def _progress_fields(task: Task) -> dict[str, object]:
    """Return the fields of a query; an unfinished task has an empty file id and no size, as the provider's own has."""
    film = task.film
    fields: dict[str, object] = {
        "task_id": task.task_id,
        "status": WORDS[task.status],
        "file_id": film.file_id if film else "",
        "video_width": film.width if film else 0,
        "video_height": film.height if film else 0,
    }
    return fields | ({"animatic": film.notes} if film and film.notes else {})


def _file(task: Task, link: Linked) -> Response:
    assert task.film is not None
    file = {
        "file_id": task.film.file_id,
        "bytes": 0,  # as the provider answers, whatever the size
        "created_at": int(task.film.made_at),
        "filename": "output_aigc.mp4",
        "purpose": "video_generation",
        "download_url": link(),
    }
    return answer({"file": file})


def answer(fields: dict[str, object], code: int = OK, words: str = "success") -> JSONResponse:
    """Return fields and the code that says how it went."""
    base_resp = {"status_code": code, "status_msg": words}
    return JSONResponse({**fields, "base_resp": base_resp}, headers={"Trace-Id": uuid.uuid4().hex})


def with_retry_after(reply: Response, refusal: Refusal) -> Response:
    """Add the pause that the refusal asks for, in whole seconds rounded up."""
    if refusal.retry_after_s is not None:
        reply.headers["retry-after"] = str(math.ceil(refusal.retry_after_s))
    return reply


def read_draft(body: Body) -> Draft:
    """Return what a body asks for: `image` is an array of one string."""
    return draft_of(body, image_in_array)


def draft_of(body: Body, image_of: Callable[[object], str]) -> Draft:
    """Return what a body asks for; `image_of` takes the one string out of the image field."""
    fields = fields_of(body.value)
    if fields.get("model") != MODEL:
        raise Refusal(f"model must be {MODEL}")
    return Draft(
        pictures=(body.picture(_image(fields, image_of)),),
        prompt=prompt_of(fields),
        prompt_optimizer=optimizer_of(fields),
        seed=seed_of(fields),
        callback_url=callback_of(fields),
    )


def _image(fields: Fields, image_of: Callable[[object], str]) -> str:
    match fields.get("subject_reference"):
        case [{"type": "character", "image": image}]:
            return image_of(image)
        case [{"type": "character"}]:
            raise Refusal("subject_reference[0].image is missing")
        case [Mapping()]:
            raise Refusal("subject_reference[0].type must be character")
        case _:
            raise Refusal("subject_reference must be an array of exactly one object")


def image_in_array(image: object) -> str:
    """Return the one string of an array."""
    match image:
        case [str(text)]:
            return text
        case _:
            raise Refusal("subject_reference[0].image must be an array of exactly one string")
