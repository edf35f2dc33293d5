"""httpx's exceptions, sorted once: what provably was not sent, and what may have been."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx

from ...errors import MaybeSent, NotSent
from .sender import UnreachedError
from .words import unquoted

UNREACHED: Final[tuple[type[Exception], ...]] = (httpx.ConnectError, httpx.ConnectTimeout)
NOT_SENT: Final[tuple[type[Exception], ...]] = (
    *UNREACHED,
    httpx.PoolTimeout,
    httpx.ProxyError,  # a proxy that would not open the tunnel in which the request was to travel
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
MAYBE_SENT: Final[tuple[type[Exception], ...]] = (httpx.HTTPError, httpx.StreamError, httpx.CookieConflict)


@contextmanager
def translated() -> Iterator[None]:
    """Sort httpx's exceptions; a test holds its whole exception tree against the two tables."""
    try:
        yield
    except UNREACHED as error:
        raise UnreachedError(_words(error)) from error
    except NOT_SENT as error:
        raise NotSent(_words(error)) from error
    except MAYBE_SENT as error:
        raise MaybeSent(unquoted(_words(error))) from error


def _words(error: Exception) -> str:
    name = type(error).__name__
    return f"{name}: {error}" if str(error) else name
