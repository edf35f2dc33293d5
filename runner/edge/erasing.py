"""Takes away what a run folder holds of one person: videos, what stands beside them, downloads, signed copies.

A file belongs to an item by its name, or by the sidecar beside it; what an item of somebody else has under its name
stays. Nothing is opened but sidecars, so a video that is damaged or was changed goes like any other. May be called
again: what is gone is gone.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

from ..values import dataclass
from .files import Files, halting, refuse_link
from .places import KEY, PARTIAL, REJECTED, REVIEW, SUPERSEDED, VIDEOS
from .thumbs import FOLDER as THUMBS
from .thumbs import LETTERS

SIGNED: Final = "signed"  # where `s2v provenance sign` puts its copies, unless it is told another folder
_ASIDE: Final = (REVIEW, REJECTED, SUPERSEDED)
_MARK: Final = re.compile(rf"[0-9a-f]{{{KEY}}}")
_SIDECAR_MOST: Final = 1 << 20  # bytes; one of ours has some thousand


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """By what the files of one person are known: all names, keys and digests (SHA-256, hex) that their items ever had.

    `taken` are the names of videos that belong to items of others by now.
    """

    portrait: str
    keys: Collection[str]
    names: Collection[str]
    digests: Collection[str]
    taken: Collection[str] = ()

    @property
    def own(self) -> Iterator[str]:
        """Give the names that nobody else has."""
        return (name for name in self.names if name not in self.taken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """How many files went, and of how many videos another link is left somewhere, as in an export."""

    files: int
    linked: int


def erase(folder: Path, traces: Traces, files: Files) -> Erased:
    """Remove every file of the person from a run folder, so that no power cut brings one back."""
    found = [*dict.fromkeys(path for path in _found(folder, traces) if path.is_symlink() or path.is_file())]
    videos, others = _by_suffix(found, is_video=True), _by_suffix(found, is_video=False)
    linked = sum(path.lstat().st_nlink > 1 for path in videos)
    for some in (videos, others):  # a sidecar goes behind its video, which may be known by it alone
        for path in some:
            files.remove(path)
        for place in sorted({path.parent for path in some}):
            files.sync_folder(place)
    return Erased(files=len(found), linked=linked)


def _by_suffix(paths: list[Path], *, is_video: bool) -> list[Path]:
    return [path for path in paths if (path.suffix == ".mp4") is is_video]


def _found(folder: Path, traces: Traces) -> Iterator[Path]:
    for name in traces.own:
        for place in (VIDEOS, REVIEW, SIGNED):
            path = folder / place / name
            refuse_link(path.parent)
            yield from (path, path.with_suffix(".json"))
    named, keys = _Named(traces), set(traces.keys)
    for path in (each for place in _ASIDE for each in _files_in(folder / place)):
        if named.has(path) or _shows(path.with_suffix(".json"), traces.portrait):
            yield path
    yield from (path for path in _files_in(folder / PARTIAL) if path.name.partition(".")[0] in keys)
    thumb = traces.portrait[:LETTERS]
    yield from (path for path in _files_in(folder / THUMBS) if path.name.partition(".")[0] == thumb)


class _Named:
    """Tells by the name of a file that was set aside whether it is the person's."""

    def __init__(self, traces: Traces) -> None:
        self._keys = {key[:KEY] for key in traces.keys}
        self._digests = {digest[:KEY] for digest in traces.digests}
        self._stems = {Path(name).stem for name in traces.names}
        self._own = {Path(name).stem for name in traces.own}

    def has(self, path: Path) -> bool:
        stem, _, mark = path.stem.rpartition("-")
        if not _MARK.fullmatch(mark):
            return False
        return mark in self._keys or stem in self._own or (stem in self._stems and mark in self._digests)


def _files_in(folder: Path) -> list[Path]:
    """Return the files of a folder; raise FolderError where it is a link and leads elsewhere."""
    refuse_link(folder)
    if not folder.is_dir():
        return []
    with halting(folder, "read"), os.scandir(folder) as entries:
        return [folder / entry.name for entry in entries]


def _shows(sidecar: Path, portrait: str) -> bool:
    """Return whether a sidecar says that its video was made from a portrait."""
    try:
        document: Any = json.loads(sidecar.read_bytes()[:_SIDECAR_MOST])
        return bool(document["portrait"]["sha256"] == portrait)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False
