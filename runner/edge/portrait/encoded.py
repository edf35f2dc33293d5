"""Portraits as they are sent, encoded once: a batch mostly asks many things of few faces.

What is kept is what was planned, byte for byte, whatever becomes of the file; that the file is still the same is seen
by its marks, so that a user who changed it is told.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Final

FILE_MOST: Final = 1 << 20  # bytes of a portrait that is kept; a larger one is encoded while it is sent, each time
KEPT_MOST: Final = 8 << 20  # bytes of text in all; what was not sent for longest makes room
_COPIES_MOST: Final = 1000  # files that are known to hold one portrait

Marks = tuple[int, ...]
"""What is the same as long as nobody writes to a file or puts another one in its place."""


def marks_of(file: str | int) -> Marks:
    """Return the marks of a file, by its path or its descriptor; raise OSError without one."""
    stat = os.fstat(file) if isinstance(file, int) else Path(file).stat()
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


class Encoded:
    """The texts, by the digest of their portraits, `KEPT_MOST` bytes at most; may be used from any thread."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[set[Marks], bytes]] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def find(self, sha256: str, marks: Marks) -> bytes | None:
        """Return the text of a portrait if it is kept, and was made of a file with these marks."""
        with self._lock:
            seen, text = self._kept.get(sha256, ((), b""))
            if marks not in seen:
                return None
            self._kept.move_to_end(sha256)
            return text

    def keep(self, sha256: str, marks: Marks, text: bytes) -> None:
        """Keep a text, once for all files that hold the portrait, and let go of those not sent for longest."""
        with self._lock:
            seen, _ = self._kept.setdefault(sha256, (set(), text))
            self._size += 0 if seen else len(text)
            if len(seen) >= _COPIES_MOST:
                seen.clear()
            seen.add(marks)
            self._kept.move_to_end(sha256)
            while self._size > KEPT_MOST:
                self._size -= len(self._kept.popitem(last=False)[1][1])
