"""Fetching from links: no key, no cookie, few redirects, and every address is judged before it is connected to.

Whether a proxy is used is decided here, by the link's own name, because a request that is aimed at an address no longer
shows the name by which `NO_PROXY` knows it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import urljoin

import httpx

from ...errors import MaybeSent, NotSent
from ..addresses import Judge, Refused, judge
from .sender import Sender
from .sorting import configured, translated
from .transport import direct, proxies, proxy_for, through

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
        self, plain: Sender, proxied: Mapping[str, Sender], judge: Judge | None, *, begins_within_s: float
    ) -> None:
        """Take who asks no proxy, who asks each of the proxies, and who judges; None when all is in process."""
        self._plain = plain
        self._proxied = proxied
        self._judge = judge
        self._begins_within_s = begins_within_s

    @asynccontextmanager
    async def get(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[Incoming]:
        """Give what `url` leads to, after few redirects, each judged by its address before it is followed.

        Raises:
            NotSent: the link or the address it leads to is refused, or cannot be reached.
            MaybeSent: the answer broke off.
        """
        for _ in range(REDIRECTS_MOST + 1):
            async with translated():
                response = await self._answer(url, headers)
                try:
                    if not response.has_redirect_location:
                        yield Incoming(
                            status=response.status_code,
                            headers={name.lower(): value for name, value in response.headers.items()},
                            chunks=response.aiter_raw(),
                        )
                        return
                    url = _joined(url, response.headers["location"])
                finally:
                    await response.aclose()
        raise NotSent(f"more than {REDIRECTS_MOST} redirects")

    async def _answer(self, url: str, headers: Mapping[str, str]) -> httpx.Response:
        """Return what answers at the first of the judged addresses that takes the connection; headers cannot drip."""
        sender, requests = await self._aimed(url, headers)
        for request in requests:
            try:
                async with asyncio.timeout(self._begins_within_s):
                    return await sender.send(request)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if request is requests[-1]:
                    raise
            except TimeoutError as error:
                raise MaybeSent(f"the answer did not begin within {self._begins_within_s:g} s") from error
        raise AssertionError("there is always an address")

    async def _aimed(self, url: str, headers: Mapping[str, str]) -> tuple[Sender, Sequence[httpx.Request]]:
        """Return who sends, and a request to each address that was judged, under the host's own name."""
        target = httpx.URL(url)
        proxy = proxy_for(target) if self._judge else None
        verdict = await self._judge(url, is_proxied=proxy is not None) if self._judge else None
        if isinstance(verdict, Refused):
            raise NotSent(verdict.reason)
        sender = self._proxied[proxy] if proxy else self._plain
        if proxy or verdict is None:
            return sender, [sender.request("GET", target, headers=headers)]
        named = {**headers, "Host": target.netloc.decode("ascii")}
        sni = {"sni_hostname": target.raw_host.decode("ascii")}
        places = [target.copy_with(host=address) for address in verdict]
        return sender, [sender.request("GET", place, headers=named, extensions=sni) for place in places]


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
    judged_by: Judge | None = None,
    begins_within_s: float = BEGINS_WITHIN_S,
) -> AsyncIterator[LinkWire]:
    """Give a wire for downloads, over the network, or in process when `app` is an ASGI application.

    `judged_by` stands in for the judge of `addresses`, which refuses private ones unless they may be.
    """
    judges = judged_by or partial(judge, may_be_private=may_be_private)
    with configured():
        plain = Sender(httpx.ASGITransport(app=app) if app else direct(), timeout_s=timeout_s)
        proxied = {proxy: Sender(through(proxy), timeout_s=timeout_s) for proxy in proxies()}
    async with AsyncExitStack() as stack:
        for sender in (plain, *proxied.values()):
            await stack.enter_async_context(sender)
        yield LinkWire(plain, proxied, None if app else judges, begins_within_s=begins_within_s)
