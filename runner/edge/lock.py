"""One writer for each run folder: `flock`, which the kernel frees at death, so no stale lock needs a person."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ..errors import FolderError

NETWORK_FILE_SYSTEMS: Final = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afs",
        "ncpfs",
        "fuse.sshfs",
        "9p",
        "ceph",
        "glusterfs",
        "lustre",
        "beegfs",
    }
)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; raise FolderError that says who holds it, or why it cannot be held."""
    refuse_network(folder)
    fd = _open(folder / ".lock")
    try:
        _acquire(fd, folder)
        yield
    finally:
        os.close(fd)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise FolderError(f"cannot write in {path.parent}: {error.strerror}; choose another output.dir") from error


def _acquire(fd: int, folder: Path) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FolderError(f"{folder} is held by {_holder(fd)}; wait for it, or stop it") from None
    os.ftruncate(fd, 0)
    os.pwrite(fd, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode(), 0)


def _holder(fd: int) -> str:
    try:
        who = json.loads(os.pread(fd, 4096, 0))
        return f"another run (process {who['pid']} on {who['host']})"
    except (ValueError, KeyError, TypeError):
        return "another run"


def refuse_network(folder: Path) -> None:
    """Raise FolderError when `folder` lies on a network file system, where locks and syncs cannot be relied upon."""
    kind = file_system(folder)
    if kind in NETWORK_FILE_SYSTEMS:
        raise FolderError(
            f"{folder} is on a network file system ({kind}), which cannot keep state safely; use a local disk"
        )


def file_system(folder: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """Return the type of the file system that holds `folder`, empty where the system does not tell."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    path = folder.resolve()
    best, kind = -1, ""
    for line in lines:
        fields = line.split()
        point = Path(fields[1].replace("\\040", " "))
        if len(point.parts) > best and path.is_relative_to(point):
            best, kind = len(point.parts), fields[2]
    return kind
