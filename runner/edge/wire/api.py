"""A provider's API: spoken to with its key, and without following any redirect."""

from __future__ import annotations

import asyncio
import email.utils
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, closing
from datetime import UTC
from typing import Any, Final, Protocol
from urllib.parse import quote_plus

from ...dialects.seam import Call, Reply
from ...errors import ConfigError, DriftError, MaybeSent, NotSent, WireError
from ...model import Portrait
from ...network import is_loopback
from ..portrait.body import PortraitBody
from ..secret import Secret
from .heard import Heard, object_in
from .json_body import Body, Outgoing, encode
from .place import place_of
from .pool import CONNECT_S
from .sender import Answer, GarbledError, Request, Sender
from .transport import towards, within
from .words import configured

REQUEST_MOST_S: Final = 600.0  # from the first byte sent to the last one read, however they drip
_FREE_SILENCES: Final = 2  # time-outs until an answer that costs nothing has begun, beside the one to connect
_AT_ONCE: Final = 512 * 1024  # bytes of a body that is made before it is sent; a longer one is made meanwhile
_TEXT_MOST: Final = 2048  # characters of a body kept for messages
_BEGINNING: Final = 200  # of those that are told of an answer that broke off
_TRACE_MOST: Final = 100

_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")  # in a text that was UTF-8 none can stand but as an escape
_SECONDS: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_RETRY_AFTER_MOST_S: Final = 366 * 86400.0  # keeps a number of a thousand digits finite; the pause has its own cap


class Portraits(Protocol):
    """Where the bytes of the portraits are."""

    def open_body(self, portrait: Portrait) -> PortraitBody:
        """Open a portrait for sending; raise DriftError when its bytes are not those that were planned."""


class ApiWire:
    """One provider's API. Made by `api`, which closes it."""

    def __init__(
        self, sender: Sender, base_url: str, portraits: Portraits, now: Callable[[], float], *,
        key: Secret | None, most_s: float,
    ) -> None:  # fmt: skip
        self._sender = sender
        self._base_url = base_url.rstrip("/")
        self._portraits = portraits
        self._now = now
        self._key = key
        self._most_s = most_s

    async def send(self, call: Call) -> Reply:
        """Send one request and read its whole, bounded answer.

        Raises:
            NotSent: provably nothing left this machine, or never the whole of it.
            MaybeSent: it may have arrived.
            DriftError: a portrait is not what was planned; nothing was sent.
        """
        headers = {"Accept": "application/json"}
        if call.idempotency_key is not None:
            headers["Idempotency-Key"] = call.idempotency_key
        if call.body is None:
            return await self._exchange(self._request(call, headers, None))
        with closing(encode(call.body, self._portraits.open_body)) as body:
            headers |= {"Content-Type": "application/json", "Content-Length": str(body.content_length)}
            if body.content_length <= _AT_ONCE:
                return await self._exchange(self._request(call, headers, _whole(body)))
            try:
                return await self._exchange(self._request(call, headers, Outgoing(body)))
            except (DriftError, OSError) as error:
                raise MaybeSent(f"a portrait changed while it was sent: {error}") from error

    def _request(self, call: Call, headers: Mapping[str, str], content: bytes | AsyncIterator[bytes] | None) -> Request:
        query = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in call.query.items())
        url = f"{self._base_url}{call.path}?{query}" if query else f"{self._base_url}{call.path}"
        return Request(method=call.method, url=url, headers=headers, content=content)

    async def _exchange(self, request: Request) -> Reply:
        heard = Heard()
        try:
            answer = await self._hear(request, heard)
            content = heard.content()
        except MaybeSent as error:
            if request.content is None:
                raise
            if isinstance(error, GarbledError) and (began := object_in(error.raw)):
                raise MaybeSent(f"{error}; {self._beginning(began)}") from error
            if heard.answer is None:
                raise
            return self._salvaged(heard.answer, heard, error)
        return self._reply(answer, content)

    def _reply(self, answer: Answer, content: bytes) -> Reply:
        blank = self._key.blanked if self._key else str
        text = blank(content.decode("utf-8-sig", errors="replace"))
        return Reply(
            status=answer.status,
            headers={name: blank(value) for name, value in answer.headers.items()},
            document=_document(text),
            text=text[:_TEXT_MOST],
            retry_after_s=retry_after_s(answer.headers, now=self._now()),
        )

    def _salvaged(self, answer: Answer, heard: Heard, error: MaybeSent) -> Reply:
        """Return the answer to what may be paid, though it broke off, if a whole object of JSON came, as no cut one is.

        Else raise the error with what came, by which a person may find the job.
        """
        content = heard.remains()
        reply = self._reply(answer, content)
        if isinstance(reply.document, dict):
            return reply
        trace = reply.headers.get("trace-id", "")[:_TRACE_MOST]
        told = [f"HTTP {answer.status}", *([f"trace id {trace}"] if trace else [])]
        raise MaybeSent("; ".join([str(error), *told, self._beginning(content or heard.shreds())])) from error

    def _beginning(self, content: bytes) -> str:
        blank = self._key.blanked_to_its_end if self._key else str
        began = blank(" ".join(content.decode("utf-8-sig", errors="replace").split()))[:_BEGINNING]
        return f"the answer began: {began}" if began else "nothing of the answer can be read"

    async def _hear(self, request: Request, heard: Heard) -> Answer:
        """Take in the answer and its whole body, each within its time, and return it."""
        loop, body_s = asyncio.get_running_loop(), self._sender.timeout_s
        free_s = CONNECT_S + _FREE_SILENCES * body_s  # for a connection, a place among them, and the head
        begins_s = self._most_s if request.content is not None else min(self._most_s, free_s)
        ends_at, late = loop.time() + self._most_s, f"the request took longer than {begins_s:g} s"
        try:
            async with asyncio.timeout(begins_s) as patience:
                answer = heard.answer = await self._sender.send(request)
                until, late = loop.time() + body_s, f"the answer did not end within {body_s:g} s"
                if until >= ends_at:
                    until, late = ends_at, f"the request took longer than {self._most_s:g} s"
                patience.reschedule(until)
                try:
                    await heard.take_in(answer)
                finally:
                    await answer.close()
        except TimeoutError as error:
            raise _given_up(request, heard, late) from error
        return answer


