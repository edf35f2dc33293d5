"""What is answered to whoever calls: the handshake's own words, a thank-you, or as little as can be said.

Source: platform.minimax.io/docs/api-reference/video-generation-s2v, `callback_url` (D): a POST with `challenge` is to
be answered within 3 s with the same JSON; later POSTs have the structure of the query's answer, with the status words
processing, success and failed, and are answered by `{"status": "success"}`. No signature, order or number of tries is
documented (U), so nothing is built on them. V-API documents the same, sent by MiniMax itself (D).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from ...engine.ports import Hint
from .mailbox import Mailbox
from .paths import Paths

BODY_MOST: Final = 64 * 1024  # bytes; a real call has some hundred
BODY_S: Final = 10.0  # for the whole body to arrive

_JOB_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,256}")
_UNFINISHED: Final = frozenset({"processing", "preparing", "queueing"})  # the callback's word, and the query's (D)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    document: Any


NOT_FOUND: Final = Answer(404, {"error": "not found"})
BAD_JSON: Final = Answer(400, {"error": "expected a JSON object"})
TOO_LONG: Final = Answer(413, {"error": f"more than {BODY_MOST} bytes"})
TOO_SLOW: Final = Answer(408, {"error": "the body did not arrive in time"})
TOO_MUCH: Final = Answer(503, {"error": "try again later"})
THANKS: Final = Answer(200, {"status": "success"})


class Reception:
    """An ASGI application. A path that is not ours is turned away before a byte of its body is read."""

    def __init__(self, paths: Paths, mailbox: Mailbox) -> None:
        """Take calls on these paths, and put what they say into the box."""
        self._paths = paths
        self._mailbox = mailbox

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request; one whose sender went away is dropped."""
        submit = self._paths.read(scope["path"]) if scope["method"] == "POST" else None
        answer = NOT_FOUND if submit is None else await self._hear(submit, receive)
        if answer is not None:
            await _send(send, answer)

    async def _hear(self, submit: tuple[str, int], receive: Receive) -> Answer | None:
        try:
            async with asyncio.timeout(BODY_S):
                body = await _body(receive)
        except TimeoutError:
            return TOO_SLOW
        if body is None:
            return None
        return TOO_LONG if len(body) > BODY_MOST else self._answer(submit, body)

    def _answer(self, submit: tuple[str, int], body: bytes) -> Answer:
        document = _document(body)
        if document is None:
            return BAD_JSON
        if (challenge := document.get("challenge")) is not None:
            return Answer(200, {"challenge": challenge})
        return THANKS if self._mailbox.put(read_hint(*submit, document)) else TOO_MUCH


def read_hint(key: str, attempt: int, document: dict[str, Any]) -> Hint:
    """Return what a call says about a submit; a job id that cannot be one is no job id."""
    task_id, status = document.get("task_id"), document.get("status")
    text = str(task_id) if isinstance(task_id, str | int) and not isinstance(task_id, bool) else ""
    is_id = bool(_JOB_ID.fullmatch(text)) and bool(text.strip("0"))
    is_over = not (isinstance(status, str) and status.lower() in _UNFINISHED)
    return Hint(key=key, attempt=attempt, job_id=text if is_id else None, is_over=is_over)


async def _body(receive: Receive) -> bytes | None:
    """Return the body, or a little more than the most of it; None when the sender has gone."""
    body = bytearray()
    while len(body) <= BODY_MOST:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return bytes(body)


def _document(body: bytes) -> dict[str, Any] | None:
    """Return the JSON object in a body that can be said again as JSON; None for anything else."""
    try:
        document = json.loads(body)
        json.dumps(document, allow_nan=False)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


async def _send(send: Send, answer: Answer) -> None:
    body = json.dumps(answer.document).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if answer.status >= BAD_JSON.status:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
