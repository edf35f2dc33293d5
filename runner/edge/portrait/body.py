"""Streams a portrait onto the wire: a remote URL as it is, a picture as a data URL that is encoded while it is sent.

Base64 turns 3 bytes into 4 characters of plain ASCII that JSON need not escape, so the length is known beforehand and
no picture is ever in memory whole.
"""

from __future__ import annotations

import hashlib
import io
from binascii import b2a_base64
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import BinaryIO, Final, Self

from ...errors import DriftError
from ...model import Portrait

_CHUNK: Final = 3 * 65_536
"""Bytes read at a time; a multiple of 3, so that no chunk but the last is padded."""


class PortraitBody:
    """The text that stands for a portrait in a request: its exact length, and its chunks, once.

    Closes its file when the last chunk is read, on `close()`, and at the end of a `with` block; may be closed twice.
    """

    def __init__(
        self, head: bytes, shown: str, content: BinaryIO | None = None, *, size: int = 0, sha256: str = ""
    ) -> None:
        """Take over the open `content`, of such a size and digest, to follow `head` in base64; None if that is all."""
        self._head = head
        self._shown = shown
        self._content = content
        self._size = size
        self._sha256 = sha256

    @property
    def content_length(self) -> int:
        """Return the number of ASCII characters of the whole text."""
        return len(self._head) + 4 * ((self._size + 2) // 3)

    def chunks(self) -> Iterator[bytes]:
        """Give the text piece by piece; raise `DriftError`, before the last one, when the file changes meanwhile."""
        yield self._head
        if self._content is None:
            return
        digest, left = hashlib.sha256(), self._size
        while left:
            expected = min(_CHUNK, left)
            piece = read_fully(self._content, expected)
            digest.update(piece)
            left -= expected
            if not left or len(piece) < expected:
                self.close()
                if digest.hexdigest() != self._sha256:
                    raise DriftError(f"portrait '{self._shown}' changed while it was sent; run `s2v plan` again")
            yield b2a_base64(piece, newline=False)

    def close(self) -> None:
        """Close the file behind the text, if there is one."""
        if self._content is not None:
            self._content.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def stream_url(url: str) -> PortraitBody:
    """Return the body that is a remote URL itself."""
    return PortraitBody(url.encode("ascii"), url)


def stream_picture(portrait: Portrait, content: BinaryIO) -> PortraitBody:
    """Return the body of an open picture; raise `DriftError`, and close it, when its bytes are not those planned."""
    with ExitStack() as until_trusted:
        until_trusted.enter_context(content)
        size = _measure(portrait, content)
        content.seek(0)
        until_trusted.pop_all()
    return PortraitBody(_head(portrait), portrait.ref, content, size=size, sha256=portrait.sha256)


def encode_picture(portrait: Portrait, content: BinaryIO, *, most: int) -> bytes:
    """Return the text of an open picture of at most `most` bytes, made of the very bytes that were held to the plan.

    Raise `DriftError` when they are not those planned; whoever writes to the file meanwhile changes nothing.
    """
    raw = read_fully(content, most + 1)
    _measure(portrait, io.BytesIO(raw))
    return _head(portrait) + b2a_base64(raw, newline=False)


def _head(portrait: Portrait) -> bytes:
    return f"data:{portrait.mime};base64,".encode("ascii")


def _measure(portrait: Portrait, content: BinaryIO) -> int:
    digest, size = hashlib.sha256(), 0
    while piece := content.read(_CHUNK):
        digest.update(piece)
        size += len(piece)
    if digest.hexdigest() != portrait.sha256:
        raise DriftError(f"portrait '{portrait.ref}' changed since it was planned; run `s2v plan` to see what follows")
    return size


def read_fully(file: BinaryIO, most: int) -> bytes:
    """Return up to `most` bytes: fewer only at the end, though an unbuffered file may give fewer at a time."""
    pieces, left = [], most
    while left and (piece := file.read(left)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
