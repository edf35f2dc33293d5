"""Fetching from links: no key, no cookie, few redirects, and every address is judged before it is connected to.

Whether a proxy is used is decided here, by the link's own name, because a request that is aimed at an address no longer
shows the name by which `NO_PROXY` knows it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final
from urllib.parse import urljoin
from urllib.request import getproxies, proxy_bypass

import httpx

from ...errors import MaybeSent, NotSent
from ..addresses import Judge, Refused, judge
from .pool import CONNECT_S, LIMITS, USER_AGENT
from .sorting import configured, translated
from .transport import direct, trust

REDIRECTS_MOST: Final = 4
BEGINS_WITHIN_S: Final = 120.0  # from the wish to connect to the last header, however they drip
_SCHEMES: Final = frozenset({"http", "https", "all"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A download as it arrives: status, headers in lower case, and the raw bytes, read once."""

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]


class LinkWire:
    """Fetches from links. It carries no key; made by `links`, which closes it."""

    def __init__(
        self, direct: httpx.AsyncClient, proxied: httpx.AsyncClient, judge: Judge | None, *, begins_within_s: float
    ) -> None:
        """Take a client that asks no proxy, one that always does, and who judges; None when all is in process."""
        self._direct = direct
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
        client, requests = await self._aimed(url, headers)
        for request in requests:
            try:
                async with asyncio.timeout(self._begins_within_s):
                    return await client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if request is requests[-1]:
                    raise
            except TimeoutError as error:
                raise MaybeSent(f"the answer did not begin within {self._begins_within_s:g} s") from error
        raise AssertionError("there is always an address")

    async def _aimed(self, url: str, headers: Mapping[str, str]) -> tuple[httpx.AsyncClient, Sequence[httpx.Request]]:
        """Return who sends, and a request to each address that was judged, under the host's own name."""
        target = httpx.URL(url)
        is_proxied = self._judge is not None and _has_proxy(target)
        verdict = await self._judge(url, is_proxied=is_proxied) if self._judge else None
        if isinstance(verdict, Refused):
            raise NotSent(verdict.reason)
        if is_proxied:
            return self._proxied, [self._proxied.build_request("GET", target, headers=dict(headers))]
        if verdict is None:
            return self._direct, [self._direct.build_request("GET", target, headers=dict(headers))]
        named = {**headers, "Host": target.netloc.decode("ascii")}
        sni = {"sni_hostname": target.raw_host.decode("ascii")}
        places = [target.copy_with(host=address) for address in verdict]
        return self._direct, [
            self._direct.build_request("GET", place, headers=named, extensions=sni) for place in places
        ]


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
        plain = _client(httpx.ASGITransport(app=app) if app else direct(), timeout_s)
        proxied = _client(None, timeout_s)
    async with plain, proxied:
        yield LinkWire(plain, proxied, None if app else judges, begins_within_s=begins_within_s)


def _client(transport: httpx.AsyncBaseTransport | None, timeout_s: float) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        transport=transport,
        verify=trust(),
        mounts=None if transport else _proxies(),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        trust_env=False,
        timeout=httpx.Timeout(timeout_s, connect=CONNECT_S),
        follow_redirects=False,
    )


def _proxies() -> dict[str, httpx.AsyncHTTPTransport]:
    """Return a way through each proxy of the environment."""
    return {
        f"{scheme}://": httpx.AsyncHTTPTransport(
            verify=trust(), proxy=proxy if "://" in proxy else f"http://{proxy}", limits=LIMITS
        )
        for scheme, proxy in getproxies().items()
        if scheme in _SCHEMES and proxy
    }


def _has_proxy(url: httpx.URL) -> bool:
    """Return whether the environment sends this URL through a proxy, which then resolves the name itself."""
    proxies = getproxies()
    return bool(proxies.get(url.scheme) or proxies.get("all")) and not proxy_bypass(url.host)
