"""Whether something is there, for those who would act on a no: where that cannot be known, it is said and not guessed.

`Path.exists` and its kin answer no to a folder that may not be searched (from Python 3.14 on; before, they raise). What
was bought lies in such folders, and who takes them for empty buys it again.
"""

from __future__ import annotations

import stat
from pathlib import Path


def is_file(path: Path) -> bool:
    """Return whether a regular file is there; raise OSError where nobody can tell."""
    mode = _mode(path)
    return mode is not None and stat.S_ISREG(mode)


def is_folder(path: Path) -> bool:
    """Return whether a folder is there; raise OSError where nobody can tell."""
    mode = _mode(path)
    return mode is not None and stat.S_ISDIR(mode)


def is_there(path: Path) -> bool:
    """Return whether anything is there; raise OSError where nobody can tell."""
    return _mode(path) is not None


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder, sorted, and none where there is no folder; raise OSError where nobody can tell."""
    try:
        return sorted(path.name for path in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
