"""Reads the JSON body of a request piece by piece, and decodes the pictures in it as they arrive.

A portrait of 20 MB is 27 MB of base64, which as text, as JSON and as bytes would stand in memory four times. So a long
string that begins as a data URL never reaches the JSON reader: it is decoded on the way, and a name that nobody can
guess stands in its place. What is wrong with a picture is said when it is asked for; until then the body is read to its
end, because a client that is cut off in the middle cannot tell what was wrong.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
import json
import re
import secrets
from collections.abc import AsyncIterator
from typing import Any, Final

from .order import Link, Refusal

BODY_MOST: Final = 64 * 1024 * 1024  # bytes; Modellix's client stops there (C), MiniMax's v2 too (D)
TEXT_MOST: Final = 1024 * 1024  # bytes of a body that are no picture
PICTURE_BELOW: Final = 20 * 1024 * 1024  # bytes: "< 20MB" at MiniMax, V-API and Modellix (D)
BODY_S: Final = 60.0  # how long a body may take to arrive
DATA_URL: Final = re.compile(rb"data:image\\?/[\w.+-]+;base64,", re.IGNORECASE)
_HEAD: Final = 256  # bytes after which a string shows whether it is a data URL
_STEP: Final = 4096  # bytes of text taken at once, so that no whole picture slips through in one piece
_STOPS: Final = re.compile(rb'["\\]')


class Body:
    """A request's JSON value, and the pictures that were taken out of it."""

    def __init__(self, value: Any, pictures: dict[str, bytes | Refusal]) -> None:  # noqa: ANN401 - a parsed body
        self.value = value
        self._pictures = pictures

    def picture(self, text: str) -> bytes | Link:
        """Return what an image field holds: decoded bytes or a link; raise `Refusal` for anything else."""
        if text[:8].lower().startswith(("http://", "https://")):
            return Link(url=text)
        found = self._pictures.get(text)
        picture = _decoded(text) if found is None else found
        if isinstance(picture, Refusal):
            raise picture
        return picture


async def read_body(stream: AsyncIterator[bytes], *, within_s: float = BODY_S) -> Body:
    """Return the body that arrives, or raise `Refusal`: too large, too slow, no JSON."""
    intake = Intake()
    size = 0
    try:
        async with asyncio.timeout(within_s):
            async for piece in stream:
                size += len(piece)
                if size > BODY_MOST:
                    raise Refusal(f"the request body is larger than {BODY_MOST} bytes")
                intake.feed(piece)
    except TimeoutError as error:
        raise Refusal(f"the request body took longer than {within_s:g} s") from error
    return intake.body()


class Intake:
    """The reader: feed it pieces of any size, then ask for the body."""

    def __init__(self) -> None:
        self._text = bytearray()
        self._mark = secrets.token_hex(16)
        self._pictures: list[_Picture] = []
        self._start: int | None = None  # where the string that is being read begins in the text
        self._in_picture = False
        self._escaped = False

    def feed(self, piece: bytes) -> None:
        """Take the next piece."""
        view = memoryview(piece)
        while view:
            view = view[self._picture(view) if self._in_picture else self._plain(view) :]
        if len(self._text) > TEXT_MOST:
            raise Refusal(f"the request has, without its pictures, a body larger than {TEXT_MOST} bytes")

    def body(self) -> Body:
        """Return the whole body."""
        try:
            value = json.loads(self._text)
            _require_characters(value)
        except (ValueError, RecursionError) as error:
            raise Refusal(f"the request body is not JSON: {error}") from error
        return Body(value, {self._name(n): picture.finish() for n, picture in enumerate(self._pictures)})

    def _plain(self, view: memoryview) -> int:
        """Take text up to the next quote or escape, and return how much that was."""
        if self._escaped:
            self._escaped = False
            self._text += view[:1]
            return 1
        stop = _STOPS.search(view[:_STEP])
        taken = stop.end() if stop else min(len(view), _STEP)
        self._text += view[:taken]
        self._turn(stop[0] if stop else b"")
        if self._start is not None and len(self._text) - self._start > _HEAD:
            self._look(self._start)
        return taken

    def _turn(self, stop: bytes) -> None:
        if stop == b"\\":
            self._escaped = self._start is not None
        elif stop == b'"':
            self._start = len(self._text) if self._start is None else None

    def _look(self, start: int) -> None:
        """Take the string that is being read out of the text if it is a picture."""
        head = DATA_URL.match(self._text, start)
        if head is None or self._escaped:
            return
        picture = _Picture()
        picture.feed(bytes(self._text[head.end() :]))
        del self._text[start:]
        self._text += self._name(len(self._pictures)).encode()
        self._pictures.append(picture)
        self._in_picture = True

    def _picture(self, view: memoryview) -> int:
        """Take a picture's base64 up to the closing quote; the quote is text."""
        piece = bytes(view)
        end = piece.find(b'"')
        taken = len(piece) if end < 0 else end
        self._pictures[-1].feed(piece[:taken])
        self._in_picture = end < 0
        return taken

    def _name(self, number: int) -> str:
        return f"{self._mark}:{number}"


class _Picture:
    """One picture, decoded as it comes; what is wrong with it is kept until the end."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        self._rest = b""
        self._flaw: str | None = None
        self._padded = False

    def feed(self, piece: bytes) -> None:
        """Decode the next characters; some JSON writers put a backslash before each slash."""
        if self._flaw is not None:
            return
        letters = (self._rest + piece).replace(b"\\/", b"/")
        whole = len(letters) - len(letters) % 4 if not letters.endswith(b"\\") else 0
        self._rest = letters[whole:]
        self._decode(letters[:whole])

    def finish(self) -> bytes | Refusal:
        """Return the picture, or what is wrong with it."""
        if self._rest and self._flaw is None:
            self._decode(self._rest)
        if self._flaw is not None:
            return Refusal(self._flaw)
        return self._bytes.getvalue()

    def _decode(self, letters: bytes) -> None:
        if not letters:
            return
        if self._padded:
            self._spoil("the image's base64 cannot be decoded: data after the padding")
            return
        try:
            self._bytes.write(binascii.a2b_base64(letters, strict_mode=True))
        except (binascii.Error, ValueError) as error:
            self._spoil(f"the image's base64 cannot be decoded: {error}")
        self._padded = letters.endswith(b"=")
        if self._bytes.tell() >= PICTURE_BELOW:
            self._spoil(f"the image has {self._bytes.tell()} bytes or more, expected less than {PICTURE_BELOW}")

    def _spoil(self, flaw: str) -> None:
        self._flaw = flaw
        self._bytes = io.BytesIO()


def _require_characters(value: Any) -> None:  # noqa: ANN401 - a parsed body
    """Raise `Refusal` for half of a surrogate pair: JSON can write it, but no store, reply or URL can hold it."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise Refusal("the request body holds half of a surrogate pair, which is no character") from error


def _decoded(text: str) -> bytes | Refusal:
    """Return the picture of a short data URL."""
    head = DATA_URL.match(text.encode(errors="replace"))
    if head is None:
        return Refusal("the image is neither a URL nor a data URL: expected data:image/jpeg;base64,...")
    try:
        return base64.b64decode(text[head.end() :], validate=True)
    except (binascii.Error, ValueError) as error:
        return Refusal(f"the image's base64 cannot be decoded: {error}")
