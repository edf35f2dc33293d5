"""A provider's API: spoken to with its key, and without following any redirect."""

from __future__ import annotations

import asyncio
import email.utils
import json
import re
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any, Final, Protocol
from urllib.parse import urlencode

import httpx

from ...dialects.seam import Call, Reply
from ...errors import ConfigError, DriftError, MaybeSent
from ...model import Portrait
from ...network import is_loopback
from .json_body import Body, PortraitBody, encode
from .secret import Secret
from .sender import Sender
from .sorting import configured, translated
from .transport import towards

REPLY_MOST: Final = 16 * 1024 * 1024  # bytes of JSON; an API answer is some hundred
REQUEST_MOST_S: Final = 600.0  # from the first byte sent to the last one read, however they drip
_TEXT_MOST: Final = 2048  # characters of a body kept for messages
_PACKED: Final = frozenset({"gzip", "x-gzip", "deflate"})
_ANY_HEAD: Final = 32 + zlib.MAX_WBITS  # gzip's or zlib's, as the bytes say

_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")  # in a text that was UTF-8 none can stand but as an escape
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
            NotSent: provably nothing left this machine.
            MaybeSent: it may have arrived.
            DriftError: a portrait is not what was planned; nothing was sent.
        """
        headers = {"Accept": "application/json"}
        if call.idempotency_key is not None:
            headers["Idempotency-Key"] = call.idempotency_key
        if call.body is None:
            return await self._exchange(self._request(call, headers, None))
        body = encode(call.body, self._portraits.open_body)
        try:
            headers |= {"Content-Type": "application/json", "Content-Length": str(body.content_length)}
            return await self._exchange(self._request(call, headers, body))
        except (DriftError, OSError) as error:
            raise MaybeSent(f"a portrait changed while it was sent: {error}") from error
        finally:
            body.close()

    def _request(self, call: Call, headers: Mapping[str, str], body: Body | None) -> httpx.Request:
        query = f"?{urlencode(call.query)}" if call.query else ""
        url = f"{self._base_url}{call.path}{query}"
        return self._sender.request(call.method, url, headers=headers, content=body.stream() if body else None)

    async def _exchange(self, request: httpx.Request) -> Reply:
        try:
            async with asyncio.timeout(self._most_s), translated():
                response = await self._sender.send(request)
                raw = await self._body(response)
        except TimeoutError as error:
            raise MaybeSent(f"the request took longer than {self._most_s:g} s") from error
        blank = self._key.blanked if self._key else str
        text = raw.decode("utf-8", errors="replace")
        return Reply(
            status=response.status_code,
            headers={name.lower(): blank(value) for name, value in response.headers.items()},
            document=_document(blank(text)),
            text=blank(text)[:_TEXT_MOST],
            retry_after_s=retry_after_s(response.headers.get("retry-after"), now=self._now()),
        )

    async def _body(self, response: httpx.Response) -> bytes:
        try:
            async with asyncio.timeout(self._sender.timeout_s):
                return await _bounded(response, REPLY_MOST)
        except TimeoutError as error:
            raise MaybeSent(f"the answer did not end within {self._sender.timeout_s:g} s") from error
        finally:
            await response.aclose()


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
        sender = Sender(
            httpx.ASGITransport(app=app) if app else towards(httpx.URL(base_url)),
            timeout_s=timeout_s,
            headers=_authorization(base_url, key, is_in_process=app is not None),
        )
    async with sender:
        yield ApiWire(sender, base_url, portraits, now, key=key, most_s=most_s)


def _authorization(base_url: str, key: Secret | None, *, is_in_process: bool) -> dict[str, str]:
    if key is None:
        return {}
    url = httpx.URL(base_url)
    if url.scheme != "https" and not is_in_process and not is_loopback(url.host):
        raise ConfigError(f"the key for {url.host} would travel over plain http; use https")
    return {"Authorization": f"Bearer {key.reveal()}"}


def retry_after_s(header: str | None, *, now: float) -> float | None:
    """Return a Retry-After header in seconds from now, or None when there is none that can be read."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _RETRY_AFTER_MOST_S)
    try:
        when = email.utils.parsedate_to_datetime(text)
        return max(0.0, (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None


async def _bounded(response: httpx.Response, most: int) -> bytes:
    """Return the body, also one that came packed against our wish; never hold more of it than `most`."""
    raw = bytearray()
    async for chunk in response.aiter_raw():
        raw += chunk
        if len(raw) > most:
            raise MaybeSent(f"the answer is longer than {most // 2**20} MiB")
    if response.headers.get("content-encoding", "").lower() not in _PACKED:
        return bytes(raw)
    try:
        content = zlib.decompressobj(_ANY_HEAD).decompress(raw, most + 1)
    except zlib.error as error:
        raise MaybeSent(f"the answer came packed and cannot be unpacked: {error}") from error
    if len(content) > most:
        raise MaybeSent(f"the answer is longer than {most // 2**20} MiB")
    return content


def _document(text: str) -> Any:  # noqa: ANN401 - whatever the provider sent
    try:
        document = json.loads(text)
        if not _SURROGATE.search(text):
            return document
        # A lone surrogate (an escape cut in half) is no text: nothing could print it, or store it in a column.
        return json.loads(json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
