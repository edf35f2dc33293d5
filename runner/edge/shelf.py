"""The run folder's files: where a video lies in each part of its life, and how it gets there.

`.partial/<key>.mp4` is whole but not checked; `videos/<name>` is checked and stands in the manifest;
`superseded/<id>-<key>.mp4` was paid for and left the manifest: kept, never deleted, and moved back for nothing when it
is wanted again. The name of a file never comes from a provider, and a file that lies in the way of a video or of its
sidecar, whoever put it there, is set aside among the superseded and never overwritten. The folders are never links:
nothing is written outside the run folder.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Container, Iterable
from pathlib import Path
from typing import Final

from ..core.state import Phase, State
from ..engine.ports import Spoilt
from ..model import Clip
from .digest import digest_of
from .files import UNFENCED, Files, halting, refuse_link
from .taking import take

VIDEOS: Final = "videos"
SUPERSEDED: Final = "superseded"
PARTIAL: Final = ".partial"
_KEY: Final = 12  # hex digits of a fingerprint that tell two versions of one id apart
_SIDECAR_MOST: Final = 1 << 20  # bytes; one of ours has some thousand


class Shelf:
    """The files of one run folder. `sidecar` gives the text that stands beside a video."""

    def __init__(
        self, folder: Path, *, full_decode: bool, sidecar: Callable[[State], str], files: Files = UNFENCED
    ) -> None:
        self._folder = folder
        self._files = files
        self._full = full_decode
        self._sidecar = sidecar

    @property
    def partial(self) -> Path:
        """Return the folder for downloads under way."""
        return self._folder / PARTIAL

    def prepare(self, *, is_settled: bool = False) -> None:
        """Make the folders and clear what a crash cut off.

        `is_settled` says that no name in the folder of videos is new since it was cleared, so that a million of them
        need not be listed. Raise Halt when the disk refuses, FolderError when a folder is a link and leads elsewhere.
        """
        for name in (VIDEOS, PARTIAL, SUPERSEDED):
            refuse_link(self._folder / name)
        for name in (VIDEOS, PARTIAL):
            self._files.make_folder(self._folder / name)
        for name, prefix in ((PARTIAL, ""), ("", "."), (SUPERSEDED, "."), (VIDEOS, ".")):
            for part in _parts(self._folder / name, prefix) if name != VIDEOS or not is_settled else ():
                self._files.remove(part)

    async def inspect(self, state: State) -> Clip | Spoilt:
        """Open the saved file, hold it against its digest, and look at every frame, in a thread of its own."""
        return await asyncio.to_thread(self.look_into, state)

    def look_into(self, state: State) -> Clip | Spoilt:
        """Do what `inspect` does, at once; may be called from any thread."""
        from . import media  # noqa: PLC0415 - the decoder takes long to load, and many a start opens no video

        path = self.find(state)
        if path is None:
            return Spoilt(reason="the saved file is gone")
        with halting(path, "read"):
            if state.artifact is None or digest_of(path) != state.artifact.sha256:
                return Spoilt(reason="the file on disk is not the one that was saved")
            return media.inspect(path, full=self._full)

    def publish(self, state: State) -> None:
        """Give the saved, checked file its final name. May be called again after a crash."""
        if self._saved(state).exists():
            self._bring_home(state)

    def describe(self, state: State) -> None:
        """Write the sidecar beside a finished video; the same state gives the same bytes."""
        self._files.write_whole(self.home(state).with_suffix(".json"), [self._sidecar(state)])

    def home(self, state: State) -> Path:
        """Return where the finished video of `state` belongs."""
        if state.wanted:
            return self.place(state.item.name)
        return self._folder / SUPERSEDED / f"{state.label}.mp4"

    def place(self, name: str) -> Path:
        """Return where a finished video of the manifest stands by its name."""
        return self._folder / VIDEOS / name

    def find(self, state: State) -> Path | None:
        """Return where the video of `state` lies, saved or finished, or None; it is not looked into."""
        return next((path for path in (self._saved(state), self.home(state)) if path.is_file()), None)

    def adopt(self, state: State, source: Path) -> bool:
        """Take a saved or finished video over from another folder; say whether what lies there is the one.

        What lies at its place already is set aside unless it is the same. May be called again after a crash.
        """
        sha256 = state.artifact.sha256 if state.artifact else ""
        if not take(source, self._saved(state), sha256, files=self._files):
            return False
        if state.phase is Phase.DONE:
            self.publish(state)
            self.describe(state)
        return True

    def keep_aside(self, state: State, source: Path) -> bool:
        """Take over a finished video whose place another one has, among the superseded; False if it is not there."""
        sha256 = state.artifact.sha256 if state.artifact else ""
        aside = self._folder / SUPERSEDED / f"{Path(state.item.name).stem}-{sha256[:_KEY]}.mp4"
        if not aside.is_file() and not take(source, aside, sha256, files=self._files):
            return False
        if not aside.with_suffix(".json").is_file():
            self._files.write_whole(aside.with_suffix(".json"), [self._sidecar(state)])
        return True

    def holds(self, state: State) -> bool:
        """Return whether the video of `state` is at its place, and is the one that was saved."""
        place = self.home(state) if state.phase is Phase.DONE else self._saved(state)
        with halting(place, "read"):
            return state.artifact is not None and place.is_file() and digest_of(place) == state.artifact.sha256

    def rehome(self, moves: Iterable[tuple[State, State]]) -> None:
        """Move finished videos whose name or place in the manifest changed, as (before, after).

        Call it before the facts that cause the moves are written, and after a crash again with the same moves. Two
        steps, so that names can be swapped; each file is found by its digest, so that nothing is mixed up.
        """
        found = []
        for before, after in moves:
            source = self._find(before, after) if self.home(before) != self.home(after) else None
            if source is not None:
                found.append(after)
                if source != self._saved(after):
                    self._files.move(source, self._saved(after))
                self._files.remove(self.home(before).with_suffix(".json"))
        for after in found:
            self._bring_home(after)
            self.describe(after)

    def reclaim(self, state: State, homes: Container[Path]) -> bool:
        """Bring a finished video home that a crash left elsewhere when the manifest was edited; say whether it was.

        `homes` are the places of all finished videos, which stay where they are.
        """
        videos = (path for path in (self._folder / VIDEOS).glob("*.mp4") if path not in homes)
        superseded = (self._folder / SUPERSEDED).glob(f"*-{state.item.key[:_KEY]}.mp4")
        digest = state.artifact.sha256 if state.artifact else None
        with halting(self.home(state), "read"):
            places = (self._saved(state), *superseded, *videos)
            found = next((path for path in places if path.is_file() and digest_of(path) == digest), None)
        if found is not None:
            if found != self._saved(state):
                self._files.move(found, self._saved(state))
            self._bring_home(state)
            self.describe(state)
        return found is not None

    def _find(self, before: State, after: State) -> Path | None:
        """Return where the file is, looking first where a crash may have left it: two items may hold equal bytes."""
        digest = before.artifact.sha256 if before.artifact else None
        places = (self._saved(after), self.home(before), self.home(after))
        with halting(self.home(before), "read"):
            return next((path for path in places if path.is_file() and digest_of(path) == digest), None)

    def _bring_home(self, state: State) -> None:
        """Rename the saved file to its final name, after setting aside what lies there and is not the same."""
        saved, home = self._saved(state), self.home(state)
        if home.is_file() and not home.is_symlink():
            with halting(home, "read"):
                digest = digest_of(home)
                is_same = digest == digest_of(saved)
            if not is_same:
                self._set_aside(home, self._folder / SUPERSEDED / f"{home.stem}-{digest[:_KEY]}.mp4")
        notes = home.with_suffix(".json")
        if notes.is_file() and not notes.is_symlink() and not _is_sidecar(notes):
            with halting(notes, "read"):
                aside = f"{notes.stem}-{digest_of(notes)[:_KEY]}.json"
            self._files.move(notes, self._folder / SUPERSEDED / aside)
        self._files.move(saved, home)

    def _set_aside(self, path: Path, aside: Path) -> None:
        for suffix in (".json", ".mp4"):
            if path.with_suffix(suffix).is_file():
                self._files.move(path.with_suffix(suffix), aside.with_suffix(suffix))

    def _saved(self, state: State) -> Path:
        return self.partial / f"{state.item.key}.mp4"


def _parts(folder: Path, prefix: str) -> list[Path]:
    """Return the files in a folder that were being written when a process died."""
    if not folder.is_dir():
        return []
    with halting(folder, "read"), os.scandir(folder) as entries:  # unlike a pattern, this keeps no list of all names
        return [folder / e.name for e in entries if e.name.endswith(".part") and e.name.startswith(prefix)]


def _is_sidecar(path: Path) -> bool:
    """Return whether a file is one that `describe` writes; those are made anew at will."""
    try:
        document = json.loads(path.read_bytes()[:_SIDECAR_MOST])
    except (ValueError, RecursionError, OSError):
        return False
    return isinstance(document, dict) and {"key", "video", "runner_version"} <= document.keys()
