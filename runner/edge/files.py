"""Writing so that a reader, or a crash, sees the old file or the new one, whole; and the disk's no in plain words."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from ..errors import FolderError, Halt

_ADVICE: Final = {
    errno.ENOSPC: "the disk is full: make room",
    errno.EDQUOT: "the disk quota is used up: make room",
    errno.EFBIG: "the file is larger than this process may write: raise the limit (ulimit -f)",
    errno.EROFS: "the file system is read-only: make it writable",
    errno.EACCES: "permission denied: make the folder writable",
    errno.EMFILE: "too many open files: raise the limit (ulimit -n)",
}


FILES_LEAST: Final = 64  # open at one time: connections, portraits and videos under way, the journal, libraries


def require_open_files() -> None:
    """Raise Halt where so few files may be open that a run would stumble on the way."""
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < FILES_LEAST:
        raise Halt(f"a run needs {FILES_LEAST} open files, and may have {most} here: raise the limit (ulimit -n)")


@contextmanager
def halting(path: Path, what: str = "write") -> Iterator[None]:
    """Turn what the disk refuses into `Halt` with advice; what is already kept stays kept."""
    try:
        yield
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, f"{error.strerror or error}: mend it")
        raise Halt(f"cannot {what} {path}: {advice}, then run the same command again") from error


def refuse_link(folder: Path) -> None:
    """Raise FolderError when a folder inside the run folder is a link: what is written there would land elsewhere."""
    if folder.is_symlink():
        raise FolderError(
            f"{folder} is a symbolic link, which nothing here follows; "
            "put a folder there, or let output.dir name another place"
        )


def write_whole(path: Path, chunks: Iterable[str]) -> None:
    """Write a UTF-8 text aside, sync it, and rename it over `path`; a link at `path` is replaced, never followed."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    with halting(path):
        try:
            aside.unlink(missing_ok=True)
            with aside.open("x", encoding="utf-8", newline="") as file:  # never through a link that was left there
                file.writelines(chunks)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
            sync_folder(path.parent)
        finally:
            with suppress(FileNotFoundError):
                aside.unlink()


def move(source: Path, target: Path) -> None:
    """Rename within one file system and sync both folders."""
    with halting(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
        sync_folder(target.parent)
        sync_folder(source.parent)


def sync_folder(folder: Path) -> None:
    """Make names that were added to or taken from a folder survive a power cut."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
