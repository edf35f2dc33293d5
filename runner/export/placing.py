"""Puts the files of a data set into their places: each is written or linked aside, proven, then renamed.

What stands whole under its name is not touched, so an export that was cut off goes on where it stopped. A source is
only read. A link shares its bytes with the run folder; where there can be none (another disk), a copy is made.

What is written is synced. The names are, once, before the last word is written that an export is whole: a sync of the
folder for each of 100,000 links takes minutes, and a name that a power cut takes is given again for nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from ..edge.disk.digest import digest_of
from ..edge.disk.files import PART, Disk, Files, halting, part_of, refuse_link
from ..edge.disk.regular import open_regular, say
from ..errors import Exit, Halt, UserError
from ..values import dataclass

_CHUNK: Final = 1 << 20  # bytes


class NotWhole(UserError):
    """A video on disk is not the one that was paid for and checked."""

    exit = Exit.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """A video of the run folder, as the journal knows it."""

    path: Path
    bytes_: int
    sha256: str


Piece = bytes | Film
"""What files are made of."""


class Press:
    """Gives the files of one data set their places."""

    def __init__(self, *, links: bool, disk: Disk) -> None:
        """Link videos where that is possible, or always copy them."""
        self._links = links
        self._disk = disk
        self._unsynced = set[Path]()
        self._files = Files(disk=disk, sync_folder=self._unsynced.add)

    def make_folder(self, folder: Path) -> None:
        """Make a folder; raise FolderError where a link lies in its place."""
        refuse_link(folder)
        self._files.make_folder(folder)

    def place(self, path: Path, film: Film) -> None:
        """Bring one video to its place; raise NotWhole when it is not the one that the journal knows."""
        if not holds(path, [film]) and not (self._links and self._link(path, film)):
            self.write(path, [film])

    def write(self, path: Path, pieces: Sequence[Piece]) -> None:
        """Write a file, unless it stands already as it is to be, and read it back before it gets its name."""
        if holds(path, pieces):
            return
        with halting(path), self._files.aside(part_of(path)) as file:
            for piece in pieces:
                if isinstance(piece, bytes):
                    file.write(piece)
                else:
                    _copy(piece, file)
            file.flush()
            if not holds(Path(file.name), pieces):
                raise Halt(f"what was written to {path} does not come back: look after that disk")
            self._files.keep(file, path)

    def write_text(self, path: Path, chunks: Iterable[str]) -> None:
        """Write a text as UTF-8, unless it stands already."""
        with self.anew(path) as file:
            file.writelines(chunk.encode() for chunk in chunks)

    @contextmanager
    def anew(self, path: Path) -> Iterator[BinaryIO]:
        """Open a file to be written; when the block ends well it gets its name, unless the same bytes have it."""
        with halting(path), self._files.aside(part_of(path)) as file:
            yield file
            file.flush()
            is_there = path.is_file() and not path.is_symlink()
            if not is_there or digest_of(path) != digest_of(Path(file.name)):
                self._files.keep(file, path)

    def take_away(self, film: Film) -> None:
        """Remove a video of a data set, if it is still that very file."""
        if holds(film.path, [film]):
            self.remove(film.path)

    def remove(self, path: Path) -> None:
        """Remove a file of a data set, if it is there."""
        self._files.remove(path)
        self._unsynced.add(path.parent)

    def remove_folder(self, folder: Path) -> None:
        """Remove a folder, unless it holds something or is not there."""
        with suppress(OSError):
            folder.rmdir()
        self._unsynced.add(folder.parent)

    def sync(self) -> None:
        """Make everything that was done survive a power cut."""
        for folder in filter(Path.is_dir, self._unsynced):
            self._disk.sync_folder(folder)
        self._unsynced.clear()

    def _link(self, path: Path, film: Film) -> bool:
        if film.path.is_symlink() or not film.path.is_file():
            return False  # copying says what is wrong with it
        aside = part_of(path)
        with halting(path):
            self._disk.remove(aside)
        try:
            self._disk.link(film.path, aside)
        except OSError:  # another disk, a file system without links, a file of somebody else
            return False
        with halting(path):
            try:
                if not holds(aside, [film]):
                    raise _not_whole(film, "is not the file that was checked")
                self._disk.rename(aside, path)
                self._unsynced.add(path.parent)
            finally:
                self._disk.remove(aside)
        return True


def holds(path: Path, pieces: Iterable[Piece]) -> bool:
    """Return whether a file consists of exactly these pieces; it is read from beginning to end."""
    if path.is_symlink() or not path.is_file():
        return False
    with halting(path, "read"), path.open("rb") as file:
        for piece in pieces:
            if isinstance(piece, bytes):
                if file.read(len(piece)) != piece:
                    return False
            elif _digest(file, piece.bytes_) != piece.sha256:
                return False
        return not file.read(1)


def clear_parts(folder: Path) -> None:
    """Remove what an export that was cut off left unfinished."""
    with halting(folder):
        for part in folder.glob(f".*{PART}"):
            part.unlink()


def _copy(film: Film, file: BinaryIO) -> None:
    """Copy a video and hash what is copied."""
    try:
        source = open_regular(str(film.path))
    except OSError as error:
        raise _not_whole(film, say(error)) from error
    with source:
        sha, size = hashlib.sha256(), 0
        while chunk := source.read(_CHUNK):
            sha.update(chunk)
            size += file.write(chunk)
    if (size, sha.hexdigest()) != (film.bytes_, film.sha256):
        raise _not_whole(film, "is not the file that was checked")


def _not_whole(film: Film, why: str) -> NotWhole:
    return NotWhole(f"{film.path} {why}")


def _digest(file: BinaryIO, left: int) -> str:
    """Return the SHA-256 (hex) of the next bytes, as far as there are any."""
    sha = hashlib.sha256()
    while left and (chunk := file.read(min(left, _CHUNK))):
        sha.update(chunk)
        left -= len(chunk)
    return sha.hexdigest()
