"""The run folder's files: where a video lies in each part of its life, and how it gets there.

`.partial/<key>.mp4` is whole but not checked; `videos/<name>` is checked and stands in the manifest;
`superseded/<id>-<key>.mp4` was paid for and left the manifest: kept, never deleted, and moved back for nothing when it
is wanted again. The name of a file never comes from a provider.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from ..core.lifecycle import State
from ..engine.ports import Spoilt
from ..model import Clip
from . import media
from .files import halting, move, write_whole

VIDEOS: Final = "videos"
SUPERSEDED: Final = "superseded"
PARTIAL: Final = ".partial"
_KEY: Final = 12  # hex digits of a fingerprint that tell two versions of one id apart
_CHUNK: Final = 1 << 20


class Shelf:
    """The files of one run folder. `sidecar` gives the text that stands beside a video."""

    def __init__(self, folder: Path, *, full_decode: bool, sidecar: Callable[[State], str]) -> None:
        self._folder = folder
        self._full = full_decode
        self._sidecar = sidecar

    @property
    def partial(self) -> Path:
        """Return the folder for downloads under way."""
        return self._folder / PARTIAL

    def prepare(self) -> None:
        """Make the folders and clear what a crash cut off; raise Halt when the disk refuses."""
        for name in (VIDEOS, PARTIAL):
            with halting(self._folder / name):
                (self._folder / name).mkdir(parents=True, exist_ok=True)
        for part in self.partial.glob("*.part"):
            part.unlink()

    async def inspect(self, state: State) -> Clip | Spoilt:
        """Open the saved file, hold it against its digest, and look at every frame, in a thread of its own."""
        return await asyncio.to_thread(self.look_into, state)

    def look_into(self, state: State) -> Clip | Spoilt:
        """Do what `inspect` does, at once; may be called from any thread."""
        path = self._where(state)
        if path is None:
            return Spoilt(reason="the saved file is gone")
        if state.artifact is None or digest_of(path) != state.artifact.sha256:
            return Spoilt(reason="the file on disk is not the one that was saved")
        return media.inspect(path, full=self._full)

    def publish(self, state: State) -> None:
        """Give the saved, checked file its final name. May be called again after a crash."""
        home = self.home(state)
        if self._saved(state).exists():
            move(self._saved(state), home)

    def describe(self, state: State) -> None:
        """Write the sidecar beside a finished video; the same state gives the same bytes."""
        write_whole(self.home(state).with_suffix(".json"), [self._sidecar(state)])

    def home(self, state: State) -> Path:
        """Return where the finished video of `state` belongs."""
        if state.wanted:
            return self.place(state.item.name)
        return self._folder / SUPERSEDED / f"{state.item.id}-{state.item.key[:_KEY]}.mp4"

    def place(self, name: str) -> Path:
        """Return where a finished video of the manifest stands by its name."""
        return self._folder / VIDEOS / name

    def rehome(self, moves: Iterable[tuple[State, State]]) -> None:
        """Move finished videos whose name or place in the manifest changed, as (before, after).

        Two steps, so that names can be swapped; each file is found by its digest, so that a crash in between, and a
        second call, mix nothing up.
        """
        pending = [(before, after) for before, after in moves if self.home(before) != self.home(after)]
        for before, after in pending:
            if (source := self._find(before, after)) is not None and source != self._saved(after):
                move(source, self._saved(after))
                source.with_suffix(".json").unlink(missing_ok=True)
        for _, after in pending:
            if self._saved(after).exists():
                move(self._saved(after), self.home(after))
                self.describe(after)

    def _find(self, before: State, after: State) -> Path | None:
        digest = before.artifact.sha256 if before.artifact else None
        places = (self.home(before), self.home(after), self._saved(after))
        return next((path for path in places if path.is_file() and digest_of(path) == digest), None)

    def _saved(self, state: State) -> Path:
        return self.partial / f"{state.item.key}.mp4"

    def _where(self, state: State) -> Path | None:
        return next((path for path in (self._saved(state), self.home(state)) if path.is_file()), None)


def digest_of(path: Path) -> str:
    """Return the SHA-256 (hex) of a file."""
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha.update(chunk)
    return sha.hexdigest()
