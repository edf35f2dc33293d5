"""Files beside the run folders, for their owner alone: logs of bugs, and what no journal took."""

from __future__ import annotations

import os
import re
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from ..edge.account.accounts import state_home
from ..edge.disk.files import UNFENCED, halting
from ..errors import UserError

_BUG: Final = re.compile(r"bug-[0-9]{8}T[0-9]{6}-[0-9]+\.log")
BUG_BEGINS: Final = "s2v "
"""How the text of each log of a bug begins, so that no file of anybody else is taken for one."""


def write_aside(name: str, text: str, environ: Mapping[str, str]) -> Path | None:
    """Write a new file where this user's state is kept, else where temporary files are; None where neither can be."""
    for folder in _folders(environ):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            fd = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # in /tmp anybody may leave a link
        except OSError:
            continue
        try:
            _fill(fd, text)
        except OSError:
            with suppress(OSError):
                (folder / name).unlink()
            continue
        return folder / name
    return None


def write_bug(text: str, environ: Mapping[str, str]) -> Path | None:
    """Write the log of a bug; as `write_aside` does."""
    name = f"bug-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.log"
    return write_aside(name, text, environ)


def bugs(environ: Mapping[str, str]) -> list[Path]:
    """Return the logs of bugs of this user; which of them tells of whom nobody knows. Raise Halt as the disk does."""
    return sorted(path for folder in dict.fromkeys(_folders(environ)) for path in _bugs_in(folder))


def forget_bugs(environ: Mapping[str, str]) -> None:
    """Remove them, for good; raise Halt where that cannot be."""
    UNFENCED.remove_for_good(bugs(environ))


def _bugs_in(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    with halting(folder, "read"), os.scandir(folder) as entries:
        named = [folder / entry.name for entry in entries if _BUG.fullmatch(entry.name)]
    yield from filter(_is_ours, named)


def _is_ours(path: Path) -> bool:
    with halting(path, "read"), suppress(FileNotFoundError):
        found = path.lstat()
        if stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid():
            return path.read_bytes().startswith(BUG_BEGINS.encode())
    return False


def add_aside(path: Path, text: str) -> bool:
    """Write more at the end of such a file; return whether that could be done."""
    try:
        _fill(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW), text)
    except OSError:
        return False
    return True


def _fill(fd: int, text: str) -> None:
    with open(fd, "w", encoding="utf-8", errors="backslashreplace") as file:  # the name of a file may be any bytes
        file.write(text)
        file.flush()
        os.fsync(fd)


def _folders(environ: Mapping[str, str]) -> Iterator[Path]:
    with suppress(UserError):
        yield state_home(environ)
    with suppress(OSError):  # a machine may have no folder for what is temporary, or no room in any
        yield Path(tempfile.gettempdir())
