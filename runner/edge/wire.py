"""The wire: the only place that speaks HTTP.

Two clients: one for a provider's API, which carries its key and follows no redirect; one for downloads, which carries
no key, follows few redirects, and looks at every address before it connects. httpx's exceptions are sorted here, once,
into NotSent (safe to repeat, even a paid call) and MaybeSent (never repeat a paid call).

httpx's pool costs CPU in proportion to its idle connections squared, so the pool is small whatever the number of jobs.
"""

from __future__ import annotations

import email.utils
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final, Protocol
from urllib.parse import urljoin
from urllib.request import getproxies, proxy_bypass

import httpx

from .. import __version__
from ..dialects.seam import Call, PortraitSlot, Reply
from ..errors import DriftError, MaybeSent, NotSent
from ..model import Portrait
from .addresses import Refused, judge

CONNECTIONS: Final = 8
KEEPALIVE_S: Final = 30.0  # above the poll pace, below the idle time-out of common servers
CONNECT_S: Final = 10.0
REDIRECTS_MOST: Final = 4
REPLY_MOST: Final = 16 * 1024 * 1024  # bytes of JSON; an API answer is some hundred
_TEXT_MOST: Final = 2048  # characters of a body kept for messages

NOT_SENT: Final[tuple[type[Exception], ...]] = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
MAYBE_SENT: Final[tuple[type[Exception], ...]] = (httpx.RequestError, httpx.StreamError)
USER_AGENT: Final = f"s2v/{__version__}"


class Secret:
    """A key that cannot be printed by accident; `reveal` is called in one place, where the header is made."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the key itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


class PortraitBody(Protocol):
    """A portrait as ASCII text for a JSON body: a URL, or a data URL made while it is sent."""

    @property
    def content_length(self) -> int:
        """Return the exact number of bytes of the text."""

    def chunks(self) -> Iterator[bytes]:
        """Give the text piece by piece."""

    def close(self) -> None:
        """Close what is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A JSON request body in pieces, with its exact length."""

    pieces: Sequence[bytes | PortraitBody]

    @property
    def content_length(self) -> int:
        """Return the number of bytes that `stream` gives."""
        return sum(len(p) if isinstance(p, bytes) else p.content_length for p in self.pieces)

    async def stream(self) -> AsyncIterator[bytes]:
        """Give the bytes as they are sent."""
        for piece in self.pieces:
            if isinstance(piece, bytes):
                yield piece
                continue
            for chunk in piece.chunks():
                yield chunk

    def close(self) -> None:
        """Close every portrait."""
        for piece in self.pieces:
            if not isinstance(piece, bytes):
                piece.close()


def encode(document: Mapping[str, Any], open_portrait: Callable[[Portrait], PortraitBody]) -> Body:
    """Return the JSON of `document`, with the portrait's text in the place of its slot."""
    marker = secrets.token_hex(16)
    found: list[Portrait] = []

    def mark(value: object) -> str:
        if not isinstance(value, PortraitSlot):
            raise TypeError(f"not JSON: {type(value).__name__}")
        found.append(value.portrait)
        return marker

    parts = json.dumps(document, default=mark, separators=(",", ":")).encode().split(marker.encode())
    pieces: list[bytes | PortraitBody] = [parts[0]]
    for portrait, rest in zip(found, parts[1:], strict=True):
        pieces += [open_portrait(portrait), rest]
    return Body(pieces=pieces)


class Portraits(Protocol):
    """Where the bytes of the portraits are."""

    def open_body(self, portrait: Portrait) -> PortraitBody:
        """Open a portrait for sending; raise DriftError when its bytes are not those that were planned."""


class ApiWire:
    """One provider's API. Made by `api`, which closes it."""

    def __init__(self, client: httpx.AsyncClient, portraits: Portraits, now: Callable[[], float]) -> None:
        self._client = client
        self._portraits = portraits
        self._now = now

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
        except DriftError as error:
            raise MaybeSent(f"a portrait changed while it was sent: {error}") from error
        finally:
            body.close()

    def _request(self, call: Call, headers: Mapping[str, str], body: Body | None) -> httpx.Request:
        content = body.stream() if body else None
        query = dict(call.query) or None
        return self._client.build_request(call.method, call.path, params=query, headers=dict(headers), content=content)

    async def _exchange(self, request: httpx.Request) -> Reply:
        async with translated():
            response = await self._client.send(request, stream=True)
            try:
                raw = await _bounded(response, REPLY_MOST)
            finally:
                await response.aclose()
        return Reply(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            document=_document(raw),
            text=raw[:_TEXT_MOST].decode("utf-8", errors="replace"),
            retry_after_s=retry_after_s(response.headers.get("retry-after"), now=self._now()),
        )


