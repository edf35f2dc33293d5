"""Where the socket of a run lies: a short path in a folder that only its user can enter, found from the run folder.

It cannot lie in the run folder itself: the path of a Unix socket has room for some hundred bytes.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

_RUNTIME: Final = "/run/user"  # where Linux has a folder for each user who is logged in
_TEMPORARY: Final = "/tmp"  # noqa: S108 - what lies there is judged before it is used
PATH_MOST: Final = 103  # bytes: macOS has room for 104 with the zero at the end, Linux for 108
_STRANGERS: Final = 0o077  # what a folder must not allow to anybody but its owner
_DIGITS: Final = 24  # of SHA-256, in hexadecimal


class Unsafe(Exception):
    """A folder for sockets that must not be trusted, in words."""


def places(folder: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    """Give the paths at which the run of a folder may listen, the best first; nothing of them need be there."""
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(runtime):  # noqa: PTH117 - it is text, and may be empty
        yield _of_session(folder, runtime)
    with suppress(OSError):  # a machine may have no folder for what is temporary
        yield _of_user(folder, tempfile.gettempdir())


def usual_places(folder: Path) -> Iterator[Path]:
    """Give the paths at which a run may listen that was begun in another kind of session, as by cron or over ssh."""
    yield _of_session(folder, f"{_RUNTIME}/{os.geteuid()}")
    yield _of_user(folder, _TEMPORARY)


def _of_session(folder: Path, runtime: str) -> Path:
    return Path(runtime) / f"s2v-{_digest(folder)}.sock"


def _of_user(folder: Path, temporary: str) -> Path:
    return Path(temporary) / f"s2v-{os.geteuid()}" / f"{_digest(folder)}.sock"


def _digest(folder: Path) -> str:
    return hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:_DIGITS]


def require_usable(path: Path) -> None:
    """Raise Unsafe unless a path is short enough, and its folder is there, no link, and for this user alone."""
    if len(os.fsencode(path)) > PATH_MOST:
        raise Unsafe(f"{path} is too long for a socket, which has room for {PATH_MOST} bytes")
    home = path.parent
    try:
        found = home.lstat()
    except OSError as error:
        raise Unsafe(f"{home}: {error.strerror}") from error
    if not stat.S_ISDIR(found.st_mode):
        raise Unsafe(f"{home} is not a folder")
    if found.st_uid != os.geteuid():
        raise Unsafe(f"{home} belongs to another user")
    if found.st_mode & _STRANGERS:
        raise Unsafe(f"{home} can be entered by others: chmod 700 {home}")


def prepare(path: Path) -> None:
    """Make the folder of a path of `places` if need be; raise Unsafe where no socket can be put."""
    with suppress(OSError):  # what then is there, or is not, is judged
        path.parent.mkdir(mode=0o700, exist_ok=True)
    require_usable(path)
