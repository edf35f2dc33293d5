"""Does a fault to a reply: what it is to happen, then it happens on the wire.

A reply that hangs up needs the server's own connection, which `server` offers in the scope; without one, as in process,
the request raises `ConnectionResetError`.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final, Protocol, cast

from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from ..values import dataclass
from .faults import WORDS, Answer, Code, Cut, Effect, Garble, HangUp, Say, Slow
from .order import Refusal

HANG_UP: Final = "s2v.hang_up"  # in the scope: a function that ends the connection; its argument says whether by reset
_PIECES: Final = 10  # in which a slow body comes
_BARE: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})  # they have no body (RFC 9110)
_PAGE: Final = "<!doctype html><title>Welcome</title><p>Please log in to this network.</p>\n"


class Voice(Protocol):
    """How a dialect says no."""

    def refuse(self, refusal: Refusal) -> Response:
        """Return the dialect's words for a refusal."""

    def code(self, number: int, words: str) -> Response:
        """Return the dialect's shape of a provider's own error number."""


async def befall(effect: Effect | None, voice: Voice, perform: Callable[[], Awaitable[Response]]) -> Response:
    """Return the reply to a request at which `effect` strikes; `perform` does what was asked and gives its own."""
    match effect:
        case Say(reason=reason, retry_after_s=retry_after_s):
            return voice.refuse(Refusal(WORDS, reason, retry_after_s=retry_after_s))
        case HangUp() | Answer() | Code() | Garble() if not effect.performs:
            return _instead(effect, voice)
    reply = await perform()
    match effect:
        case HangUp() | Answer() | Code() | Garble():
            return _instead(effect, voice)
        case Slow(seconds=seconds):
            return _Bent(reply, seconds=seconds)
        case Cut(share=share):
            return _Bent(reply, share=share)
        case _:
            return reply


def _instead(effect: HangUp | Answer | Code | Garble, voice: Voice) -> Response:
    match effect:
        case HangUp(reset=reset):
            return _Silence(reset=reset)
        case Answer(status=status, retry_after_s=retry_after_s):
            words = "nothing\n" if status < HTTPStatus.BAD_REQUEST else "the gateway has trouble\n"
            reply: Response = PlainTextResponse("" if status in _BARE else words, status)
        case Code(number=number, words=words, retry_after_s=retry_after_s):
            reply = voice.code(number, words)
        case Garble(what=what):
            return _GARBLED[what]()
    if retry_after_s is not None:
        reply.headers["retry-after"] = str(math.ceil(retry_after_s))  # RFC 9110 knows whole seconds
    return reply


_GARBLED: Final[dict[str, Callable[[], Response]]] = {
    "malformed": lambda: Response('{"task_id": "10', media_type="application/json"),
    "html": lambda: HTMLResponse(_PAGE),
    "empty": lambda: Response(b"", media_type="application/json"),
    "list": lambda: Response("[]", media_type="application/json"),
}


class _Silence(Response):
    """No reply at all: the connection ends."""

    def __init__(self, *, reset: bool) -> None:
        super().__init__()
        self._reset = reset

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        await _hang_up(scope, receive, reset=self._reset)


class _Bent(Response):
    """A reply whose body comes slowly, or ends too early."""

    def __init__(self, reply: Response, *, seconds: float = 0.0, share: float = 1.0) -> None:
        super().__init__()
        self._reply = reply
        self._seconds = seconds
        self._share = share

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        bend = _Bend(send, self._seconds, self._share)
        await self._reply(scope, receive, bend.send)
        if bend.is_over:
            await _hang_up(scope, receive, reset=False)


@dataclass(slots=True)
class _Bend:
    """Stands between a reply and the wire."""

    wire: Send
    seconds: float
    share: float
    length: int = 0
    left: float = 0.0
    is_over: bool = False

    async def send(self, message: Message) -> None:
        if self.is_over:
            return
        if message["type"] == "http.response.start":
            self.length = _length(message)
            self.left = self.share * self.length
            await self.wire(message)
            return
        body = cast("bytes", message.get("body", b""))
        if self.share < 1.0 and len(body) >= self.left:
            await self.wire({"type": "http.response.body", "body": body[: int(self.left)], "more_body": True})
            self.is_over = True
            return
        self.left -= len(body)
        for piece in _pieces(body) if self.seconds else ():
            await asyncio.sleep(self.seconds * len(piece) / max(self.length, len(body)))
            await self.wire({"type": "http.response.body", "body": piece, "more_body": True})
        await self.wire({**message, "body": b""} if self.seconds else message)


def _pieces(body: bytes) -> list[bytes]:
    size = max(1, -(-len(body) // _PIECES))
    return [body[start : start + size] for start in range(0, len(body), size)]


def _length(start: Message) -> int:
    return next((int(value) for name, value in start["headers"] if name.lower() == b"content-length"), 0)


async def _hang_up(scope: Scope, receive: Receive, *, reset: bool) -> None:
    """End the connection, and return when it has ended: the server answers for whoever leaves before."""
    hang_up = scope.get("extensions", {}).get(HANG_UP)
    if hang_up is None:
        raise ConnectionResetError("the fault script ends the connection")
    hang_up(reset=reset)
    while (await receive())["type"] != "http.disconnect":
        continue
