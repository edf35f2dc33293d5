"""Walks the top-level boxes of an MP4, a few bytes each, and says when the file is no MP4 or not a whole one."""

from __future__ import annotations

import os
import struct
from typing import BinaryIO, Final

from ..portrait.sniff import HEAD, name_content

_NEEDED: Final = {b"moov": "its index (moov)", b"mdat": "its pictures (mdat)"}
_TO_THE_END: Final = 0
"""A box of this size reaches to the end of the file."""
_HEAD: Final = 8
_LARGE_HEAD: Final = 16
_MOST: Final = 300_000
"""Two boxes for each frame of the longest clip that counts; a film of 2 GiB could else be walked for an hour."""
_LARGE: Final = 1
"""A box of this size has its true size in the next eight bytes."""


def find_break(file: BinaryIO) -> str | None:
    """Return in words why the file is not a whole MP4 on the outside, or None."""
    size = os.fstat(file.fileno()).st_size
    kind = name_content(file.read(HEAD))
    if kind not in {"an MP4 video", "a QuickTime movie"}:
        instead = "instead of a video" if not kind.endswith(" video") else "instead of an MP4 video"
        return f"{kind} {instead}"
    return _walk(file, size)


def _walk(file: BinaryIO, size: int) -> str | None:
    at, seen = 0, set()
    for _ in range(_MOST + 1):
        if at == size:
            break
        file.seek(at)
        box = _read_box(file.read(_LARGE_HEAD), size - at)
        if box is None:
            return f"{size - at:,} bytes behind its last box belong to nothing"
        length, kind = box
        if at + length > size:
            return f"cut off after {size:,} of at least {at + length:,} bytes"
        seen.add(kind)
        at += length
    else:
        return f"more than {_MOST:,} boxes, expected a dozen"
    missing = [name for kind, name in _NEEDED.items() if kind not in seen]
    return f"cut off or never finished: {' and '.join(missing)} missing" if missing else None


def _read_box(head: bytes, left: int) -> tuple[int, bytes] | None:
    if len(head) < _HEAD or not head[4:8].isascii() or not head[4:8].decode().isprintable():
        return None
    length, kind = struct.unpack(">I4s", head[:_HEAD])
    if length == _TO_THE_END:
        return left, kind
    if length == _LARGE:
        length = int.from_bytes(head[_HEAD:])
        return (length, kind) if length >= _LARGE_HEAD else None
    return (length, kind) if length >= _HEAD else None
