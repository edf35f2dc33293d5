"""Patterns of portrait files: `portraits/*.jpg`, `**/front.png`; the same folders give the same files, or an error.

`glob` passes in silence over what it may not look into, and the plan would be that of fewer portraits. So each place
that a pattern asks for is looked into once more, and the first that cannot be is an error.
"""

from __future__ import annotations

import errno
import glob
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..spelling import composed
from .words import shown

_PATTERN: Final = re.compile(r"[*?\[]")
_NOTHING_THERE: Final = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG}


def expanded(entry: str, folder: Path) -> list[str]:
    """Return the portraits that an entry stands for, in the same order however a disk spells their names."""
    if not _is_pattern(entry, folder):
        return [entry]
    return sorted((ref for ref in _matches(entry, folder) if _may_be_file(folder / ref)), key=composed)


def closed(entry: str, folder: Path) -> str | None:
    """Return which place that an entry asks for cannot be looked into, and why; None where nothing is passed over."""
    for above, name in _steps(entry) if _is_pattern(entry, folder) else ():
        for place in _matches(above, folder) if _PATTERN.search(above) else [above]:
            try:
                _look(folder / place, name)
            except OSError as error:
                if error.errno not in _NOTHING_THERE:
                    return f"{shown(place or folder.name)} cannot be looked into: {(error.strerror or 'error').lower()}"
    return None


def on_disk(text: str) -> str:
    """Return a path of a manifest, which is UTF-8, so that it leads to the same place in every locale."""
    return os.fsdecode(text.encode("utf-8", "surrogatepass"))


def is_spelled(ref: str) -> bool:
    """Return whether a match is read alike in every locale: else `{name}` would make another prompt of it in each."""
    return os.fsencode(ref) == ref.encode()


def _is_pattern(entry: str, folder: Path) -> bool:
    if entry.startswith(("http://", "https://", "data:")) or not _PATTERN.search(entry):
        return False
    try:
        return not stat.S_ISREG((folder / entry).stat().st_mode)
    except (OSError, ValueError):
        return True


def _steps(entry: str) -> Iterator[tuple[str, str]]:
    """Give, from the front, each name behind which a pattern may go on, and the pattern above it: what `glob` reads.

    `a/*/b.png` gives `a/*` with `b.png`, and `a` with `*`; a `**` is read in every folder below it, too.
    """
    above, name = os.path.split(entry)
    if _PATTERN.search(above):
        yield from _steps(above)
    yield above, name
    if name == "**":
        yield entry, name


def _look(place: Path, name: str) -> None:
    """Read a folder as `glob` does for `name` in it; raise OSError where it cannot be."""
    if _PATTERN.search(name):
        with os.scandir(place) as entries:
            for _ in entries:
                pass
    else:
        (place / name).lstat()


def _matches(pattern: str, folder: Path) -> list[str]:
    return glob.glob(pattern, root_dir=folder, recursive=True)  # noqa: PTH207 -- Path.glob takes no absolute pattern


def _may_be_file(path: Path) -> bool:
    """Return whether a file is there, or may be where nobody may look: who opens the portrait is told why not."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        return error.errno not in _NOTHING_THERE
    except ValueError:
        return False
