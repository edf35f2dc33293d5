"""httpx's own transports as a way to servers: where the extra `fast` is not installed, through proxies, in process."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final, Self

import httpx

from .fleet import Fleet
from .place import place_of
from .pool import CONNECT_S, CONNECTIONS, KEEPALIVE_S
from .sender import ALWAYS, PIECE, Request, pieces
from .sorting import translated

LIMITS: Final = httpx.Limits(max_connections=CONNECTIONS, keepalive_expiry=KEEPALIVE_S)
ONE: Final = httpx.Limits(max_connections=1, keepalive_expiry=KEEPALIVE_S)

App = Callable[..., Awaitable[None]]


def several(trust: Callable[[], ssl.SSLContext]) -> httpx.AsyncBaseTransport:
    """Return a transport that asks no proxy; one that is not for https believes no certificate at all."""

    def one(scheme: str) -> httpx.AsyncBaseTransport:
        context = trust() if scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return httpx.AsyncHTTPTransport(verify=context, limits=ONE)

    return Fleet(one, most=CONNECTIONS)


def proxied(proxy: str, trust: ssl.SSLContext) -> httpx.AsyncBaseTransport:
    """Return a transport through a proxy; raise ValueError for one that is no address."""
    place = proxy if "://" in proxy else f"http://{proxy}"
    try:
        return httpx.AsyncHTTPTransport(verify=trust, proxy=place, limits=LIMITS)
    except httpx.InvalidURL as error:
        raise ValueError(error) from error


def in_process(app: App) -> httpx.AsyncBaseTransport:
    """Return a transport to an ASGI application."""
    return httpx.ASGITransport(app=app)


def certificates() -> ssl.SSLContext:
    """Return httpx's, or those that the environment names."""
    return httpx.create_ssl_context()


class HttpxSender:
    """Sends by one of httpx's transports; see `Sender`."""

    def __init__(
        self, transport: httpx.AsyncBaseTransport, *, timeout_s: float, headers: Mapping[str, str] | None = None
    ) -> None:
        """Send by `transport`, with `headers` in every request."""
        self.timeout_s = timeout_s
        self._transport = transport
        self._headers = {**ALWAYS, **(headers or {})}
        self._timeout = httpx.Timeout(timeout_s, connect=CONNECT_S).as_dict()

    async def __aenter__(self) -> Self:
        """Open the transport."""
        await self._transport.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the transport."""
        await self._transport.__aexit__()

    async def send(self, request: Request) -> HttpxAnswer:
        """See `Sender`."""
        with translated():
            return HttpxAnswer(await self._transport.handle_async_request(self._told(request)))

    def _told(self, request: Request) -> httpx.Request:
        place = place_of(request.url)
        headers = {**self._headers, **request.headers}
        if place.authorization:
            headers["Authorization"] = place.authorization
        extensions: dict[str, Any] = {"timeout": self._timeout}
        if request.at is not None:
            headers["Host"] = place.netloc
            extensions["sni_hostname"] = place.host
        content = request.content
        if content is not None and not (isinstance(content, bytes) and len(content) <= PIECE):
            content = pieces(content)
        return httpx.Request(
            request.method, place.url(request.at), headers=headers, content=content, extensions=extensions
        )


class HttpxAnswer:
    """See `Answer`."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.status = response.status_code
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in response.headers.items()}

    async def chunks(self) -> AsyncIterator[bytes]:
        """See `Answer`."""
        with translated():
            async for chunk in self._response.aiter_raw():
                yield chunk

    async def close(self) -> None:
        """See `Answer`."""
        await self._response.aclose()
