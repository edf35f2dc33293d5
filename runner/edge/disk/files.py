"""Writing so that a reader, or a crash, sees the old file or the new one, whole; and the disk's no in plain words."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import stat
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from ...errors import FolderError, Halt

_ADVICE: Final = {
    errno.ENOSPC: "the disk is full: make room",
    errno.EDQUOT: "the disk quota is used up: make room",
    errno.EFBIG: "the file is larger than this process may write: raise the limit (ulimit -f)",
    errno.EROFS: "the file system is read-only: make it writable",
    errno.EACCES: "permission denied: make the folder writable",
    errno.EMFILE: "too many open files: raise the limit (ulimit -n)",
}


PART: Final = ".part"  # how the name of a file ends that is not whole yet
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


def part_of(path: Path) -> Path:
    """Return where this process writes a file, hidden beside its place, until it is whole."""
    return path.with_name(f".{path.name}.{os.getpid()}{PART}")


def taken_away(path: Path) -> FolderError:
    """Return the error for a run folder that is not there any more, or not the same, while a run is at work in it."""
    return FolderError(
        f"{path} was moved, deleted or replaced while a run was at work, or cannot be looked at any more, and that "
        "folder alone tells what is paid for: put it back before you run anything, or all of it is bought again"
    )


def refuse_link(folder: Path) -> None:
    """Raise FolderError when a folder inside the run folder is a link: what is written there would land elsewhere."""
    if folder.is_symlink():
        raise FolderError(
            f"{folder} is a symbolic link, which nothing here follows; "
            "put a folder there, or let output.dir name another place"
        )


def _refuse_special(path: Path) -> None:
    """Raise FolderError when a name is that of a device, a FIFO or a socket, which a file would take the place of."""
    with suppress(FileNotFoundError):
        kind = path.lstat().st_mode
        if not (stat.S_ISREG(kind) or stat.S_ISLNK(kind)):
            raise FolderError(f"{path} is no regular file, which nothing here replaces; name another one")


class Disk:
    """The verbs of a file system, as a power cut tells them apart; tests bring one that loses what was not synced."""

    def open_new(self, path: Path) -> BinaryIO:
        """Open a file that is not there yet; never through a link that was left under its name."""
        return path.open("xb")

    def sync(self, file: BinaryIO) -> None:
        """Make what was written to a file survive a power cut."""
        file.flush()
        os.fsync(file.fileno())

    def rename(self, source: Path, target: Path) -> None:
        """Give a file another name within the same file system; a link under that name is replaced, never followed."""
        os.replace(source, target)  # noqa: PTH105 - nothing more is asked of the path

    def link(self, source: Path, target: Path) -> None:
        """Give a file one more name within the same file system; raise OSError where that cannot be."""
        os.link(source, target)

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there."""
        with suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108 - nothing more is asked of the path

    def make_folder(self, folder: Path) -> None:
        """Make one folder, if it is not there."""
        folder.mkdir(exist_ok=True)

    def sync_folder(self, folder: Path) -> None:
        """Make names that were added to or taken from a folder survive a power cut."""
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


DISK: Final = Disk()

Fence = Callable[[], AbstractContextManager[object]]
"""Surrounds every giving and taking of names in a run folder. Entering it raises FolderError when another run has taken
the folder over, and nobody can take it over before it is left."""


