"""Takes away what a run folder holds of one person: videos, what stands beside them, downloads, signed copies.

A file belongs to an item by its name, or by the sidecar beside it; what somebody else has, now or set aside, stays. No
video is decoded, so one that is damaged or was changed goes like any other, and only where its name does not tell whose
it is, is it hashed. May be called again: what is gone is gone.
"""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from ...values import dataclass
from ..disk.digest import digest_of
from ..disk.files import Files, halting, refuse_link
from ..journal.journal import Journal
from ..portrait.thumbs import FOLDER as THUMBS
from ..portrait.thumbs import LETTERS
from .leftovers import sidecar_in
from .parts import ENDING
from .places import KEY, PARTIAL, REJECTED, REVIEW, SUPERSEDED, VIDEOS, sidecar_of

SIGNED: Final = "signed"  # where `s2v provenance sign` puts its copies, unless it is told another folder
_ASIDE: Final = (REVIEW, REJECTED, SUPERSEDED)
_MARK: Final = re.compile(rf"[0-9a-f]{{{KEY}}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """By what the files of one person are known: all names, keys and digests (SHA-256, hex) that their items ever had.

    `taken` are the names of videos that belong to items of others by now.
    """

    portrait: str
    keys: Collection[str]
    names: Collection[str]
    digests: Collection[str]
    taken: Collection[str]

    @property
    def own(self) -> Iterator[str]:
        """Give the names that nobody else has."""
        return (name for name in self.names if name not in self.taken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """How many files went, and how many videos have another name that stays: a link in an export, or where one led."""

    files: int
    linked: int


def erase(folder: Path, traces: Traces, book: Journal, files: Files) -> Erased:
    """Remove every file of the person from a run folder, so that no power cut brings one back.

    A signing may have opened a video before that went, and die with the copy named. None can begin by then, so what it
    leaves is gone when a look finds nothing more.
    """
    found = files_of(folder, traces, book)
    videos, others = _by_suffix(found, is_video=True), _by_suffix(found, is_video=False)
    linked = sum(path.is_symlink() or path.lstat().st_nlink > 1 for path in videos)
    for some in (videos, others):  # a sidecar goes behind its video, which may be known by it alone
        files.remove_for_good(some)
    count = len(found)
    while late := [*_signed_meanwhile(folder / SIGNED, traces)]:
        files.remove_for_good(late)
        count += len(late)
    return Erased(files=count, linked=linked)


def files_of(folder: Path, traces: Traces, book: Journal) -> list[Path]:
    """Return every file of the person in a run folder; raise FolderError where a folder in it is a link."""
    found = dict.fromkeys(_found(folder, traces, _Whose(traces, book), book))
    return [path for path in found if path.is_symlink() or path.is_file()]


def _by_suffix(paths: list[Path], *, is_video: bool) -> list[Path]:
    return [path for path in paths if (path.suffix == ".mp4") is is_video]


def _found(folder: Path, traces: Traces, whose: _Whose, book: Journal) -> Iterator[Path]:
    for place in (VIDEOS, REVIEW):
        yield from _shown_in(folder / place, traces, whose, book)
    yield from _signed(folder / SIGNED, traces)
    yield from (path for place in _ASIDE for path in _paths_in(folder / place) if whose.is_aside(path))
    keys, thumb = set(traces.keys), traces.portrait[:LETTERS]
    yield from (path for path in _paths_in(folder / PARTIAL) if path.name.partition(".")[0] in keys)
    yield from (path for path in _paths_in(folder / THUMBS) if path.name.partition(".")[0] == thumb)


def _shown_in(place: Path, traces: Traces, whose: _Whose, book: Journal) -> Iterator[Path]:
    """Give what lies under names of the person, and what a crash left of theirs under a name of nobody or of another.

    A video is given its new name before the journal knows of it.
    """
    yield from (path for name in traces.own for path in _both(place / name))
    lying = (path.with_suffix(".mp4").name for path in _paths_in(place))
    for name in (*traces.taken, *book.nobodys(lying)):
        yield from (path for path in _both(place / name) if whose.is_known_by_content(path))


def _signed(place: Path, traces: Traces) -> Iterator[Path]:
    """Give signed copies, also those under names of others by now, and those that were never whole."""
    yield from (path for path in _paths_in(place) if path.name.startswith(".") and path.name.endswith(ENDING))
    yield from (path for name in traces.own for path in _both(place / name))
    yield from (place / name for name in traces.taken if _mentions(place / name, traces.keys))


def _signed_meanwhile(place: Path, traces: Traces) -> Iterator[Path]:
    """Give signed copies under names that are the person's alone; what others have half signed is not taken again."""
    stems = {f".{Path(name).stem}" for name in traces.own}
    parts = (path for path in _paths_in(place) if path.name.endswith(ENDING))
    yield from (path for path in parts if path.name.removesuffix(ENDING).rsplit(".", 2)[0] in stems)
    yield from (path for name in traces.own if (path := place / name).is_symlink() or path.is_file())


def _both(video: Path) -> tuple[Path, Path]:
    return video, sidecar_of(video)


class _Whose:
    """Tells whether a file is the person's, where its name alone does not."""

    def __init__(self, traces: Traces, book: Journal) -> None:
        self._portrait = traces.portrait
        self._book = book
        self._keys = traces.keys
        self._marks = {key[:KEY] for key in traces.keys}
        self._digests = traces.digests
        self._digest_marks = {digest[:KEY] for digest in traces.digests}
        self._stems = {Path(name).stem for name in traces.names}
        self._own = {Path(name).stem for name in traces.own}

    def is_aside(self, path: Path) -> bool:
        """Return whether a file that was set aside is the person's: its name bears a fingerprint, or a digest."""
        stem, _, mark = path.stem.rpartition("-")
        if not _MARK.fullmatch(mark):
            return False
        if mark in self._marks:
            return True
        shown = _shown(sidecar_of(path))
        if shown is not None:
            return shown == self._portrait
        if stem in self._stems and mark in self._digest_marks:
            return True
        return stem in self._own and not self._is_of_another(mark)

    def is_known_by_content(self, path: Path) -> bool:
        """Return whether a file is the person's by its sidecar, or, where there is none, by its digest."""
        shown = _shown(sidecar_of(path))
        if path.suffix != ".mp4" or not path.is_file() or shown not in {None, self._portrait}:
            return shown == self._portrait
        with halting(path, "read"):
            digest = digest_of(path)
        return digest in self._digests or (shown is not None and not self._is_of_another(digest[:KEY]))

    def _is_of_another(self, mark: str) -> bool:
        return self._book.is_marked(mark, but=self._keys)


def _paths_in(folder: Path) -> Iterator[Path]:
    """Give what a folder holds; raise FolderError where it is a link and leads elsewhere."""
    refuse_link(folder)
    if folder.is_dir():
        with halting(folder, "read"), os.scandir(folder) as entries:
            for entry in entries:
                yield folder / entry.name


def _shown(sidecar: Path) -> str | None:
    """Return from which portrait a video was made, by the sidecar beside it; None where that does not tell."""
    try:
        return str(sidecar_in(sidecar)["portrait"]["sha256"])
    except (KeyError, TypeError):
        return None


def _mentions(path: Path, keys: Collection[str]) -> bool:
    """Return whether a signed copy says that it is of one of these items; what it says of itself is plain text."""
    if path.is_symlink() or not path.is_file() or not path.stat().st_size:
        return False
    asked = re.compile(b"|".join(key.encode() for key in keys))
    with halting(path, "read"), path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as content:
        return asked.search(content) is not None
