"""httpx's exceptions, sorted once: what provably was not sent, what may have been, and what only settings can mend."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import httpx

from ...errors import ConfigError, MaybeSent, NotSent

NOT_SENT: Final[tuple[type[Exception], ...]] = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,  # a proxy that would not open the tunnel in which the request was to travel
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
MAYBE_SENT: Final[tuple[type[Exception], ...]] = (httpx.HTTPError, httpx.StreamError, httpx.CookieConflict)
_SAID: Final = re.compile(r"(?<![A-Za-z])(bytearray\()?b?['\"].*", re.DOTALL)
"""A server's own bytes, which parsers quote: it may have repeated the key or the signed link that it heard."""


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Sort httpx's exceptions; a test holds its whole exception tree against the two tables."""
    try:
        yield
    except NOT_SENT as error:
        raise NotSent(_words(error)) from error
    except MAYBE_SENT as error:
        raise MaybeSent(_SAID.sub("...", _words(error))) from error


@contextmanager
def configured() -> Iterator[None]:
    """Turn what httpx says of an unusable URL or proxy into words for the user."""
    try:
        yield
    except (httpx.InvalidURL, ValueError, ImportError) as error:
        raise ConfigError(f"cannot set up a connection: {error}; check the base URL and the proxy variables") from error


def _words(error: Exception) -> str:
    name = type(error).__name__
    return f"{name}: {error}" if str(error) else name