class Files:
    """Gives files their names: whole, synced, and as long as the folder is ours.

    A reader, a crash or a power cut sees the old file or the new one. Whatever the disk refuses raises Halt.
    """

    def __init__(
        self, fence: Fence = nullcontext, disk: Disk = DISK, sync_folder: Callable[[Path], None] | None = None
    ) -> None:
        """Write in a folder that `fence` keeps for us, or in one that nobody else writes in.

        `sync_folder` is the disk's, unless whoever gives another one syncs the folders in the end.
        """
        self._fence = fence
        self._disk = disk
        self._sync_folder = sync_folder or disk.sync_folder
        self._unsynced: dict[Path, None] | None = None  # in the order in which they are to be synced

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let the block give all its names behind one fence, and sync each of their folders once, at its end."""
        with self._fence():
            self._unsynced = {}
            try:
                yield
            finally:
                folders, self._unsynced = self._unsynced, None
                self._sync(folders)

    def settle(self) -> None:
        """Let the names that were given so far survive a power cut: what comes next must never be there without them.

        That is so anyway but within `together`.
        """
        if self._unsynced:
            folders, self._unsynced = self._unsynced, {}
            self._sync(folders)

    def _sync(self, folders: Iterable[Path]) -> None:
        for folder in folders:
            with halting(folder):
                self._sync_folder(folder)

    @contextmanager
    def _naming(self, *folders: Path) -> Iterator[None]:
        """Surround the giving and taking of names in these folders, which are synced in this order."""
        if self._unsynced is not None:
            yield
            self._unsynced.update(dict.fromkeys(folders))
            return
        with self._fence():
            yield
            self._sync(folders)

    def write_whole(self, path: Path, chunks: Iterable[str]) -> None:
        """Write a UTF-8 text aside, sync it, and rename it over `path`; a link there is replaced, never followed."""
        with halting(path), self.aside(part_of(path)) as file:
            _refuse_special(path)
            file.writelines(chunk.encode() for chunk in chunks)
            self.keep(file, path)

    def write_all_whole(self, paths: Sequence[Path], pieces: Iterable[Sequence[str]]) -> None:
        """Write several texts that come side by side, a piece of each at a time; each whole, one behind the other.

        Until all of them have come, they lie in files without a name where they belong.
        """
        with ExitStack() as stack:
            drafts = []
            for path in paths:
                stack.enter_context(halting(path))  # closing a file writes once more what the disk did not take
                drafts.append(stack.enter_context(_draft(path)))
            given = iter(pieces)
            while some := list(islice(given, _PIECES)):
                for path, draft, texts in zip(paths, drafts, zip(*some, strict=True), strict=True):
                    with halting(path):
                        draft.writelines(texts)
            for path, draft in zip(paths, drafts, strict=True):
                with halting(path):
                    draft.seek(0)  # what the disk does not take is known before any file is replaced
            for path, draft in zip(paths, drafts, strict=True):
                self.write_whole(path, iter(partial(draft.read, _CHUNK), ""))

    @contextmanager
    def aside(self, path: Path) -> Iterator[BinaryIO]:
        """Open a file of our own; unless it was given its name by `keep` before the block ends, it goes again."""
        with self._opened(path) as file:
            try:
                yield file
            finally:
                self._disk.remove(path)

    def _opened(self, path: Path) -> BinaryIO:
        """Open a file of our own; what was left under its name goes."""
        try:
            return self._disk.open_new(path)
        except FileExistsError:
            self._disk.remove(path)
            return self._disk.open_new(path)

    def keep(self, file: BinaryIO, path: Path) -> None:
        """Sync an open file and give it its name."""
        self._disk.sync(file)
        with self._naming(path.parent):
            self._disk.rename(Path(file.name), path)

    def move(self, source: Path, target: Path) -> None:
        """Rename within one file system and sync both folders."""
        with halting(target):
            self.make_folder(target.parent)
            with self._naming(target.parent, source.parent):
                self._disk.rename(source, target)

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there; a power cut may bring it back."""
        with halting(path, "remove"), self._naming():
            self._disk.remove(path)

    def remove_for_good(self, paths: Collection[Path]) -> None:
        """Remove files, those that are there; no power cut brings one back."""
        for path in paths:
            self.remove(path)
        self._sync(sorted({path.parent for path in paths}))

    def remove_folder(self, folder: Path) -> None:
        """Remove a folder and what lies in it, as far as nobody writes there; a power cut may bring it back."""
        with self._naming():
            shutil.rmtree(folder, ignore_errors=True)

    def make_folder(self, folder: Path) -> None:
        """Make a folder, and those above it, so that a power cut takes none of them and what will lie in it."""
        with halting(folder):
            if folder.is_dir():
                return
            missing = [each for each in (folder, *folder.parents) if not each.is_dir()]
            for each in reversed(missing):
                if os.path.lexists(each) and not each.is_dir():
                    raise Halt(f"{each} is no folder, and one is needed there; move it away, or name another place")
                self._disk.make_folder(each)
                self._sync_folder(each.parent)


_PIECES: Final = 256  # of each text, that are written at one time
_CHUNK: Final = 1 << 20  # characters


def _draft(path: Path) -> AbstractContextManager[TextIO]:
    return tempfile.TemporaryFile("w+", encoding="utf-8", newline="", dir=path.parent)


UNFENCED: Final = Files()
"""For a folder that nobody else writes in."""


def write_whole(path: Path, chunks: Iterable[str]) -> None:
    """Write a text as `Files` does, in a folder that nobody else writes in."""
    UNFENCED.write_whole(path, chunks)
