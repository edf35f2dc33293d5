"""Looks whether files are there, and opens regular ones: nothing that could block, rewind or never end.

Where nobody can tell whether something is there, that is said and not guessed. `Path.exists` and its kin answer no to a
folder that may not be searched (from Python 3.14 on; before, they raise): what was bought lies in such folders, and who
takes them for empty buys it again.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from difflib import get_close_matches
from io import FileIO
from itertools import islice
from pathlib import Path
from typing import Final
from unicodedata import normalize

_KINDS: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)
_WORDS: Final = {
    errno.ENOENT: "not found",
    errno.ENOTDIR: "not found: a part of its path is not a folder",
    errno.EACCES: "may not be read: permission denied",
    errno.EPERM: "may not be read: permission denied",
    errno.ELOOP: "cannot be opened: its symbolic links lead in a circle",
    errno.ENAMETOOLONG: "cannot exist: its name is too long",
    errno.EILSEQ: "has a name that this locale cannot spell: set LC_ALL to one with UTF-8",
}
RENAMED: Final = "rename it, or set LC_ALL to a locale with UTF-8"
"""What helps where a path is not spelled."""
_NEIGHBOURS_MOST: Final = 2000
"""How many names of a folder are compared before guessing is given up."""


class NotRegular(OSError):
    """The path leads to something other than a regular file; the message names what it is."""


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


def is_spelled(path: Path) -> bool:
    """Return whether a whole path is text, as a journal and its reports keep it; on a disk it may be any bytes.

    In a locale without UTF-8 the same text names another file, so what was bought there would not be found.
    """
    text = str(path.absolute())
    try:
        return os.fsencode(text) == text.encode()
    except UnicodeEncodeError:
        return False


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


def open_regular(path: str) -> FileIO:
    """Open a regular file for reading, unbuffered, without ever waiting; raise an `OSError` for anything else.

    The look before opening spares devices that act on being opened; the look after it is the one that counts.
    """
    if "\0" in path:
        raise OSError(errno.ENOENT, "not found")
    try:
        os.fsencode(path)
    except UnicodeEncodeError as error:
        raise OSError(errno.EILSEQ, "no such name in this locale") from error
    _refuse_special(Path(path).stat().st_mode)
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        _refuse_special(os.fstat(fd).st_mode)
    except OSError:
        os.close(fd)
        raise
    return open(fd, "rb", buffering=0)  # noqa: PTH123 - a descriptor, and the caller closes it


def _refuse_special(mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "no file")
        raise NotRegular(f"is {kind}, not a file")


def say(error: OSError) -> str:
    """Return in words why a file cannot be read; they follow its name in a sentence."""
    if isinstance(error, NotRegular):
        return str(error)
    return _WORDS.get(error.errno or 0) or f"cannot be read: {(error.strerror or str(error)).lower()}"


def near_name(path: str) -> str | None:
    """Return the name in the same folder that was probably meant, or None."""
    wanted = Path(path)
    try:
        with os.scandir(wanted.parent) as entries:
            names = [entry.name for entry in islice(entries, _NEIGHBOURS_MOST)]
    except (OSError, ValueError):
        return None
    return _nearest(wanted.name, sorted(names))


def _nearest(wanted: str, names: Iterable[str]) -> str | None:
    folded = {name.casefold(): name for name in names}
    if same := next((name for name in folded.values() if normalize("NFC", name) == normalize("NFC", wanted)), None):
        return same
    stems = {Path(name).stem.casefold(): name for name in folded.values()}
    close = get_close_matches(wanted.casefold(), folded, n=1, cutoff=0.75)
    return stems.get(Path(wanted).stem.casefold()) or (folded[close[0]] if close else None)
