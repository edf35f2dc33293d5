"""One writer for each run folder: `flock`, which the kernel frees at death, so no stale lock needs a person."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import socket
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from ...errors import FolderError
from ...values import dataclass
from .files import halting

MOUNTS: Final = Path("/proc/mounts")
NETWORK_FILE_SYSTEMS: Final = frozenset(
    {
        "nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "afs", "afpfs", "ncpfs", "coda", "9p", "davfs", "ceph",
        "glusterfs", "lustre", "beegfs", "gpfs", "ocfs2", "gfs2", "wekafs", "orangefs", "pvfs2",
        "virtiofs", "vboxsf", "vmhgfs", "fuse.vmhgfs-fuse",  # shared by a machine and its guests
        # Docker Desktop's; under the first, two processes may hold one lock: https://github.com/docker/for-mac/issues/7004
        "fakeowner", "fuse.grpcfuse", "fuse.osxfs",
        "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.gcsfuse", "fuse.goofys", "fuse.glusterfs", "fuse.ceph",
        "fuse.ceph-fuse", "fuse.davfs2", "fuse.gvfsd-fuse", "fuse.juicefs", "fuse.mfs", "fuse.mount-s3",
        "fuse.mountpoint-s3", "fuse.blobfuse", "fuse.blobfuse2", "fuse.orangefs",
    }
)  # fmt: skip
_LEASES_MOST: Final = 300
_LIVE_MOST: Final = 280  # of them, so that those that were spent last are always known
_BYTES_MOST: Final = 4096  # of what a lock says
_ESCAPE: Final = re.compile(r"\\([0-7]{3})")
"""How a mount table writes blanks and backslashes in a name."""


@contextmanager
def held(folder: Path, *, mounts: Path = MOUNTS) -> Iterator[None]:
    """Hold the folder for this process; raise FolderError that says who holds it, or why it cannot be held."""
    refuse_network(folder, mounts)
    fd = _open(folder / ".lock")
    try:
        _acquire(fd, folder)
        yield
    finally:
        os.close(fd)


@contextmanager
def still(folder: Path) -> Iterator[None]:
    """Let no run begin in a folder that is only read; raise FolderError that says who holds it by now.

    Several may read. Where the lock can neither be found nor made, nobody can write in that folder either.
    """
    fd = _open_to_read(folder / ".lock")
    try:
        if fd is not None:
            _flock(fd, folder, fcntl.LOCK_SH)
        yield
    finally:
        if fd is not None:
            os.close(fd)


def _open_to_read(path: Path) -> int | None:
    for flags in (os.O_RDONLY, os.O_RDONLY | os.O_CREAT):
        try:
            return os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        except OSError as error:
            if error.errno not in {errno.ENOENT, errno.EACCES, errno.EPERM, errno.EROFS}:
                raise FolderError(f"{path} cannot be opened: {error.strerror}; mend or remove it") from error
    return None


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise FolderError(f"{path} is a symbolic link, which a lock never follows; remove it") from error
        raise FolderError(f"cannot write in {path.parent}: {error.strerror}; choose another output.dir") from error


def _flock(fd: int, folder: Path, kind: int) -> None:
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FolderError(f"{folder} is held by {_holder(fd)}; wait for it, or stop it") from None
    except OSError as error:
        raise FolderError(f"{folder} cannot be locked: {error.strerror}; choose a local disk") from error


def _acquire(fd: int, folder: Path) -> None:
    _flock(fd, folder, fcntl.LOCK_EX)
    with halting(folder / ".lock"):
        _write(fd, _read(fd) | {"pid": os.getpid(), "host": socket.gethostname()})


def _read(fd: int) -> dict[str, Any]:
    try:
        said = json.loads(os.pread(fd, _BYTES_MOST, 0))
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _write(fd: int, said: Mapping[str, Any]) -> None:
    """Write over what was said before, by one call: a death or a full disk leaves the one or the other, never none."""
    os.pwrite(fd, json.dumps(said).encode().ljust(min(os.fstat(fd).st_size, _BYTES_MOST)), 0)


def _holder(fd: int) -> str:
    who = _read(fd)
    return f"another run (process {who['pid']} on {who['host']})" if {"pid", "host"} <= set(who) else "another run"


def noted_epoch(folder: Path) -> int:
    """Return the last epoch of the journal that a holder of the folder noted, 0 before any did."""
    epoch = _noted(folder).get("epoch")
    return epoch if isinstance(epoch, int) else 0


def note_epoch(folder: Path, epoch: int) -> None:
    """Note the epoch of the journal; the caller holds the folder."""
    _note(folder, epoch=epoch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leases:
    """The leases under which something may have been bought in a folder, the newest last.

    Those that are `spent` had their place in a note taken by later ones, and matter only where that note is put back.
    """

    live: tuple[str, ...] = ()
    spent: tuple[str, ...] = ()

    def __contains__(self, lease: object) -> bool:
        """Return whether the folder remembers it."""
        return lease in self.live or lease in self.spent

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return bool(self.live or self.spent)

    def renewed(self, lease: str, former: Container[str]) -> Leases:
        """Return these with one more, which is to take the place of the `former` ones."""
        live = tuple(each for each in self.live if each not in former)
        return Leases(live=(*live, lease), spent=(*self.spent, *(each for each in self.live if each in former)))


def union(leases: Iterable[Leases]) -> Leases:
    """Return the leases of several folders as one; what is live in any is."""
    every = [*leases]
    live = tuple(dict.fromkeys(lease for each in every for lease in each.live))
    spent = dict.fromkeys(lease for each in every for lease in each.spent)
    return Leases(live=live, spent=tuple(lease for lease in spent if lease not in live))


def noted_leases(folder: Path) -> Leases:
    """Return the leases that a folder remembers."""
    said = _noted(folder)
    return Leases(live=_texts(said.get("leases")), spent=_texts(said.get("spent")))


def note_leases(folder: Path, leases: Leases) -> None:
    """Note the newest of these leases, so that a power cut takes none of them; the caller holds the folder."""
    live = leases.live[-_LIVE_MOST:]
    _note(folder, leases=[*live], spent=[*leases.spent[len(live) - _LEASES_MOST :]])


def _texts(said: object) -> tuple[str, ...]:
    return tuple(each for each in said if isinstance(each, str)) if isinstance(said, list) else ()


def _noted(folder: Path) -> dict[str, Any]:
    fd = _open_to_read(folder / ".lock")
    if fd is None:
        return {}
    try:
        return _read(fd)
    finally:
        os.close(fd)


def _note(folder: Path, **news: int | list[str]) -> None:
    fd = _open(folder / ".lock")
    try:
        with halting(folder / ".lock"):
            _write(fd, _read(fd) | news)
            os.fsync(fd)
    finally:
        os.close(fd)


def refuse_network(folder: Path, mounts: Path) -> None:
    """Raise FolderError when `folder` lies on a network file system, where locks and syncs cannot be relied upon."""
    kind = file_system(folder, mounts)
    if kind in NETWORK_FILE_SYSTEMS:
        raise FolderError(
            f"{folder} is on a network file system ({kind}), which cannot keep state safely; use a local disk, "
            "from which output: {dir: s3://bucket/prefix} publishes to an object store"
        )


def file_system(folder: Path, mounts: Path = MOUNTS) -> str:
    """Return the type of the file system that holds `folder`, empty where the system does not tell.

    One in user space that has no type of its own (`fuse`) is called by what is mounted: `fuse.mountpoint-s3`.
    """
    try:
        table = mounts.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
    path, deepest, kind = folder.resolve(), 0, ""
    for line in table.split("\n"):
        source, _, rest = line.partition(" ")
        point, _, rest = rest.partition(" ")
        parts = Path(_ESCAPE.sub(lambda code: chr(int(code[1], 8)), point)).parts
        if parts and parts == path.parts[: len(parts)] and len(parts) >= deepest:  # the last mount on a point covers it
            deepest, kind = len(parts), rest.partition(" ")[0]
            kind = f"fuse.{source}" if kind == "fuse" else kind
    return kind
