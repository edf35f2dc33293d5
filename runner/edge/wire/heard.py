"""The body of an answer as it came: whole, or what there was of it when it broke off."""

from __future__ import annotations

import zlib
from dataclasses import field
from typing import Final

from ...errors import MaybeSent
from ...values import dataclass
from .sender import Answer

REPLY_MOST: Final = 16 * 1024 * 1024  # bytes of JSON; an API answer is some hundred
_BEGINNING: Final = 2048  # bytes that are kept of a longer one
_PACKED: Final = frozenset({"gzip", "x-gzip", "deflate"})
_ANY_HEAD: Final = 32 + zlib.MAX_WBITS  # gzip's or zlib's, as the bytes say


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

    @property
    def _is_packed(self) -> bool:
        return self.answer is not None and self.answer.headers.get("content-encoding", "").lower() in _PACKED


def _too_long() -> MaybeSent:
    return MaybeSent(f"the answer is longer than {REPLY_MOST // 2**20} MiB")
