"""aiohttp as a way to servers: the extra `fast`.

What makes it safe for paid calls is the sorting: only what provably failed before a request was written counts as not
sent. (The adapter that others offer, httpx-aiohttp 0.2, calls a server that hangs up after a paid request a failed
connection; who believes it pays twice.) What may be paid has a connection of its own, and what came unasked on a kept
one answers no request. It speaks directly to a server, follows no redirect, keeps no cookie, unpacks nothing and asks
no proxy; what needs a proxy goes by httpx.
What goes wrong is told by `fast_errors`.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import Final, Self

import aiohttp
from aiohttp import ClientResponseError
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from yarl import URL

from ...errors import WireError
from .fast_errors import sorted_as_httpx, told_as_httpx
from .place import place_of
from .pool import CONNECT_S, CONNECTIONS, KEEPALIVE_S, SOCKET_OPTIONS
from .sender import ALWAYS, GarbledError, Request, UnreachedError, by_name

_HEAD_MOST: Final = 65_536  # bytes of the status line, and of each header; a signed Location may be long
_RAW_MOST: Final = 2 * _HEAD_MOST  # bytes that are kept of what came, until it is known to be an answer
_HINT: Final = re.compile(rb"HTTP/[0-9.]+ 1")  # how begins what goes before an answer
_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*(?:\r\n|\Z)", re.IGNORECASE)


class FastSender:
    """Sends requests by aiohttp; see `Sender`."""

    def __init__(
        self, trust: Callable[[], ssl.SSLContext], *, timeout_s: float, headers: Mapping[str, str] | None = None
    ) -> None:
        """Believe the certificates that `trust` gives, asked when one is held against them; nothing is opened yet."""
        self.timeout_s = timeout_s
        self._trust = trust
        self._headers = {**ALWAYS, **(headers or {})}
        # A place in the pool and a connection are waited for together.
        self._timeout = aiohttp.ClientTimeout(
            total=None, connect=timeout_s + CONNECT_S, sock_connect=CONNECT_S, sock_read=timeout_s
        )
        self._kept: aiohttp.ClientSession | None = None
        self._afresh: aiohttp.ClientSession | None = None
        self._opened = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open the pools, which belong to the running loop: one keeps its connections, one makes each anew."""
        async with self._opened:
            self._kept = await self._opened.enter_async_context(_session(_Connector(keeps=True)))
            self._afresh = await self._opened.enter_async_context(_session(_Connector(keeps=False)))
            self._opened = self._opened.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the pools."""
        await self._opened.aclose()

    async def send(self, request: Request) -> FastAnswer:
        """See `Sender`.

        A request with a body, which may be a paid one, has a connection of its own: nothing that was said before can
        pass for its answer, and none is in doubt because its connection had grown old.
        """
        body = request.body
        if body is None or isinstance(body, bytes):
            return await self._send(request, None)
        upload = _Upload(body, self.timeout_s)
        try:
            return await self._send(request, upload)
        except WireError as error:
            if upload.error is not None:
                raise upload.error from error
            raise

    async def _send(self, request: Request, upload: _Upload | None) -> FastAnswer:
        for _ in range(CONNECTIONS + 1):  # each of them closes the connection that it was not written to
            with suppress(_SpokeFirstError):
                return await self._try(request, upload)
        raise UnreachedError("ConnectError: the server speaks before it is asked")

    async def _try(self, request: Request, upload: _Upload | None) -> FastAnswer:
        with told_as_httpx():
            if upload is None:
                return await self._asked(request, request.content)
            async with asyncio.timeout(None) as patience:
                answer = await self._asked(request, upload.pieces(patience))
                upload.is_answered = True
                return answer

    async def _asked(self, request: Request, content: bytes | AsyncIterator[bytes] | None) -> FastAnswer:
        session = self._kept if request.content is None else self._afresh
        assert session is not None, "a sender is used as a context"
        place = place_of(request.url)
        headers = {**self._headers, **request.headers}
        if place.userinfo:
            headers["Authorization"] = place.authorization or ""
        if request.at is not None:
            headers["Host"] = place.netloc
        response = await session.request(
            request.method,
            URL(place.url(request.at), encoded=True),  # byte for byte, for it may be signed
            headers=headers,
            data=content,
            allow_redirects=False,
            ssl=self._trust() if place.scheme == "https" else True,
            server_hostname=place.host if request.at is not None and place.scheme == "https" else None,
            timeout=self._timeout,
        )
        return FastAnswer(response)


def _socket(place: aiohttp.AddrInfoType) -> socket.socket:
    made = socket.socket(*place[:3])
    for option in SOCKET_OPTIONS:
        made.setsockopt(*option)
    return made


def _session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False,
        request_class=_Request, response_class=_Response, max_line_size=_HEAD_MOST, max_field_size=_HEAD_MOST,
    )  # fmt: skip


class _Protocol(ResponseHandler):
    """Takes an answer to the end that it names, however much stands behind it: aiohttp would drop the answer, too.

    `raw` is the beginning of what came since a request was written.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.begin()

    def begin(self) -> None:
        """Forget what answered an earlier request on this connection."""
        self.raw = bytearray()
        self._came = 0
        self._ends: int | None = None

    def data_received(self, data: bytes) -> None:
        """Let go of what stands behind an answer and is no part of it, and of the connection with it."""
        came = self._came
        self._came += len(data)
        if len(self.raw) < _RAW_MOST:
            self.raw += data
            self._ends = _end_of(self.raw)
        if self._ends is not None and self._came > self._ends:
            data = data[: max(self._ends - came, 0)]
            self.force_close()
        if data:
            super().data_received(data)


