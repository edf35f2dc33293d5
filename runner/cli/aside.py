"""Files beside the run folders, for their owner alone: logs of bugs, and what no journal took."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from ..edge.accounts import state_home
from ..errors import UserError


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


def add_aside(path: Path, text: str) -> bool:
    """Write more at the end of such a file; return whether that could be done."""
    try:
        _fill(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW), text)
    except OSError:
        return False
    return True


def _fill(fd: int, text: str) -> None:
    with open(fd, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(fd)


def _folders(environ: Mapping[str, str]) -> Iterator[Path]:
    with suppress(UserError):
        yield state_home(environ)
    yield Path(tempfile.gettempdir())
