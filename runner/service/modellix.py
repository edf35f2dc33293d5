"""Modellix's dialect, served: the model in the path, HTTP statuses that mean what they say, links in the query.

Sources: the seed page and docs.modellix.ai/ways-to-use/api (D); Modellix's own clients (C) for the routes without
`/async`, the catalogue, the key check and the balance. The oldest generation of the submit, with MiniMax's
`subject_reference`, is served under its own path (D).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..model import MICROS
from ..values import dataclass
from .counter import Counter, Linked, in_path
from .desk import Desk
from .fields import Fields, fields_of, optimizer_of, prompt_of, seed_of
from .intake import Body
from .minimax import image_in_array, with_retry_after
from .order import Account, Draft, Reason, Refusal, Status, Task
from .portraits import RECOMMENDED

NAME: Final = "modellix"
MODEL_PATH: Final = "minimax/minimax-s2v-01"
MODEL_ID: Final = "minimax-s2v-01"
PICTURES_MOST: Final = 10
WORDS: Final = {
    Status.PREPARING: "pending",
    Status.QUEUED: "pending",
    Status.RENDERING: "processing",
    Status.MADE: "success",
    Status.FAILED: "failed",
}
STATUSES: Final[Mapping[Reason, int]] = {
    Reason.KEY: 401,
    Reason.INPUT: 400,
    Reason.CONTENT: 400,
    Reason.NO_JOB: 404,
    Reason.NO_FILE: 404,
    Reason.BALANCE: 402,
    Reason.RATE: 429,
    Reason.CROWD: 429,
}


@dataclass(frozen=True, slots=True)
class ModellixVoice:
    """Every no is an HTTP status, said again as `code`, and a message of category and detail."""

    clock: Callable[[], float]

    def refuse(self, refusal: Refusal) -> Response:
        """Return the refusal."""
        reply = self.code(STATUSES[refusal.reason], str(refusal))
        if refusal.retry_after_s is not None:
            reply.headers["x-ratelimit-remaining"] = "0"
            reply.headers["x-ratelimit-reset"] = str(int(self.clock() + refusal.retry_after_s) + 1)
        return with_retry_after(reply, refusal)

    def code(self, number: int, words: str) -> Response:
        """Return any HTTP status of an error as itself, and any other number under 500."""
        is_error = number >= HTTPStatus.BAD_REQUEST and number in set(HTTPStatus)
        status = number if is_error else HTTPStatus.INTERNAL_SERVER_ERROR
        return JSONResponse({"code": number, "message": f"{HTTPStatus(status).phrase}: {words}"}, status)


def modellix_routes(desk: Desk) -> list[Route]:
    """Return the routes of the dialect."""
    counter = Counter(desk=desk, dialect=NAME, voice=ModellixVoice(desk.clock), rules=RECOMMENDED)

    async def submit(request: Request, account: Account) -> Response:
        return await counter.submit(request, account, read=read_draft, word=lambda task: _taken(task, request))

    async def submit_oldest(request: Request, account: Account) -> Response:
        return await counter.submit(request, account, read=_read_oldest, word=lambda task: _taken(task, request))

    def told(task: Task, link: Linked) -> Response:
        return _progress(task, link, desk)

    async def models(_: Request, __: Account) -> Response:
        return _success([{"model_id": MODEL_ID, "provider": "minimax", "path": f"/api/v1/{MODEL_PATH}/async"}])

    async def validate(_: Request, __: Account) -> Response:
        return _success({"is_valid": True})

    async def balance(_: Request, account: Account) -> Response:
        left = desk.terms.left(desk.store.spent(account))
        return _success({"balance": left if left is not None else 1_000_000.0})

    return [
        counter.route(f"/api/v1/{MODEL_PATH}/async", submit, method="POST"),
        counter.route(f"/api/v1/{MODEL_PATH}", submit, method="POST"),
        counter.route(f"/api/v1/image-to-video/{MODEL_PATH}/async", submit_oldest, method="POST"),
        counter.route("/api/v1/tasks/{task_id:str}", counter.asked(in_path, told)),
        counter.route("/api/v1/models", models),
        counter.route("/api/v1/apikey/validate", validate),
        counter.route("/api/v1/team/balance", balance),
    ]


def read_draft(body: Body) -> Draft:
    """Return what a body asks for: one to ten pictures, of which the first is drawn."""
    fields = fields_of(body.value)
    images = fields.get("subject_reference_images")
    if not isinstance(images, list) or not 1 <= len(images) <= PICTURES_MOST:
        raise Refusal(f"parameter 'subject_reference_images' must be an array of 1 to {PICTURES_MOST} strings")
    if not all(isinstance(image, str) and image for image in images):
        raise Refusal("parameter 'subject_reference_images' must hold strings of at least 1 character")
    return _draft(fields, body, tuple(images))


def _read_oldest(body: Body) -> Draft:
    fields = fields_of(body.value)
    match fields.get("subject_reference"):
        case [{"type": "character", "image": image}]:
            return _draft(fields, body, (image_in_array(image),))
        case _:
            raise Refusal("parameter 'subject_reference' must be an array of one character with an image")


def _draft(fields: Fields, body: Body, images: tuple[str, ...]) -> Draft:
    if fields.get("prompt") == "":
        raise Refusal("parameter 'prompt' must have 1 to 2000 characters")
    return Draft(
        pictures=tuple(body.picture(image) for image in images),
        prompt=prompt_of(fields),
        prompt_optimizer=optimizer_of(fields),
        seed=seed_of(fields),
    )


def _taken(task: Task, request: Request) -> Response:
    url = f"{str(request.base_url).rstrip('/')}/api/v1/tasks/{task.task_id}"
    where = {"method": "GET", "url": url}
    return _success({"status": "pending", "task_id": task.task_id, "model_id": MODEL_ID, "get_result": where})


def _progress(task: Task, link: Linked, desk: Desk) -> Response:
    fields: dict[str, object] = {"status": WORDS[task.status], "task_id": task.task_id, "model_id": MODEL_ID}
    if task.status == Status.FAILED:
        why = f"{task.reason} ({task.code})" if task.code else task.reason
        return JSONResponse({"code": 0, "message": f"Generation failed: {why}", "data": fields})
    return _success(fields | (_result(task, link, desk) if task.film else {}))


def _result(task: Task, link: Linked, desk: Desk) -> dict[str, object]:
    """A finished task has its link in `resources`; `duration` is the milliseconds from submit to end."""
    film = task.film
    assert film is not None
    video = {
        "url": link(), "type": "video", "width": film.width, "height": film.height, "format": "mp4", "role": "primary",
    }  # fmt: skip
    metadata = {
        "request_id": uuid.uuid4().hex, "submit_time": _moment(task.accepted_at), "end_time": _moment(film.made_at),
    }  # fmt: skip
    return {
        "duration": round((film.made_at - task.accepted_at) * 1000),
        "result": {"resources": [video] if film.file_id else [], "metadata": metadata},
        "result_expires_at": _moment(desk.clock() + desk.terms.lifetime_s(NAME)),
        "billing": {"amount": f"{task.price.micros / MICROS:.4f}"},
    } | ({"animatic": film.notes} if film.notes else {})


def _success(data: object) -> Response:
    """Both marks of success: the page's schema has `code` and `message`, its sample `success`."""
    return JSONResponse({"code": 0, "message": "success", "success": True, "data": data})


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
