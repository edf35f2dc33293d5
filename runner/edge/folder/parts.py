"""Hidden files in which signed copies come into being, in folders that others write in, too.

Whoever writes one holds it by a lock, which the kernel frees at death, and its name tells of which run it is: so the
next signing knows what a dead one left, and takes no other file away.
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from ..disk.files import UNFENCED, halting

ENDING: Final = ".part.mp4"  # C2PA goes by what comes last
_MARK: Final = 8  # letters of a run's id


@contextmanager
def held_part(target: Path, run_id: str) -> Iterator[tuple[Path, BinaryIO]]:
    """Give the file in which a copy comes into being, which goes again unless it has got another name.

    Raise Halt where the disk refuses.
    """
    path = target.with_name(f".{target.stem}.{run_id[:_MARK]}.{os.getpid()}{ENDING}")
    UNFENCED.remove(path)
    try:
        with halting(target), path.open("x+b") as file:
            with suppress(OSError):  # of a file system without locks nothing is ever taken for left
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield path, file
    finally:
        UNFENCED.remove(path)


def clear_parts(folder: Path, run_id: str) -> None:
    """Remove what signings of a run left half written in a folder when they died."""
    ours = re.compile(rf"\..+\.{re.escape(run_id[:_MARK])}\.[0-9]+{re.escape(ENDING)}", re.DOTALL)
    with halting(folder, "read"), os.scandir(folder) as entries:
        found = [folder / entry.name for entry in entries if ours.fullmatch(entry.name)]
    for path in filter(_is_left, found):
        UNFENCED.remove(path)


def _is_left(path: Path) -> bool:
    """Return whether nobody holds a file; what cannot be told is somebody's."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return stat.S_ISREG(os.fstat(fd).st_mode)
    except OSError:
        return False
    finally:
        os.close(fd)
