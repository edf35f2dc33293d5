"""A JSON request body that is never in memory whole: text in pieces, portraits encoded while they are sent."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Self

from ...dialects.seam import PortraitSlot
from ...model import Portrait
from ...values import dataclass
from ..portrait.body import PortraitBody
from .sender import pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A JSON request body in pieces, with its exact length."""

    pieces: Sequence[bytes | PortraitBody]

    @property
    def content_length(self) -> int:
        """Return the number of bytes that `stream` gives."""
        return sum(len(p) if isinstance(p, bytes) else p.content_length for p in self.pieces)

    async def stream(self) -> AsyncIterator[bytes]:
        """Give the bytes as they are sent."""
        for piece in self.pieces:
            if isinstance(piece, bytes):
                yield piece
                continue
            for chunk in piece.chunks():
                yield chunk

    def whole(self) -> bytes:
        """Return the bytes in one piece."""
        return b"".join(piece if isinstance(piece, bytes) else b"".join(piece.chunks()) for piece in self.pieces)

    def close(self) -> None:
        """Close every portrait."""
        for piece in self.pieces:
            if not isinstance(piece, bytes):
                piece.close()


class Outgoing:
    """A body on its way, as whoever sends it draws it.

    What was drawn may have arrived. What was not is still here, and without its last byte nobody has a JSON object.
    """

    def __init__(self, body: Body) -> None:
        """Take a body that was not begun."""
        self._pieces = pieces(body.stream())
        self._left = body.content_length
        self._is_stopped = False

    def __aiter__(self) -> Self:
        """Return itself: it can be drawn once."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next piece."""
        if self._is_stopped:
            raise StopAsyncIteration
        piece = await anext(self._pieces)
        self._left -= len(piece)
        return piece

    def stop(self) -> bool:
        """Let no more of it out, ever, and return whether some of it is still here."""
        self._is_stopped = True
        return self._left > 0


def encode(document: Mapping[str, Any], open_portrait: Callable[[Portrait], PortraitBody]) -> Body:
    """Return the JSON of `document`, with the portrait's text in the place of its slot."""
    marker = secrets.token_hex(16)
    found: list[Portrait] = []

    def mark(value: object) -> str:
        if not isinstance(value, PortraitSlot):
            raise TypeError(f"not JSON: {type(value).__name__}")
        found.append(value.portrait)
        return marker

    parts = json.dumps(document, default=mark, separators=(",", ":")).encode().split(marker.encode())
    pieces: list[bytes | PortraitBody] = [parts[0]]
    for portrait, rest in zip(found, parts[1:], strict=True):
        pieces += [open_portrait(portrait), rest]
    return Body(pieces=pieces)
