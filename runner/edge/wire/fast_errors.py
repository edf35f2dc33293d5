"""What aiohttp's exceptions mean: whether anything of a request was sent. `sorting` is the same for httpx.

They bear the names that httpx has for them, so that a user reads the same whichever way was taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientPayloadError,
    ConnectionTimeoutError,
    InvalidURL,
    NonHttpUrlClientError,
    SocketTimeoutError,
)
from aiohttp.http_exceptions import HttpProcessingError

from ...errors import MaybeSent, NotSent, WireError
from .sender import UnreachedError
from .words import unquoted

_ADDRESS: Final = re.compile(r"https?://\S+", re.IGNORECASE)
_STATUS: Final = re.compile(r"\A[0-9]+, message[=:][\s'\"]*")  # aiohttp's own; no server has answered with it
_CONTEXT: Final = re.compile(r" ssl:(<[^>]*>|\S+)")  # how a connection was to be made, as Python names the object

SORTED: Final[Mapping[type[Exception], tuple[str, type[WireError]]]] = {
    # raised before anything of a request is written, and never afterwards
    ClientConnectorError: ("ConnectError", UnreachedError),
    ConnectionTimeoutError: ("ConnectTimeout", UnreachedError),
    InvalidURL: ("UnsupportedProtocol", NotSent),
    NonHttpUrlClientError: ("UnsupportedProtocol", NotSent),
    # raised at any time
    SocketTimeoutError: ("ReadTimeout", MaybeSent),
    TimeoutError: ("WriteTimeout", MaybeSent),
    ClientPayloadError: ("ReadError", MaybeSent),
    ClientError: ("RemoteProtocolError", MaybeSent),
    HttpProcessingError: ("RemoteProtocolError", MaybeSent),
    OSError: ("NetworkError", MaybeSent),
    ValueError: ("LocalProtocolError", MaybeSent),
}
"""aiohttp's exceptions by httpx's names; the first line that fits holds. A test goes through every class there is."""


@contextmanager
def told_as_httpx() -> Iterator[None]:
    """Sort aiohttp's exceptions, in words without the address, which may be a signed link."""
    try:
        yield
    except tuple(SORTED) as error:
        raise sorted_as_httpx(error) from error


def sorted_as_httpx(error: Exception) -> WireError:
    """Return what one of aiohttp's exceptions means, in the same words."""
    name, meaning = next(SORTED[each] for each in SORTED if isinstance(error, each))
    words = _ADDRESS.sub("the server", _STATUS.sub("", _CONTEXT.sub("", _plain(str(error)))))
    told = f"{name}: {words}" if words else name
    return meaning(unquoted(told) if meaning is MaybeSent else told)


def _plain(words: str) -> str:
    """Return words of aiohttp's parser as one line; it makes several of them, and escapes those with its quotes."""
    return " ".join(words.replace(r"\n", " ").replace(r"\'", "'").split())
