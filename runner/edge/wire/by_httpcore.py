"""httpcore as a way to servers: httpx's own connections, without the objects that httpx makes around each request.

It speaks directly to a server. What needs a proxy, or stays in this process, goes by httpx itself.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final, Self

import httpcore

from ...errors import NotSent
from .fleet import NAME, Fleet, Lease
from .place import Place, place_of
from .pool import CONNECT_S, CONNECTIONS, KEEPALIVE_S, SOCKET_OPTIONS
from .sender import ALWAYS, GarbledError, Request, by_name
from .sorting import Sorting, heard_words

SORTED: Final = Sorting(
    unreached=(httpcore.ConnectError, httpcore.ConnectTimeout),
    not_sent=(
        httpcore.PoolTimeout,
        httpcore.ProxyError,
        httpcore.UnsupportedProtocol,
        httpcore.ConnectionNotAvailable,  # raised before anything is written
    ),
    maybe_sent=(
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        ssl.SSLError,  # a broken record behind the handshake, which httpcore hands on as it is
    ),
)
_SCHEMES: Final = frozenset({"http", "https"})


class CoreSender:
    """Sends requests by httpcore; see `Sender`."""

    def __init__(
        self, trust: Callable[[], ssl.SSLContext], *, timeout_s: float, headers: Mapping[str, str] | None = None
    ) -> None:
        """Believe the certificates that `trust` gives, asked when one is held against them; nothing is opened yet."""
        self.timeout_s = timeout_s
        self._trust = trust
        self._headers = {**ALWAYS, **(headers or {})}
        self._timeout = {"connect": CONNECT_S, "read": timeout_s, "write": timeout_s}
        self._fleet = Fleet(self._connection, most=CONNECTIONS)

    async def __aenter__(self) -> Self:
        """Open nothing yet."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close what was opened."""
        await self._fleet.close()

    async def send(self, request: Request) -> CoreAnswer:
        """See `Sender`.

        A request with a body, which may be a paid one, has a connection of its own: nothing that was said before can
        pass for its answer, and none is in doubt because its connection had grown old.
        """
        told = self._told(request)
        with SORTED.translated():
            lease = await self._fleet.send(told, wait_s=self.timeout_s, afresh=request.content is not None)
        return CoreAnswer(lease)

    def _connection(self, origin: httpcore.Origin) -> httpcore.AsyncConnectionInterface:
        context = self._trust() if origin.scheme == b"https" else None
        return _Connection(origin, ssl_context=context, keepalive_expiry=KEEPALIVE_S, socket_options=SOCKET_OPTIONS)

    def _told(self, request: Request) -> httpcore.Request:
        place = place_of(request.url)
        if place.scheme not in _SCHEMES or not place.host:
            raise NotSent(f"UnsupportedProtocol: '{place.scheme}://{place.host}', expected http(s):// and a host")
        if place.scheme == "https":
            self._trust()  # what cannot be read is told as what it is, before anything is sent
        headers = {"Host": place.netloc, **self._headers, **request.headers}
        if place.authorization:
            headers["Authorization"] = place.authorization
        content = request.content
        if isinstance(content, bytes) or (content is None and request.method == "POST"):
            headers["Content-Length"] = str(len(content or b""))
        raw = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
        extensions: dict[str, Any] = {"timeout": self._timeout}
        if request.at is not None:
            extensions[NAME] = place.host
        return httpcore.Request(
            request.method, _url(place, request.at), headers=raw, content=request.body, extensions=extensions
        )


class _Connection(httpcore.AsyncHTTPConnection):
    """A connection that looks at what came and was not taken, which httpcore shows nowhere.

    It is not idle while it holds more than the answer, which the next request would take for its own, and gives what it
    holds of an answer that cannot be read. Tests hold this against servers that answer twice, or garble.
    """

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send the request; raise GarbledError where h11 cannot take the answer."""
        try:
            return await super().handle_async_request(request)
        except httpcore.RemoteProtocolError as error:
            raise GarbledError(heard_words(error), self._held()) from error

    def is_idle(self) -> bool:
        """Return whether another request may be sent."""
        return super().is_idle() and not self._held()

    def _held(self) -> bytes:
        state = getattr(self._connection, "_h11_state", None)
        held: bytes = b"" if state is None else state.trailing_data[0]
        return held


class CoreAnswer:
    """See `Answer`."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self.status = lease.answer.status
        self.headers = by_name(lease.answer.headers)

    async def chunks(self) -> AsyncIterator[bytes]:
        """See `Answer`."""
        with SORTED.translated():
            async for chunk in self._lease.answer.aiter_stream():
                yield chunk

    async def close(self) -> None:
        """See `Answer`."""
        await self._lease.end()


def _url(place: Place, at: str | None) -> httpcore.URL:
    return httpcore.URL(
        scheme=place.scheme.encode(), host=(at or place.host).encode(), target=place.target.encode(),
        port=int(place.port[1:]) if place.port else None,
    )  # fmt: skip
