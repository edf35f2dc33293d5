"""The run folder's files: how a video gets to its place, and what becomes of what lies in its way.

The name of a file never comes from a provider, and a file that lies in the way of a video or of its sidecar, whoever
put it there, is set aside among the superseded and never overwritten. The folders are never links: nothing is written
outside the run folder.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from ...core.life.state import SHELVED, Phase, State
from ...inspection import Inspected, Spoilt, Unchecked
from ..disk.digest import digest_of
from ..disk.files import UNFENCED, Files, halting, refuse_link
from ..disk.taking import take
from .finding import lying_at
from .leftovers import folders_in, is_sidecar, parts_in
from .places import KEY, PARTIAL, REJECTED, REVIEW, SIDECAR, SUPERSEDED, VIDEOS, Places, sidecar_of

_OTHERS: Final = (REVIEW, REJECTED, SUPERSEDED)

Inspector = Callable[[State, Iterable[Path]], Awaitable[Inspected | Spoilt | Unchecked]]
"""Finds the file of a state at one of the places, looks into it and holds it against what is asked of it."""


class Shelf:
    """The files of one run folder. `sidecar` gives the text that stands beside a video.

    Without a `judge` no video is looked into.
    """

    def __init__(
        self, folder: Path, *, sidecar: Callable[[State], str], files: Files = UNFENCED, judge: Inspector | None = None
    ) -> None:
        self._folder = folder
        self._places = Places(folder)
        self._judge = judge
        self._files = files
        self._sidecar = sidecar

    @property
    def partial(self) -> Path:
        """Return the folder for downloads under way."""
        return self._places.partial

    def prepare(self, *, is_settled: bool = False) -> None:
        """Make the folders and clear what a crash cut off.

        `is_settled` says that no name in the folder of videos is new since it was cleared, so that a million of them
        need not be listed. Raise Halt when the disk refuses, FolderError when a folder is a link and leads elsewhere.
        """
        for name in (VIDEOS, PARTIAL, *_OTHERS):
            refuse_link(self._folder / name)
        for name in (VIDEOS, PARTIAL):
            self._files.make_folder(self._folder / name)
        for fence in folders_in(self._places.partial):
            self._files.remove_folder(fence)
        for name, prefix in ((PARTIAL, ""), ("", "."), *((other, ".") for other in _OTHERS), (VIDEOS, ".")):
            for part in parts_in(self._folder / name, prefix) if name != VIDEOS or not is_settled else ():
                self._files.remove(part)

    async def inspect(self, state: State) -> Inspected | Spoilt | Unchecked:
        """Have the judge open the saved file, hold it against its digest and look into it; the loop goes on."""
        assert self._judge is not None, "a shelf whose videos are looked into has a judge"
        return await self._judge(state, self._places.of_saved(state))

    def together(self) -> AbstractContextManager[None]:
        """Let the block give a video its place and its sidecar at once; both are there for certain when it ends."""
        return self._files.together()

    def publish(self, state: State) -> None:
        """Give the saved, whole file the place of `state`, wherever it lies. May be called again after a crash."""
        if not self._places.saved(state).exists():
            stray = None if self.holds(state) else self._stray(state, but=self.home(state))
            if stray is None:
                return
            self._move_alone(stray, self._places.saved(state))
        self._bring_home(state)

    def put_aside(self, state: State) -> None:
        """Keep the video of a state that does not count, with its sidecar. May be called again after a crash."""
        aside = self._places.rejected(state)
        source = self._places.saved(state) if self._places.saved(state).is_file() else self._stray(state, but=aside)
        if source is not None:
            self._move_alone(source, aside)
        if not aside.is_file():
            return
        self._write_sidecar(aside, state)

    def describe(self, state: State) -> None:
        """Write the sidecar beside a whole video; the same state gives the same bytes."""
        home = self.home(state)
        self._files.make_folder(home.parent)  # of a video that is still to come again, the folder may be
        self._write_sidecar(home, state)

    def is_told(self, state: State) -> bool:
        """Return whether the sidecar of a whole video is there, and says what the facts say."""
        notes = sidecar_of(self.home(state))
        with halting(notes, "read"):
            return notes.is_file() and notes.read_bytes() == self._sidecar(state).encode()

    def home(self, state: State) -> Path:
        """Return where the whole video of `state` belongs."""
        return self._places.home(state)

    def place(self, name: str, phase: Phase = Phase.DONE) -> Path:
        """Return where a whole video of the manifest stands by its name: finished, or under review."""
        return self._places.named(name, phase)

    def find(self, state: State) -> Path | None:
        """Return where the video of `state` lies, saved or finished, or None; it is not looked into."""
        return next((path for path in (self._places.saved(state), self.home(state)) if path.is_file()), None)

    def adopt(self, state: State, source: Path) -> bool:
        """Take a saved or finished video over from another folder; say whether what lies there is the one.

        What lies at its place already is set aside unless it is the same. May be called again after a crash.
        """
        if not take(source, self._places.saved(state), state.sha256 or "", files=self._files):
            return False
        if state.phase in SHELVED:
            self.publish(state)
            self.describe(state)
        return True

    def follow(self, state: State) -> bool:
        """Bring a video that waited to where it belongs by what was decided elsewhere; say whether it lay here."""
        stray = self._stray(state, but=self.home(state))
        if stray is not None:
            self._move_alone(stray, self._places.saved(state))
            self._bring_home(state)
            self.describe(state)
        return stray is not None

    def dismiss(self, waited: State) -> None:
        """Set a video aside that lies where it waited or counted, and was rejected elsewhere."""
        aside = self._places.rejected(waited)
        if (place := self._stray(waited, but=aside)) is not None:
            self._move_alone(place, aside)
            self._write_sidecar(aside, waited)

    def keep_aside(self, state: State, source: Path) -> bool:
        """Take over a finished video whose place another one has, among the superseded; False if it is not there."""
        sha256 = state.sha256 or ""
        aside = self._folder / SUPERSEDED / f"{Path(state.item.name).stem}-{sha256[:KEY]}.mp4"
        if not aside.is_file() and not take(source, aside, sha256, files=self._files):
            return False
        if not sidecar_of(aside).is_file():
            self._write_sidecar(aside, state)
        return True

    def adopt_rejected(self, folder: Path, *, but: Container[str] = ()) -> None:
        """Take over what another run folder keeps of videos that do not count, but for these digests.

        May be called again after a crash.
        """
        for source in sorted((folder / REJECTED).glob("*.mp4")):
            aside, notes = self._folder / REJECTED / source.name, sidecar_of(source)
            if not aside.is_file():
                if (sha256 := digest_of(source)) in but:
                    continue
                take(source, aside, sha256, files=self._files)
            if notes.is_file() and not sidecar_of(aside).is_file():
                self._files.write_whole(sidecar_of(aside), [notes.read_text(encoding="utf-8")])

    def holds(self, state: State) -> bool:
        """Return whether the video of `state` is at its place, and is the one that was saved."""
        place = self.home(state) if state.phase in SHELVED else self._places.saved(state)
        with halting(place, "read"):
            return state.artifact is not None and place.is_file() and digest_of(place) == state.artifact.sha256

    def rehome(self, moves: Iterable[tuple[State, State]]) -> None:
        """Move whole videos whose name or place in the manifest changed, as (before, after).

        Call it before the facts that cause the moves are written, and after a crash again with the same moves. Two
        steps, so that names can be swapped; each file is found by its digest, so that nothing is mixed up. A sidecar
        that the facts will belie goes before them: `retell` writes it anew, or whoever finds it missing.
        """
        found = []
        for before, after in moves:
            if self._is_belied(before, after):
                self._forget_sidecar(before)
            source = self._find(before, after) if self.home(before) != self.home(after) else None
            if source is not None:
                found.append(after)
                if source != self._places.saved(after):
                    self._files.move(source, self._places.saved(after))
                self._files.remove(sidecar_of(self.home(before)))
        for after in found:
            self._bring_home(after)
            self.describe(after)

    def retell(self, moves: Iterable[tuple[State, State]]) -> None:
        """Write the sidecars anew of videos that stay and of which the manifest tells otherwise by now."""
        for before, after in moves:
            if self._is_belied(before, after) and self.home(after).is_file():
                self.describe(after)

    def _is_belied(self, before: State, after: State) -> bool:
        return self.home(before) == self.home(after) and self._sidecar(before) != self._sidecar(after)

    def _forget_sidecar(self, state: State) -> None:
        notes = sidecar_of(self.home(state))
        if notes.is_file():
            self._files.remove_for_good([notes])

    def reclaim(self, state: State, homes: Container[Path]) -> bool:
        """Bring a whole video home that a crash left elsewhere, after an edit or a decision; say whether it was.

        `homes` are the places of all whole videos, which stay where they are.
        """
        shelved = (path for name in (VIDEOS, REVIEW) for path in (self._folder / name).glob("*.mp4"))
        videos = (path for path in shelved if path not in homes)
        superseded = (self._folder / SUPERSEDED).glob(f"*-{state.item.key[:KEY]}.mp4")
        with halting(self.home(state), "read"):
            places = (self._places.saved(state), *self._places.of_rejected(state), *superseded, *videos)
        return self._restore(state, lying_at(places, state.sha256))

    def keeps_rejected(self, waited: State) -> bool:
        """Return whether the video that waited as `waited` is kept among the rejected, to the byte as it was."""
        return lying_at(self._places.of_rejected(waited), waited.sha256) is not None

    def reinstate(self, state: State) -> None:
        """Bring a video home that was rejected, and counts after all."""
        self._restore(state, lying_at(self._places.of_rejected(state), state.sha256))

    def _restore(self, state: State, found: Path | None) -> bool:
        if found is not None:
            if found != self._places.saved(state):
                self._move_alone(found, self._places.saved(state))
            self._bring_home(state)
            self.describe(state)
        return found is not None

    def _stray(self, state: State, *, but: Path) -> Path | None:
        """Return another place where the very file of `state` lies, None where it is at none."""
        return lying_at((path for path in self._places.of_judged(state) if path != but), state.sha256)

    def _move_alone(self, video: Path, target: Path) -> None:
        """Move a video; the sidecar beside it tells what is no longer so, and goes."""
        self._files.move(video, target)
        self._files.remove(sidecar_of(video))

    def _find(self, before: State, after: State) -> Path | None:
        """Return where the file is, looking first where a crash may have left it: two items may hold equal bytes."""
        return lying_at((self._places.saved(after), self.home(before), self.home(after)), before.sha256)

    def _bring_home(self, state: State) -> None:
        """Rename the saved file to its final name, after setting aside what lies there and is not the same."""
        saved, home = self._places.saved(state), self.home(state)
        if home.is_file() and not home.is_symlink():
            with halting(home, "read"):
                digest = digest_of(home)
                is_same = digest == digest_of(saved)
            if not is_same:
                self._set_aside(home, self._folder / SUPERSEDED / f"{home.stem}-{digest[:KEY]}.mp4")
        notes = sidecar_of(home)
        if notes.is_file() and not notes.is_symlink() and not is_sidecar(notes):
            with halting(notes, "read"):
                aside = f"{notes.stem}-{digest_of(notes)[:KEY]}{SIDECAR}"
            self._files.move(notes, self._folder / SUPERSEDED / aside)
        self._files.settle()  # what was set aside, and not yet certain to be there, must not be overwritten
        self._files.move(saved, home)

    def _set_aside(self, path: Path, aside: Path) -> None:
        for source, target in ((sidecar_of(path), sidecar_of(aside)), (path, aside)):
            if source.is_file():
                self._files.move(source, target)

    def _write_sidecar(self, video: Path, state: State) -> None:
        self._files.write_whole(sidecar_of(video), [self._sidecar(state)])