@asynccontextmanager
async def api(
    base_url: str,
    key: Secret | None,
    *,
    portraits: Portraits,
    now: Callable[[], float],
    timeout_s: float,
    app: Callable[..., Awaitable[None]] | None = None,
    most_s: float = REQUEST_MOST_S,
) -> AsyncIterator[ApiWire]:
    """Give a wire to the API at `base_url`, over the network, or in process when `app` is an ASGI application.

    `timeout_s` bounds each silence and the body, `most_s` a whole request. Answers are stripped of the key.
    """
    with configured():
        headers = _authorization(base_url, key, is_in_process=app is not None)
        sender = (
            within(app, timeout_s=timeout_s, headers=headers)
            if app
            else towards(base_url, timeout_s=timeout_s, headers=headers)
        )
    async with sender:
        yield ApiWire(sender, base_url, portraits, now, key=key, most_s=most_s)


def _given_up(request: Request, heard: Heard, late: str) -> WireError:
    """Return what it means that we gave up a request: without the end of its body nobody has anything to act on.

    This holds only of what we end ourselves. Whoever hangs up or takes no more may have answered, and it was lost.
    """
    if heard.answer is None and isinstance(request.content, Outgoing) and request.content.stop():
        return NotSent(f"{late}, and its body never went out whole")
    return MaybeSent(late)


def _whole(body: Body) -> bytes:
    try:
        return body.whole()
    except OSError as error:
        raise DriftError(f"a portrait changed before it was sent: {error}") from error


def _authorization(base_url: str, key: Secret | None, *, is_in_process: bool) -> dict[str, str]:
    if key is None:
        return {}
    place = place_of(base_url)
    if place.scheme != "https" and not is_in_process and not is_loopback(place.host):
        raise ConfigError(f"the key for {place.host} would travel over plain http; use https")
    return {"Authorization": f"Bearer {key.reveal()}"}


def retry_after_s(headers: Mapping[str, str], *, now: float) -> float | None:
    """Return a Retry-After header in seconds from now, or None when there is none that can be read.

    A date is counted from the answer's own Date, for the clock here may be wrong; `now` stands in for one that is not
    there. Some send decimals, though no standard has them; where a host and a proxy both ask, the longer wish counts.
    """
    if (header := headers.get("retry-after")) is None:
        return None  # as nearly always: the parser of dates takes as long as the rest of an answer
    wishes = [wish.strip() for wish in header.split(",")]
    if all(map(_SECONDS.fullmatch, wishes)):
        return min(max(map(float, wishes)), _RETRY_AFTER_MOST_S)
    until, since = http_date(header.strip()), http_date(headers.get("date", ""))
    return None if until is None else max(0.0, until - (now if since is None else since))


def http_date(text: str) -> float | None:
    """Return the seconds since the epoch of an HTTP date, or None for what is none."""
    try:
        when = email.utils.parsedate_to_datetime(text)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def _document(text: str) -> Any:  # noqa: ANN401 - whatever the provider sent
    try:
        document = json.loads(text)
        if not _SURROGATE.search(text):
            return document
        # A lone surrogate (an escape cut in half) is no text: nothing could print it, or store it in a column.
        return json.loads(json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
