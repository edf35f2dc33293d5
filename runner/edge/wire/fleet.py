"""httpcore's connections, each by itself, so that a request looks at one of them and not at all.

httpcore's own pool asks every idle connection, and every waiting request, at the beginning and at the end of each
request. Here a gate lets in no more than there are places, and what was used last is used next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import httpcore
from httpcore import AsyncConnectionInterface as Connection

NAME: Final = "sni_hostname"

Key = tuple[httpcore.Origin, str | None]
"""Scheme, host and port, and the name that its certificate is held against: an address may stand for two names."""


class Fleet:
    """At most `most` connections, made by `make` as they are needed."""

    def __init__(self, make: Callable[[httpcore.Origin], Connection], *, most: int) -> None:
        """Start without any connection."""
        self._make = make
        self._places = asyncio.Semaphore(most)
        self._idle: list[tuple[Key, Connection]] = []
        self._all: set[Connection] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._most = most

    async def send(self, request: httpcore.Request, *, wait_s: float, afresh: bool = False) -> Lease:
        """Send one request by a connection to its host if one is idle; wait for a place for so long at most.

        `afresh` wants a connection on which nothing was said before. Raise httpcore's exceptions.
        """
        try:
            async with asyncio.timeout(wait_s):
                await self._places.acquire()
        except TimeoutError as error:
            raise httpcore.PoolTimeout("no connection became free") from error
        key, one = (request.url.origin, request.extensions.get(NAME)), None
        try:
            one = await self._take(key, afresh=afresh)
            return Lease(self, key, one, await one.handle_async_request(request))
        except BaseException:
            self.give_back(key, one)
            raise

    def give_back(self, key: Key, one: Connection | None) -> None:
        """Free a place, and the connection that took it if it is idle."""
        if one is not None and one.is_idle() and not one.is_closed():
            self._idle.append((key, one))
        elif one is not None:  # given up half way; who gives it back may have no time to wait until it is closed
            self._all.discard(one)
            closing = asyncio.get_running_loop().create_task(one.aclose())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
        self._places.release()

    async def close(self) -> None:
        """Close every connection."""
        await asyncio.gather(*(one.aclose() for one in self._all), *self._closing)

    async def _take(self, key: Key, *, afresh: bool) -> Connection:
        """Return the connection that was used last for this, else a new one; what idled longest may go for it."""
        while not afresh and (one := self._used_last(key)) is not None:
            if not one.has_expired():
                return one
            await self._close(one)
        while len(self._all) >= self._most:
            await self._close(self._idle.pop(0)[1])  # there is one: whoever holds one has a place, and we have one too
        one = self._make(key[0])
        self._all.add(one)
        return one

    def _used_last(self, key: Key) -> Connection | None:
        found = next((place for place in reversed(range(len(self._idle))) if self._idle[place][0] == key), None)
        return None if found is None else self._idle.pop(found)[1]

    async def _close(self, one: Connection) -> None:
        self._all.discard(one)
        await one.aclose()


class Lease:
    """An answer, and the connection that it comes by."""

    def __init__(self, fleet: Fleet, key: Key, one: Connection, answer: httpcore.Response) -> None:
        """Hold a connection of `fleet` until the end."""
        self.answer = answer
        self._fleet, self._key = fleet, key
        self._one: Connection | None = one

    async def end(self) -> None:
        """Close the answer and give the connection back; once is enough."""
        one, self._one = self._one, None
        if one is None:
            return
        try:
            await self.answer.aclose()
        finally:
            self._fleet.give_back(self._key, one)
