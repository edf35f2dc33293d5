"""What every way to a server does: send one request and give what answers it, with nothing on top of it.

No cookie, no redirect, no proxy but the way's own, nothing unpacked. A full client would do all of that for each
request only to be told not to, for half of the CPU of a request. What goes wrong is sorted here and nowhere later:
NotSent is safe to repeat, even a paid call; MaybeSent never repeats a paid call.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final, Protocol, Self

from ...errors import MaybeSent, NotSent
from ...values import dataclass
from .pool import USER_AGENT

ALWAYS: Final = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": USER_AGENT}
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
PIECE: Final = 48 * 1024  # bytes that an idle connection takes at once


class UnreachedError(NotSent):
    """No connection came about; another address of the same host may yet be tried."""


class GarbledError(MaybeSent):
    """An answer came that the parser of HTTP cannot take; `raw` is how it began: to be told, never to be believed."""

    def __init__(self, words: str, raw: bytes) -> None:
        super().__init__(words)
        self.raw = raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request.

    `content` is the body, or the pieces of a long one, whose length stands in the headers. `at` is the address that is
    connected to in place of the host, under whose name it is asked all the same, and has to prove itself.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | AsyncIterator[bytes] | None = None
    at: str | None = None

    @property
    def body(self) -> bytes | AsyncIterator[bytes] | None:
        """Return the content as it is sent, once: whole where an idle connection takes it at once, else in pieces."""
        if self.content is None or (isinstance(self.content, bytes) and len(self.content) <= PIECE):
            return self.content
        return pieces(self.content)


class Answer(Protocol):
    """What answers a request; whoever has one closes it."""

    @property
    def status(self) -> int:
        """Return the HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers by their names in lower case; of those that came more than once, all in one."""

    def chunks(self) -> AsyncIterator[bytes]:
        """Give the raw body as it comes, once; raise MaybeSent where it breaks off."""

    async def close(self) -> None:
        """Let go of the connection, which is kept if the body was read to its end."""


class Sender(Protocol):
    """A way to servers, as a context; leaving it closes its connections. `timeout_s` bounds each silence."""

    timeout_s: float

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...

    async def send(self, request: Request) -> Answer:
        """Send one request and return what answers it, the body unread.

        A name and a password that stand in its address go into a header, as everywhere. Raise NotSent or MaybeSent
        where no answer began, and whatever the pieces of a body raise.
        """


async def pieces(content: bytes | AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Give a body in small pieces: each has the time-out to itself, which is meant for silence and not for slow lines.

    Of a long piece nobody sees how far it came; and aiohttp bounds no silence before all of a body is written.
    """
    if isinstance(content, bytes):
        for start in range(0, len(content), PIECE):
            yield content[start : start + PIECE]
        return
    async for piece in content:
        for start in range(0, len(piece), PIECE):
            yield piece[start : start + PIECE]


def by_name(raw: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by their names, as httpx reads them: in UTF-8 if that is what they are, else in Latin 1."""
    try:
        told = [(name.decode("ascii").lower(), value.decode("utf-8")) for name, value in raw]
    except UnicodeDecodeError:
        told = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw]
    named = dict(told)
    if len(named) < len(told):
        named = {name: ", ".join(value for each, value in told if each == name) for name in named}
    return named
