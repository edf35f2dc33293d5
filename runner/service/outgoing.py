"""The service's own requests: remote portraits and callbacks. Only `s2v serve` loads it; the embedded one asks nobody.

Every address is judged before it is connected to, at each redirect anew; size and time are capped; no key is sent; no
proxy is used, because one would resolve the name itself and make the judgement void.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urljoin

import httpx

from .. import __version__
from .addresses import Guard, judge
from .order import Refusal

FETCH_S: Final = 15.0  # for a whole picture, redirects and all
REDIRECTS_MOST: Final = 3
REPLY_MOST: Final = 64 * 1024  # bytes of an answer to a callback
_AGENT: Final = {"User-Agent": f"s2v/{__version__}", "Accept-Encoding": "identity"}


class Outgoing:
    """Fetches pictures and posts callbacks; `allow_private` lifts the ban on private addresses, for tests.

    `judged_by` stands in for the judge of `addresses`.
    """

    def __init__(
        self, *, allow_private: bool = False, fetch_s: float = FETCH_S, judged_by: Guard | None = None
    ) -> None:
        self._judge = judged_by or functools.partial(judge, allow_private=allow_private)
        self._fetch_s = fetch_s

    async def fetch(self, url: str, *, most: int) -> bytes:
        """Return the picture at `url`, less than `most` bytes of it, or raise `Refusal`."""
        try:
            async with asyncio.timeout(self._fetch_s):
                return await self._follow(url, most)
        except TimeoutError as error:
            raise Refusal(f"the image could not be fetched within {self._fetch_s:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Refusal(f"the image could not be fetched: {type(error).__name__}") from error
        except Refusal as refusal:
            raise Refusal(f"the image could not be fetched: {refusal}") from refusal

    async def post(self, url: str, document: Mapping[str, Any], *, within_s: float) -> Any:  # noqa: ANN401 - a reply
        """Post JSON, and return the JSON of a 2xx answer; None when there was no such answer in time.

        An answer that is no JSON counts as an empty one. Redirects are not followed.
        """
        try:
            async with asyncio.timeout(within_s), self._sent("POST", url, document) as response:
                raw = await _bounded(response, REPLY_MOST)
                return _document(raw) if response.is_success else None
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, Refusal):
            return None

    async def _follow(self, url: str, most: int) -> bytes:
        for _ in range(REDIRECTS_MOST + 1):
            async with self._sent("GET", url) as response:
                if not response.has_redirect_location:
                    return await _picture(response, most)
                url = _joined(url, response.headers["location"])
        raise Refusal(f"more than {REDIRECTS_MOST} redirects")

    @asynccontextmanager
    async def _sent(
        self, method: str, url: str, document: Mapping[str, Any] | None = None
    ) -> AsyncIterator[httpx.Response]:
        """Give the answer to one request, sent to the very addresses that were judged, under the host's own name."""
        addresses = await self._judge(url)
        named = httpx.URL(url)
        async with httpx.AsyncClient(verify=_tls(), trust_env=False, timeout=None) as client:  # noqa: S113 - ours is around it
            requests = [
                client.build_request(
                    method, named.copy_with(host=address), json=document,
                    headers={**_AGENT, "Host": named.netloc.decode("ascii")}, extensions={"sni_hostname": named.host},
                )
                for address in addresses
            ]  # fmt: skip
            response = await _answer(client, requests)
            try:
                yield response
            finally:
                await response.aclose()


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise Refusal("a redirect leads to no URL") from error


async def _answer(client: httpx.AsyncClient, requests: Sequence[httpx.Request]) -> httpx.Response:
    """Return what answers at the first address that takes the connection."""
    for request in requests[:-1]:
        with contextlib.suppress(httpx.ConnectError):
            return await client.send(request, stream=True)
    return await client.send(requests[-1], stream=True)


@functools.cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


async def _picture(response: httpx.Response, most: int) -> bytes:
    if response.status_code != httpx.codes.OK:
        raise Refusal(f"HTTP {response.status_code}")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Refusal("the body is compressed, although it was not asked for")
    return await _bounded(response, most)


async def _bounded(response: httpx.Response, most: int) -> bytes:
    raw = bytearray()
    async for chunk in response.aiter_raw():
        raw += chunk
        if len(raw) >= most:
            raise Refusal(f"{most} bytes or more, expected less")
    return bytes(raw)


def _document(raw: bytes) -> Any:  # noqa: ANN401 - whatever was answered
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return {}
