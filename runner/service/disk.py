"""The disk under the films. What it refuses is no fault of a job: the service stops, and goes on when there is room."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ..errors import Halt

_REFUSALS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO})


@contextmanager
def halting() -> Iterator[None]:
    """Raise Halt in place of the OSError by which a disk says that it takes no more."""
    try:
        yield
    except OSError as error:
        if error.errno not in _REFUSALS:
            raise
        why = os.strerror(error.errno).lower()
        raise Halt(f"the service's films cannot be written: {why}; make room on the disk, then go on") from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder, new and removed, survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
