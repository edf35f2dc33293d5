"""302.AI's dialect, served: MiniMax's shape under /minimaxi, and the unified route of all its models under /302.

Sources: the seed page (D) for fields and prompt length; 302.AI's own apps (C) for paths, unknown tasks and the unified
route; apps and an SDK (C) for the gateway's `error`. The page calls `image` a string "stored in an array in string
form", so both are taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..values import dataclass
from .counter import Counter, Linked, in_path, in_query
from .desk import Desk
from .fields import fields_of, optimizer_of, prompt_of, seed_of
from .intake import Body
from .minimax import (
    MiniMaxVoice,
    draft_of,
    image_in_array,
    progress,
    retrieve_with,
    submit_with,
    with_retry_after,
)
from .order import Account, Draft, Reason, Refusal, Status, Task
from .portraits import DOCUMENTED

NAME: Final = "ai302"
UNIFIED_MODEL: Final = "minimaxi_S2V-01"
WORDS_BELOW: Final = 200
_QUOTA: Final = -10006  # quota limit reached (C)
_BUSY: Final = -10008  # no available channels currently (C)
_GATEWAY: Final[Mapping[Reason, tuple[int, int]]] = {
    Reason.KEY: (401, -10001),  # the number is inferred (I)
    Reason.BALANCE: (402, _QUOTA),  # the status is inferred (I)
    Reason.RATE: (429, _BUSY),
    Reason.CROWD: (429, _BUSY),
}
_UNIFIED: Final = {
    Status.PREPARING: "queued",
    Status.QUEUED: "queued",
    Status.RENDERING: "processing",
    Status.MADE: "completed",
    Status.FAILED: "failed",
}


@dataclass(frozen=True, slots=True)
class Ai302Voice(MiniMaxVoice):
    """The gateway's own no is `error` with an `err_code`; an unknown task is a code of its own."""

    def refuse(self, refusal: Refusal) -> Response:
        """Return the refusal, from the gateway or from behind it."""
        if refusal.reason in _GATEWAY:
            status, code = _GATEWAY[refusal.reason]
            return with_retry_after(_error(code, str(refusal), status), refusal)
        if refusal.reason == Reason.NO_JOB:
            return JSONResponse({"code": "task_not_exist", "message": "task not exist"})
        return MiniMaxVoice.refuse(self, refusal)


@dataclass(frozen=True, slots=True)
class UnifiedVoice(Ai302Voice):
    """On the unified route every no is the gateway's."""

    def refuse(self, refusal: Refusal) -> Response:
        """Return the refusal."""
        if refusal.reason in {Reason.INPUT, Reason.CONTENT}:
            return _error(-10011, str(refusal), 400)  # the number is inferred (I)
        return Ai302Voice.refuse(self, refusal)


def _error(code: int, words: str, status: int) -> Response:
    said = dict.fromkeys(("message", "message_cn", "message_en", "message_ja"), words)
    return JSONResponse({"error": {"err_code": code, **said, "type": "api_error"}}, status)


def ai302_routes(desk: Desk) -> list[Route]:
    """Return the routes of the dialect."""
    counter = Counter(desk=desk, dialect=NAME, voice=Ai302Voice(), rules=DOCUMENTED)
    unified = replace(counter, voice=UnifiedVoice())

    async def create(request: Request, account: Account) -> Response:
        return await unified.submit(request, account, read=_read_unified, word=_created)

    return [
        counter.route("/minimaxi/v1/video_generation", submit_with(counter, read_draft), method="POST"),
        counter.route("/minimaxi/v1/query/video_generation", counter.asked(in_query, progress)),
        counter.route("/minimaxi/v1/files/retrieve", retrieve_with(counter)),
        unified.route("/302/video/create", create, method="POST"),
        unified.route("/302/video/fetch/{task_id:str}", unified.asked(in_path, _fetched)),
    ]


def read_draft(body: Body) -> Draft:
    """Return what a body asks for: `image` is a string or an array of one; the prompt has less than 200 words."""
    draft = draft_of(body, lambda image: image if isinstance(image, str) else image_in_array(image))
    _count_words(draft.prompt)
    return replace(draft, callback_url=None)  # not in this provider's list of parameters, so it is passed over (D)


def _count_words(prompt: str | None) -> None:
    words = len((prompt or "").split())
    if words >= WORDS_BELOW:
        raise Refusal(f"prompt has {words} words, expected less than {WORDS_BELOW}")


def _read_unified(body: Body) -> Draft:
    fields = fields_of(body.value)
    image = fields.get("image")
    if fields.get("model") != UNIFIED_MODEL:
        raise Refusal(f"model must be {UNIFIED_MODEL}")
    if not isinstance(image, str):
        raise Refusal("image must be a string")
    prompt = prompt_of(fields)
    _count_words(prompt)
    picture = body.picture(image)
    return Draft(pictures=(picture,), prompt=prompt, prompt_optimizer=optimizer_of(fields), seed=seed_of(fields))


def _created(task: Task) -> Response:
    return JSONResponse({"task_id": task.task_id, "status": _UNIFIED[task.status]})


def _fetched(task: Task, link: Linked) -> Response:
    url = link() if task.film and task.film.file_id else ""
    fields = {"task_id": task.task_id, "status": _UNIFIED[task.status], "url": url}
    return JSONResponse(fields | ({"message": task.reason} if task.status == Status.FAILED else {}))