def _end_of(raw: bytes | bytearray) -> int | None:
    """Return behind how many bytes an answer ends, hints before it counted; None where its head does not say so."""
    start = 0
    while (end := raw.find(_HEAD_END, start)) >= 0:
        head, start = raw[start:end], end + len(_HEAD_END)
        if not _HINT.match(head):
            told = _LENGTH.search(head)
            return start + int(told[1]) if told else None
    return None


class _Connector(aiohttp.TCPConnector):
    """Makes connections with this protocol. aiohttp has no door for it; tests hold it against a server's surplus."""

    def __init__(self, *, keeps: bool) -> None:
        super().__init__(
            limit=CONNECTIONS, keepalive_timeout=KEEPALIVE_S if keeps else None, force_close=not keeps,
            use_dns_cache=False, resolver=aiohttp.ThreadedResolver(), socket_factory=_socket,
        )  # fmt: skip
        self._factory = partial(_protocol, asyncio.get_running_loop())


def _protocol(loop: asyncio.AbstractEventLoop) -> ResponseHandler:
    return _Protocol(loop)


class _SpokeFirstError(Exception):
    """A server said something on a connection before anything was asked there; nothing was written."""


class _Request(aiohttp.ClientRequest):
    """A request that believes no answer which was there before it: aiohttp would take it for its own."""

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        """Write the request; raise _SpokeFirstError, and write nothing, where something came unasked."""
        assert conn.protocol is not None
        if conn.protocol.should_close:
            raise _SpokeFirstError
        if isinstance(conn.protocol, _Protocol):  # aiohttp might make its own one day
            conn.protocol.begin()
        return await super().send(conn)


class _Response(aiohttp.ClientResponse):
    """An answer that is told as it began where aiohttp cannot take it."""

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """Read the head; raise GarbledError for one that is none."""
        protocol = connection.protocol
        try:
            return await super().start(connection)
        except ClientResponseError as error:
            raw = bytes(protocol.raw) if isinstance(protocol, _Protocol) else b""
            raise GarbledError(str(sorted_as_httpx(error)), raw) from error


class _Upload:
    """A request's body as aiohttp draws it; `error` is what its source raised, which aiohttp would make its own."""

    def __init__(self, stream: AsyncIterator[bytes], most_s: float) -> None:
        self._stream = stream
        self._most_s = most_s
        self.error: Exception | None = None
        self.is_answered = False

    async def pieces(self, patience: asyncio.Timeout) -> AsyncIterator[bytes]:
        """Give the pieces; `patience` runs out when the server takes none of them for as long as a write may last."""
        loop = asyncio.get_running_loop()
        try:
            async for piece in self._stream:
                self._wait(patience, loop.time() + self._most_s)
                yield piece
        except Exception as error:
            self.error = error
            raise
        self._wait(patience, None)

    def _wait(self, patience: asyncio.Timeout, until: float | None) -> None:
        if not self.is_answered and not patience.expired():  # some answer before they have heard all
            patience.reschedule(until)


class FastAnswer:
    """See `Answer`."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers = by_name(response.raw_headers)

    async def chunks(self) -> AsyncIterator[bytes]:
        """See `Answer`."""
        with told_as_httpx():
            try:
                async for piece in self._response.content.iter_any():
                    yield piece
            except Exception:
                if left := self._left():
                    yield left
                raise

    def _left(self) -> bytes:
        """Return what came before the body broke off, and was not given out: aiohttp drops it, and shows it nowhere."""
        return b"".join(getattr(self._response.content, "_buffer", ()))

    async def close(self) -> None:
        """Let go of the connection: what was read to its end is in the pool again, anything else is closed."""
        if not self._response.closed:
            self._response.close()
