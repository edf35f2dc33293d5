"""What is answered to whoever calls: what the provider expects, or as little as can be said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from ...dialects.calls import THANKS, News, read_call
from ...engine.ports import Hint
from ...values import dataclass
from .mailbox import Mailbox
from .paths import Paths

BODY_MOST: Final = 64 * 1024  # bytes; a real call has some hundred
BODY_S: Final = 10.0  # for the whole body to arrive

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
        said = read_call(document)
        if not isinstance(said, News):
            return Answer(200, said)
        key, attempt = submit
        is_kept = self._mailbox.put(Hint(key=key, attempt=attempt, job_id=said.job_id, is_over=said.is_over))
        return Answer(200, THANKS) if is_kept else TOO_MUCH


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
