"""Whether a process still lives, told by a file that it holds locked: the kernel frees the lock at its death."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

SUFFIX: Final = ".alive"


@contextmanager
def sign_of_life(folder: Path) -> Iterator[Path]:
    """Give a new sign of life in this folder, a file that is locked until the end of the block or of the process."""
    path = folder / f"{secrets.token_hex(8)}{SUFFIX}"
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield path
    finally:
        path.unlink(missing_ok=True)
        os.close(fd)


def is_alive(path: Path) -> bool:
    """Return whether the owner of a sign lives, also when it is stopped; remove the sign of one that is dead."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    path.unlink(missing_ok=True)
    return False
