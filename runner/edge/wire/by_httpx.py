"""httpx's transports as a way to servers: through proxies, and to what is in this process."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final, Self

import httpx

from ...errors import MaybeSent, NotSent
from .place import place_of
from .pool import CONNECT_S, CONNECTIONS, KEEPALIVE_S, SOCKET_OPTIONS
from .sender import ALWAYS, Request
from .sorting import Sorting

LIMITS: Final = httpx.Limits(max_connections=CONNECTIONS, keepalive_expiry=KEEPALIVE_S)
ONCE: Final = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=0)
SORTED: Final = Sorting(
    unreached=(httpx.ConnectError, httpx.ConnectTimeout),
    not_sent=(
        httpx.PoolTimeout,
        httpx.ProxyError,  # a proxy that would not open the tunnel in which the request was to travel
        httpx.UnsupportedProtocol,
        httpx.InvalidURL,
    ),
    maybe_sent=(
        httpx.HTTPError,
        httpx.StreamError,
        httpx.CookieConflict,
        ssl.SSLError,  # a broken record behind the handshake, which httpx hands on as it is
    ),
)

App = Callable[..., Awaitable[None]]


def proxied(proxy: str, trust: ssl.SSLContext, *, keeps: bool) -> httpx.AsyncBaseTransport:
    """Return a transport through a proxy, which keeps its connections or makes one for each request.

    Raise ValueError for a proxy that is no address.
    """
    place = proxy if "://" in proxy else f"http://{proxy}"
    try:
        return httpx.AsyncHTTPTransport(
            verify=trust, proxy=place, limits=LIMITS if keeps else ONCE, socket_options=SOCKET_OPTIONS
        )
    except httpx.InvalidURL as error:
        raise ValueError(error) from error


def in_process(app: App) -> httpx.AsyncBaseTransport:
    """Return a transport to an ASGI application."""
    return httpx.ASGITransport(app=app)


class HttpxSender:
    """Sends by one of httpx's transports; see `Sender`."""

    def __init__(
        self, transport: httpx.AsyncBaseTransport, *, timeout_s: float, headers: Mapping[str, str] | None = None,
        bodies: httpx.AsyncBaseTransport | None = None,
    ) -> None:  # fmt: skip
        """Send by `transport`, with `headers` in every request; what has a body, and may be paid, by `bodies`."""
        self.timeout_s = timeout_s
        self._transport = transport
        self._bodies = bodies or transport
        self._headers = {**ALWAYS, **(headers or {})}
        self._timeout = httpx.Timeout(timeout_s, connect=CONNECT_S).as_dict()

    async def __aenter__(self) -> Self:
        """Open nothing yet."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close what was opened."""
        for transport in {self._transport, self._bodies}:
            await transport.aclose()

    async def send(self, request: Request) -> HttpxAnswer:
        """See `Sender`. A body, which may be a paid one, was not sent where all that left was the wish for a tunnel."""
        transport = self._transport if request.content is None else self._bodies
        begun = _Begun()
        try:
            with SORTED.translated():
                return HttpxAnswer(await transport.handle_async_request(self._told(request, begun)))
        except MaybeSent as error:
            if begun.is_tunnel_alone:
                raise NotSent(f"the proxy opened no tunnel: {error}") from error
            raise

    def _told(self, request: Request, begun: _Begun) -> httpx.Request:
        place = place_of(request.url)
        headers = {**self._headers, **request.headers}
        if place.authorization:
            headers["Authorization"] = place.authorization
        extensions: dict[str, Any] = {"timeout": self._timeout}
        if request.at is not None:
            headers["Host"] = place.netloc
            extensions["sni_hostname"] = place.host
        if request.content is not None:
            extensions["trace"] = begun
        return httpx.Request(
            request.method, place.url(request.at), headers=headers, content=request.body, extensions=extensions
        )


class _Begun:
    """Hears from httpcore, before it writes them, which requests it begins to write.

    Only what it said of a tunnel proves anything: where it is silent, or speaks otherwise, nobody knows what left.
    """

    def __init__(self) -> None:
        self._methods: set[bytes | None] = set()

    async def __call__(self, event: str, told: Mapping[str, Any]) -> None:
        """Take note of one event; what names no request counts as one that is no tunnel."""
        if event.endswith(".send_request_headers.started"):
            self._methods.add(getattr(told.get("request"), "method", None))

    @property
    def is_tunnel_alone(self) -> bool:
        """Return whether a proxy was asked for a tunnel, and nobody for anything else."""
        return self._methods == {b"CONNECT"}


class HttpxAnswer:
    """See `Answer`."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.status = response.status_code
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in response.headers.items()}

    async def chunks(self) -> AsyncIterator[bytes]:
        """See `Answer`."""
        with SORTED.translated():
            async for chunk in self._response.aiter_raw():
                yield chunk

    async def close(self) -> None:
        """See `Answer`."""
        await self._response.aclose()
