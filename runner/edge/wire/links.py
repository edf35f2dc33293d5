"""Fetching from links: no key, no cookie, few redirects, and every address is judged before it is connected to.

Whether a proxy is used is decided here, by the link's own name, because a request that is aimed at an address no longer
shows the name by which `NO_PROXY` knows it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from types import TracebackType
from typing import Final
from urllib.parse import urljoin

from ...errors import MaybeSent, NotSent
from ...values import dataclass
from .addresses import Barred, Guard, judge
from .place import place_of
from .sender import REDIRECTS, Answer, Request, Sender, UnreachedError
from .transport import direct, proxies, proxy_for, through, within
from .words import configured

REDIRECTS_MOST: Final = 4
BEGINS_WITHIN_S: Final = 120.0  # from the wish to connect to the last header, however they drip


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A download as it arrives: status, headers in lower case, and the raw bytes, read once."""

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]


class LinkWire:
    """Fetches from links. It carries no key; made by `links`, which closes it."""

    def __init__(
        self, plain: Sender, proxied: Mapping[str, Sender], judge: Guard | None, *, begins_within_s: float
    ) -> None:
        """Take who asks no proxy, who asks each of the proxies, and who judges; None when all is in process."""
        self._plain = plain
        self._proxied = proxied
        self._judge = judge
        self._begins_within_s = begins_within_s

    def get(self, url: str, headers: Mapping[str, str]) -> AbstractAsyncContextManager[Incoming]:
        """Give what `url` leads to, after few redirects, each judged by its address before it is followed.

        Raises:
            NotSent: the link or the address it leads to is refused, or cannot be reached.
            MaybeSent: the answer broke off.
        """
        return _Visit(partial(self._followed, url, headers))

    async def _followed(self, url: str, headers: Mapping[str, str]) -> Answer:
        for _ in range(REDIRECTS_MOST + 1):
            answer = await self._answer(url, headers)
            if answer.status not in REDIRECTS or "location" not in answer.headers:
                return answer
            await answer.close()
            url = _joined(url, answer.headers["location"])
        raise NotSent(f"more than {REDIRECTS_MOST} redirects")

    async def _answer(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Return what answers at the first of the judged addresses that takes the connection; headers cannot drip."""
        sender, addresses = await self._aimed(url)
        for at in addresses:
            try:
                async with asyncio.timeout(self._begins_within_s):
                    return await sender.send(Request(method="GET", url=url, headers=headers, at=at))
            except UnreachedError:
                if at is addresses[-1]:
                    raise
            except TimeoutError as error:
                raise MaybeSent(f"the answer did not begin within {self._begins_within_s:g} s") from error
        raise AssertionError("there is always an address")

    async def _aimed(self, url: str) -> tuple[Sender, tuple[str | None, ...]]:
        """Return who sends, and the addresses that were judged; None lets whoever sends find it by the host's name."""
        if self._judge is None:
            return self._plain, (None,)
        place = place_of(url)
        proxy = proxy_for(place.scheme, place.host) if self._proxied else None
        verdict = await self._judge(url, is_proxied=proxy is not None)
        if isinstance(verdict, Barred):
            raise NotSent(verdict.reason)
        return (self._proxied[proxy], (None,)) if proxy else (self._plain, verdict)


class _Visit:
    """Opens what a link leads to, and closes it again; a class, for a generator costs more."""

    def __init__(self, follow: Callable[[], Awaitable[Answer]]) -> None:
        self._follow = follow
        self._answer: Answer | None = None

    async def __aenter__(self) -> Incoming:
        self._answer = answer = await self._follow()
        return Incoming(status=answer.status, headers=answer.headers, chunks=answer.chunks())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        assert self._answer is not None
        await self._answer.close()


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise NotSent(f"a redirect leads to no URL: {error}") from error


@asynccontextmanager
async def links(
    *,
    may_be_private: bool,
    timeout_s: float,
    app: Callable[..., Awaitable[None]] | None = None,
    judged_by: Guard | None = None,
    begins_within_s: float = BEGINS_WITHIN_S,
) -> AsyncIterator[LinkWire]:
    """Give a wire for downloads, over the network, or in process when `app` is an ASGI application.

    `judged_by` stands in for the judge of `addresses`, which refuses private ones unless they may be.
    """
    judges = judged_by or partial(judge, may_be_private=may_be_private)
    with configured():
        plain = within(app, timeout_s=timeout_s) if app else direct(timeout_s=timeout_s)
        proxied = {proxy: through(proxy, timeout_s=timeout_s) for proxy in proxies()}
    async with AsyncExitStack() as stack:
        for sender in (plain, *proxied.values()):
            await stack.enter_async_context(sender)
        yield LinkWire(plain, proxied, None if app else judges, begins_within_s=begins_within_s)
