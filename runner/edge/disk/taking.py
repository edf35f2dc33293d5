"""Takes a file over from another folder: by hard link where the file system allows it, else as a copy.

Either is held against its digest under a passing name, so that what gets the final name is whole and the very file that
was meant. What is on both sides of a link is never written to again: whatever replaces it does so by rename.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .digest import digest_of
from .files import UNFENCED, Files, halting
from .regular import open_regular


def take(source: Path, target: Path, sha256: str, *, files: Files = UNFENCED) -> bool:
    """Bring `source` to `target` and say so; False when it is not there, or is not the file with that digest.

    Raise Halt when the disk refuses. May be called again after a crash; `source` stays as it is.
    """
    aside = target.with_name(f"{target.name}.part")
    files.make_folder(target.parent)
    with halting(target):
        aside.unlink(missing_ok=True)
    if not _is_linked(source, aside) and not _is_copied(source, aside):
        return False
    with halting(aside):
        if digest_of(aside) != sha256:
            aside.unlink()
            return False
        _sync(aside)
        if target.is_file() and aside.samefile(target):
            aside.unlink()  # a rename of one link over another does nothing, and leaves both names
            return True
    files.move(aside, target)
    return True


def _is_linked(source: Path, aside: Path) -> bool:
    if source.is_symlink() or not source.is_file():
        return False
    try:
        os.link(source, aside)
    except OSError:  # another disk, a file system without links, a file of somebody else
        return False
    return True


def _is_copied(source: Path, aside: Path) -> bool:
    """Copy a regular file and say whether there was one to read; what the target's disk refuses raises Halt."""
    try:
        file = open_regular(str(source))
    except OSError:
        return False
    with file, halting(aside), aside.open("xb") as copy:
        shutil.copyfileobj(file, copy)
    return True


def _sync(path: Path) -> None:
    """Make the content survive a power cut: it may have been copied here a moment ago, by a program that does not."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
