"""One export at a time in each folder: `flock` on the folder itself, which leaves nothing there and ends by itself."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..edge.disk.files import halting
from ..errors import FolderError


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Let no other export fill a folder; raise FolderError while one does.

    Where a file system has no such locks, nobody is kept out.
    """
    with halting(folder, "read"):
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):
            _lock(fd, folder)
        yield
    finally:
        os.close(fd)


def _lock(fd: int, folder: Path) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FolderError(
            f"another export is at work in {folder}; wait for its end, then run the same command again"
        ) from None
