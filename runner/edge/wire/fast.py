"""aiohttp as a transport behind httpx's interface: the extra `fast`.

What makes it safe for paid calls is the sorting: only what provably failed before a request was written becomes one of
the exceptions that `sorting` counts as not sent. (The adapter that others offer, httpx-aiohttp 0.2, calls a server that
hangs up after a paid request a failed connection; who believes it pays twice.) What came unasked on a kept connection
answers no request. It speaks directly to a server, follows no redirect, keeps no cookie, unpacks nothing and asks no
proxy; what needs a proxy goes by httpx's own transport.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
import httpx
from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientPayloadError,
    ConnectionTimeoutError,
    InvalidURL,
    NonHttpUrlClientError,
    SocketTimeoutError,
)
from aiohttp.connector import Connection
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from .pool import CONNECTIONS, KEEPALIVE_S

_HEAD_MOST: Final = 65_536  # bytes of the status line, and of each header; a signed Location may be long
_ADDRESS: Final = re.compile(r"https?://\S+", re.IGNORECASE)
_STATUS: Final = re.compile(r"\A[0-9]+, message[=:][\s'\"]*")  # aiohttp's own; no server has answered with it

SORTED: Final[Mapping[type[Exception], type[httpx.TransportError]]] = {
    # raised before anything of a request is written, and never afterwards
    ClientConnectorError: httpx.ConnectError,
    ConnectionTimeoutError: httpx.ConnectTimeout,
    InvalidURL: httpx.UnsupportedProtocol,
    NonHttpUrlClientError: httpx.UnsupportedProtocol,
    # raised at any time
    SocketTimeoutError: httpx.ReadTimeout,
    TimeoutError: httpx.WriteTimeout,
    ClientPayloadError: httpx.ReadError,
    ClientError: httpx.RemoteProtocolError,
    HttpProcessingError: httpx.RemoteProtocolError,
    OSError: httpx.NetworkError,
    ValueError: httpx.LocalProtocolError,
}
"""aiohttp's exceptions as httpx's; the first line that fits holds. A test goes through every class that there is."""


class FastTransport(httpx.AsyncBaseTransport):
    """Sends requests by aiohttp. A context, as httpx's client uses it; leaving it closes the connections."""

    def __init__(self, trust: Callable[[], ssl.SSLContext]) -> None:
        """Believe the certificates that `trust` gives, asked when one is held against them; nothing is opened yet."""
        self._trust = trust
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the pool, which belongs to the running loop."""
        connector = aiohttp.TCPConnector(
            limit=CONNECTIONS, keepalive_timeout=KEEPALIVE_S, use_dns_cache=False,
            resolver=aiohttp.ThreadedResolver(),
        )  # fmt: skip
        self._session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False,
            request_class=_Request, max_line_size=_HEAD_MOST, max_field_size=_HEAD_MOST,
        )  # fmt: skip
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Close the pool."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close the pool; may be called twice."""
        if self._session is not None:
            await self._session.close()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and return what answers it, the body unread and as it comes."""
        if isinstance(request.stream, httpx.ByteStream):
            return await self._send(request, None)
        upload = _Upload(request)
        await _hear_hangups()
        try:
            return await self._send(request, upload)
        except httpx.TransportError as error:
            if upload.error is not None:
                raise upload.error from error
            raise

    async def _send(self, request: httpx.Request, upload: _Upload | None) -> httpx.Response:
        for _ in range(CONNECTIONS + 1):  # each of them closes the connection that it was not written to
            with suppress(_SpokeFirstError):
                return await self._try(request, upload)
        raise httpx.ConnectError("the server speaks before it is asked")

    async def _try(self, request: httpx.Request, upload: _Upload | None) -> httpx.Response:
        assert self._session is not None, "the transport is used as a context"
        with as_httpx():
            async with asyncio.timeout(None) as patience:
                response = await self._session.request(
                    request.method,
                    _place(request.url),
                    headers=[(name.decode("ascii"), value.decode("ascii")) for name, value in request.headers.raw],
                    data=upload.pieces(patience) if upload else None,
                    allow_redirects=False,
                    ssl=self._trust() if request.url.scheme == "https" else True,
                    server_hostname=request.extensions.get("sni_hostname"),
                    timeout=_timeout(request.extensions["timeout"]),
                )
                if upload is not None:
                    upload.is_answered = True
        told = {"http_version": b"HTTP/1.1", "reason_phrase": (response.reason or "").encode("ascii", "replace")}
        return httpx.Response(response.status, headers=response.raw_headers, stream=_Answer(response), extensions=told)


class _SpokeFirstError(Exception):
    """A server said something on a connection before anything was asked there; nothing was written."""


class _Request(aiohttp.ClientRequest):
    """A request that believes no answer which was there before it: aiohttp would take it for its own."""

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        """Write the request; raise _SpokeFirstError, and write nothing, where something came unasked."""
        assert conn.protocol is not None
        if conn.protocol.should_close:
            raise _SpokeFirstError
        return await super().send(conn)


class _Upload:
    """A request's body as aiohttp draws it; `error` is what its source raised, which aiohttp would make its own."""

    def __init__(self, request: httpx.Request) -> None:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        self._stream = request.stream
        self._most_s: float | None = request.extensions["timeout"]["write"]
        self.error: Exception | None = None
        self.is_answered = False

    async def pieces(self, patience: asyncio.Timeout) -> AsyncIterator[bytes]:
        """Give the pieces; `patience` runs out when the server takes none of them for as long as a write may last."""
        loop = asyncio.get_running_loop()
        try:
            async for piece in self._stream:
                self._wait(patience, None if self._most_s is None else loop.time() + self._most_s)
                yield piece
        except Exception as error:
            self.error = error
            raise
        self._wait(patience, None)

    def _wait(self, patience: asyncio.Timeout, until: float | None) -> None:
        if not self.is_answered and not patience.expired():  # some answer before they have heard all
            patience.reschedule(until)


class _Answer(httpx.AsyncByteStream):
    """The body of an answer, as it comes."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with as_httpx():
            async for piece in self._response.content.iter_any():
                yield piece

    async def aclose(self) -> None:
        """Let go of the connection: what was read to its end is in the pool again, anything else is closed."""
        self._response.close()


@contextmanager
def as_httpx() -> Iterator[None]:
    """Turn aiohttp's exceptions into httpx's, in words without the address, which may be a signed link."""
    try:
        yield
    except tuple(SORTED) as error:
        words = _ADDRESS.sub("the server", _STATUS.sub("", str(error)))
        raise next(SORTED[each] for each in SORTED if isinstance(error, each))(words) from error


async def _hear_hangups() -> None:
    """Let the loop see which idle connections were closed while it was busy, so that none of them is written to.

    One round reads the end of the connection, the next one is certain to come after it.
    """
    for _ in range(2):
        await asyncio.sleep(0)


def _place(url: httpx.URL) -> URL:
    """Return the address byte for byte as httpx wrote it; user and password stand in a header already."""
    return URL(str(url.copy_with(userinfo=b"") if url.userinfo else url), encoded=True)


def _timeout(waits: Mapping[str, Any]) -> aiohttp.ClientTimeout:
    """Return httpx's time-outs: a place in the pool and a connection are waited for together."""
    pool, connect = waits["pool"], waits["connect"]
    both = None if pool is None or connect is None else pool + connect
    return aiohttp.ClientTimeout(total=None, connect=both, sock_connect=connect, sock_read=waits["read"])
