"""The body of an answer as it came: whole, what there was of it when it broke off, or what no parser takes."""

from __future__ import annotations

import re
import zlib
from contextlib import suppress
from dataclasses import field
from typing import Final

from ...errors import MaybeSent
from ...values import dataclass
from .sender import Answer

REPLY_MOST: Final = 16 * 1024 * 1024  # bytes of JSON; an API answer is some hundred
_BEGINNING: Final = 2048  # bytes that are kept of a longer one
_PACKED: Final = frozenset({"gzip", "x-gzip", "deflate"})
_ANY_HEAD: Final = 32 + zlib.MAX_WBITS  # gzip's or zlib's, as the bytes say
_OBJECT: Final = re.compile(rb"(?:\A|\n\r?\n)(?:[0-9A-Fa-f]{1,8}\r\n)?[\s\xef\xbb\xbf]{0,9}(\{.*)", re.DOTALL)
_NO_JSON: Final = re.compile(rb"\r\n[0-9A-Fa-f]{1,8}\r\n|set-cookie2?:[^\r\n]*", re.IGNORECASE)
"""What stands in it where it came in chunks, and what another head behind it says that is a secret."""


@dataclass(slots=True)
class Heard:
    """What a request brought so far; `answer` is None until one began."""

    answer: Answer | None = None
    _raw: bytearray = field(default_factory=bytearray)

    async def take_in(self, answer: Answer) -> None:
        """Read the body to its end; raise MaybeSent where it breaks off, or is longer than any answer."""
        self.answer = answer
        async for chunk in answer.chunks():
            self._raw += chunk
            if len(self._raw) > REPLY_MOST:
                del self._raw[_BEGINNING:]
                raise _too_long()

    def content(self) -> bytes:
        """Return the body, also one that came packed against our wish; raise MaybeSent where it cannot be unpacked."""
        if not self._is_packed:
            return bytes(self._raw)
        try:
            content = zlib.decompressobj(_ANY_HEAD).decompress(self._raw, REPLY_MOST + 1)
        except zlib.error as error:
            raise MaybeSent(f"the answer came packed and cannot be unpacked: {error}") from error
        if len(content) > REPLY_MOST:
            raise _too_long()
        return content

    def remains(self) -> bytes:
        """Return as much of the body as can be read."""
        try:
            return self.content()
        except MaybeSent:
            return b""

    def shreds(self) -> bytes:
        """Return the beginning of a packed body that is spoilt, as far as it unpacks: to be told, not to be believed.

        Byte by byte, for what stands before the flaw is given out only when it is reached. What only bears the name of
        packed is told as it is.
        """
        unpacking, shreds = zlib.decompressobj(_ANY_HEAD), bytearray()
        with suppress(zlib.error):
            for at in range(len(self._raw) if self._is_packed else 0):
                shreds += unpacking.decompress(self._raw[at : at + 1], _BEGINNING)
                if len(shreds) >= _BEGINNING or unpacking.eof:
                    break
        if not shreds and self._raw.lstrip().startswith(b"{"):
            shreds = self._raw
        return bytes(shreds[:_BEGINNING])

    @property
    def _is_packed(self) -> bool:
        return self.answer is not None and self.answer.headers.get("content-encoding", "").lower() in _PACKED


def object_in(raw: bytes) -> bytes:
    """Return the beginning of the JSON object in an answer that no parser takes, or nothing: a head has cookies."""
    found = _OBJECT.search(raw)
    return _NO_JSON.sub(b"", found[1][: 2 * _BEGINNING])[:_BEGINNING] if found else b""


def _too_long() -> MaybeSent:
    return MaybeSent(f"the answer is longer than {REPLY_MOST // 2**20} MiB")
