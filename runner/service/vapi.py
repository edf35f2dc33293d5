"""V-API's dialect, served: MiniMax's shape under /task, `image` as a bare string, one query for every kind of task.

Sources: the seed page (D) for the submit; gpt.morphogen.top, query-results-general (D) for `GET /task/{task_id}`; a
working client (C) for the file look-up. What the gateway itself refuses comes in the shapes of the software that it is
taken to run, a relative of one-api (I); what MiniMax would refuse comes as MiniMax's own codes (C).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..values import dataclass
from .counter import Counter, in_path
from .desk import Desk
from .intake import Body
from .minimax import MiniMaxVoice, draft_of, progress, retrieve_with, submit_with, with_retry_after
from .order import Draft, Reason, Refusal
from .portraits import DOCUMENTED

NAME: Final = "vapi"
_GATEWAY: Final[Mapping[Reason, tuple[int, str]]] = {
    Reason.KEY: (401, "invalid_api_key"),
    Reason.RATE: (429, "rate_limit_exceeded"),
    Reason.CROWD: (429, "rate_limit_exceeded"),
}


@dataclass(frozen=True, slots=True)
class VApiVoice(MiniMaxVoice):
    """The gateway's own no is an HTTP status with `error`; an unknown task is a code of its own."""

    def refuse(self, refusal: Refusal) -> Response:
        """Return the refusal, from the gateway or from behind it."""
        if refusal.reason in _GATEWAY:
            status, code = _GATEWAY[refusal.reason]
            error = {"message": str(refusal), "type": "new_api_error", "param": "", "code": code}
            return with_retry_after(JSONResponse({"error": error}, status), refusal)
        if refusal.reason == Reason.NO_JOB:
            return JSONResponse({"code": "task_not_exist", "message": "task_not_exist", "data": None}, 400)
        return MiniMaxVoice.refuse(self, refusal)


def vapi_routes(desk: Desk) -> list[Route]:
    """Return the routes of the dialect."""
    counter = Counter(desk=desk, dialect=NAME, voice=VApiVoice(), rules=DOCUMENTED)
    return [
        counter.route("/task/minimax/v1/video_generation", submit_with(counter, read_draft), method="POST"),
        counter.route("/task/minimax/v1/files/retrieve", retrieve_with(counter)),
        counter.route("/task/{task_id:str}", counter.asked(in_path, progress)),
    ]


def read_draft(body: Body) -> Draft:
    """Return what a body asks for: `image` is a string."""
    return draft_of(body, _image_as_string)


def _image_as_string(image: object) -> str:
    """Return the image field itself."""
    if not isinstance(image, str):
        raise Refusal("subject_reference[0].image must be a string")
    return image
