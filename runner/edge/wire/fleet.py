"""httpx's own connections, each in a pool of its own, so that a request looks at one of them and not at all.

httpcore asks every idle connection of a pool, and every waiting request, at the beginning and at the end of each
request. Here a gate lets in no more than there are places, and what was used last is used next.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx

Origin = tuple[str, str, int | None, str | None]
"""Scheme, host, port, and the name that its certificate is held against: an address may stand for two names."""


class Fleet(httpx.AsyncBaseTransport):
    """At most `most` connections, made by `make` for a scheme as they are needed; closing it closes them all."""

    def __init__(self, make: Callable[[str], httpx.AsyncBaseTransport], *, most: int) -> None:
        """Start without any connection."""
        self._make = make
        self._places = asyncio.Semaphore(most)
        self._idle: list[tuple[Origin, httpx.AsyncBaseTransport]] = []
        self._all: set[httpx.AsyncBaseTransport] = set()
        self._most = most

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request by a connection to its host if one is idle; it is free again when the answer is closed."""
        try:
            async with asyncio.timeout(request.extensions["timeout"]["pool"]):
                await self._places.acquire()
        except TimeoutError as error:
            raise httpx.PoolTimeout("no connection became free") from error
        url = request.url
        origin = (url.scheme, url.host, url.port, request.extensions.get("sni_hostname"))
        one, surplus = self._take(origin)
        lease = _Lease(lambda: self._give_back(origin, one))
        try:
            if surplus is not None:
                await surplus.aclose()
            response = await one.handle_async_request(request)
        except BaseException:
            lease.end()
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Lent(response.stream, lease)
        return response

    async def aclose(self) -> None:
        """Close every connection."""
        for one in self._all:
            await one.aclose()

    def _take(self, origin: Origin) -> tuple[httpx.AsyncBaseTransport, httpx.AsyncBaseTransport | None]:
        """Return the connection to a host that was used last, else a new one, and what idled longest, if it must go."""
        for place in reversed(range(len(self._idle))):
            if self._idle[place][0] == origin:
                return self._idle.pop(place)[1], None
        one = self._make(origin[0])
        self._all.add(one)
        if len(self._all) <= self._most:
            return one, None
        _, oldest = self._idle.pop(0)
        self._all.discard(oldest)
        return one, oldest

    def _give_back(self, origin: Origin, one: httpx.AsyncBaseTransport) -> None:
        self._idle.append((origin, one))
        self._places.release()


class _Lease:
    """Gives a connection back, once."""

    def __init__(self, give_back: Callable[[], None]) -> None:
        self._give_back: Callable[[], None] | None = give_back

    def end(self) -> None:
        if self._give_back is not None:
            self._give_back()
            self._give_back = None


class _Lent(httpx.AsyncByteStream):
    """The body of an answer; closing it ends the lease of its connection."""

    def __init__(self, stream: httpx.AsyncByteStream, lease: _Lease) -> None:
        self._stream = stream
        self._lease = lease

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            yield piece

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            self._lease.end()
