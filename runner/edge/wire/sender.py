"""Requests over one transport, with nothing on top of it: no cookie, no redirect, no proxy but the transport's own.

httpx's client would do all of that for each request only to be told not to, for half of the CPU of a request.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterable, Mapping
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import unquote_to_bytes

import httpx

from .pool import CONNECT_S, USER_AGENT

_ALWAYS: Final = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": USER_AGENT}


class Sender:
    """A context; leaving it closes the transport. `timeout_s` bounds each silence."""

    def __init__(
        self, transport: httpx.AsyncBaseTransport, *, timeout_s: float, headers: Mapping[str, str] | None = None
    ) -> None:
        """Send by `transport`, with `headers` in every request."""
        self.timeout_s = timeout_s
        self._transport = transport
        self._headers = {**_ALWAYS, **(headers or {})}
        self._timeout = httpx.Timeout(timeout_s, connect=CONNECT_S).as_dict()

    async def __aenter__(self) -> Self:
        """Open the transport."""
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        at: TracebackType | None = None,
    ) -> None:
        """Close the transport."""
        await self._transport.__aexit__(kind, error, at)

    def request(
        self,
        method: str,
        url: httpx.URL | str,
        *,
        headers: Mapping[str, str],
        content: AsyncIterable[bytes] | None = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> httpx.Request:
        """Return a request; a name and a password that stand in its address go into a header, as everywhere."""
        url = httpx.URL(url)
        named = {**self._headers, **headers}
        if url.userinfo:
            named["Authorization"] = f"Basic {base64.b64encode(unquote_to_bytes(url.userinfo)).decode('ascii')}"
        waits = {"timeout": self._timeout, **(extensions or {})}
        return httpx.Request(method, url, headers=named, content=content, extensions=waits)

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return what answers it, the body unread; the caller closes it."""
        return await self._transport.handle_async_request(request)