@asynccontextmanager
async def api(
    base_url: str,
    key: Secret | None,
    *,
    portraits: Portraits,
    now: Callable[[], float],
    timeout_s: float,
    app: Callable[..., Awaitable[None]] | None = None,
) -> AsyncIterator[ApiWire]:
    """Give a wire to the API at `base_url`, over the network, or in process when `app` is an ASGI application."""
    headers = {"User-Agent": USER_AGENT}
    if key is not None:
        headers["Authorization"] = f"Bearer {key.reveal()}"
    async with httpx.AsyncClient(
        base_url=base_url,
        headers=headers,
        transport=httpx.ASGITransport(app=app) if app else None,
        limits=httpx.Limits(max_connections=CONNECTIONS, keepalive_expiry=KEEPALIVE_S),
        timeout=httpx.Timeout(timeout_s, connect=CONNECT_S),
        follow_redirects=False,
    ) as client:
        yield ApiWire(client, portraits, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A download as it arrives: status, headers in lower case, and the raw bytes, read once."""

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]


class LinkWire:
    """Fetches from links. It carries no key; made by `links`, which closes it."""

    def __init__(self, client: httpx.AsyncClient, *, in_process: bool, may_be_private: bool) -> None:
        self._client = client
        self._in_process = in_process
        self._may_be_private = may_be_private

    @asynccontextmanager
    async def get(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[Incoming]:
        """Give what `url` leads to, after few redirects, each judged by its address before it is followed.

        Raises:
            NotSent: the link or the address it leads to is refused, or cannot be reached.
            MaybeSent: the answer broke off.
        """
        for _ in range(REDIRECTS_MOST + 1):
            async with translated():
                request = await self._aimed(url, headers)
                response = await self._client.send(request, stream=True)
                try:
                    if not response.has_redirect_location:
                        yield Incoming(
                            status=response.status_code,
                            headers={name.lower(): value for name, value in response.headers.items()},
                            chunks=response.aiter_raw(),
                        )
                        return
                    url = urljoin(url, response.headers["location"])
                finally:
                    await response.aclose()
        raise NotSent(f"more than {REDIRECTS_MOST} redirects")

    async def _aimed(self, url: str, headers: Mapping[str, str]) -> httpx.Request:
        """Return a request to the very address that was judged, under the host's own name."""
        if self._in_process:
            return self._client.build_request("GET", url, headers=dict(headers))
        verdict = await judge(url, may_be_private=self._may_be_private)
        if isinstance(verdict, Refused):
            raise NotSent(verdict.reason)
        target = httpx.URL(url)
        if _has_proxy(target):
            return self._client.build_request("GET", url, headers=dict(headers))
        named = {**headers, "Host": target.netloc.decode("ascii")}
        aimed = target.copy_with(host=verdict)
        return self._client.build_request("GET", aimed, headers=named, extensions={"sni_hostname": target.host})


@asynccontextmanager
async def links(
    *, may_be_private: bool, timeout_s: float, app: Callable[..., Awaitable[None]] | None = None
) -> AsyncIterator[LinkWire]:
    """Give a wire for downloads, over the network, or in process when `app` is an ASGI application."""
    async with httpx.AsyncClient(
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        transport=httpx.ASGITransport(app=app) if app else None,
        limits=httpx.Limits(max_connections=CONNECTIONS, keepalive_expiry=KEEPALIVE_S),
        timeout=httpx.Timeout(timeout_s, connect=CONNECT_S),
        follow_redirects=False,
    ) as client:
        yield LinkWire(client, in_process=app is not None, may_be_private=may_be_private)


def _has_proxy(url: httpx.URL) -> bool:
    """Return whether the environment sends this URL through a proxy, which then resolves the name itself."""
    return url.scheme in getproxies() and not proxy_bypass(url.host)


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Sort httpx's exceptions; a test holds its whole exception tree against the two tables."""
    try:
        yield
    except NOT_SENT as error:
        raise NotSent(_words(error)) from error
    except MAYBE_SENT as error:
        raise MaybeSent(_words(error)) from error


def retry_after_s(header: str | None, *, now: float) -> float | None:
    """Return a Retry-After header in seconds from now, or None when there is none that can be read."""
    if header is None:
        return None
    if header.strip().isdigit():
        return float(header)
    try:
        when = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - now)


async def _bounded(response: httpx.Response, most: int) -> bytes:
    raw = bytearray()
    async for chunk in response.aiter_bytes():
        raw += chunk
        if len(raw) > most:
            raise MaybeSent(f"the answer is longer than {most // 2**20} MiB")
    return bytes(raw)


def _document(raw: bytes) -> Any:  # noqa: ANN401 - whatever the provider sent
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _words(error: Exception) -> str:
    name = type(error).__name__
    return f"{name}: {error}" if str(error) else name
