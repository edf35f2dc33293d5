"""The machine of a simulated world: points at which it may die, and a disk that fills, tears and loses writes.

The journal is the real one over real SQLite, on files in memory where the system offers them. What is synced is decided
here: a commit under `synchronous=FULL` is on the disk when it returns, under less only what lay there at the opening.
A killed process leaves its files as they are, write-ahead log and all. A power cut comes in the middle of a commit and
leaves any part of what that commit wrote. That the pragmas do what they promise is held by the journal's own tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from worlds import Crash

from runner.core.life.state import Entry
from runner.edge.journal.journal import Journal
from runner.edge.journal.state_file import FILE
from runner.errors import Halt

POINTS_MOST: Final = 20_000  # a life that passes more is going round in circles
_FULL: Final = 2  # SQLite's number for synchronous=FULL


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What a disk holds of the state: the file, and the log beside it."""

    db: bytes
    log: bytes

    @classmethod
    def of(cls, folder: Path) -> Image:
        return cls(db=_bytes_of(folder / FILE), log=_bytes_of(_log_in(folder)))

    def lay(self, folder: Path) -> None:
        """Make this what the folder holds."""
        for name in ("-wal", "-shm"):
            (folder / f"{FILE}{name}").unlink(missing_ok=True)
        (folder / FILE).unlink(missing_ok=True)
        if self.db:
            (folder / FILE).write_bytes(self.db)
        if self.log:
            _log_in(folder).write_bytes(self.log)


def torn(before: Image, after: Image, dice: Random) -> Image:
    """Return what a power cut leaves of the writes between two images: up to some byte the new, from there the old."""
    if after.db != before.db:  # a checkpoint: it syncs the log before it touches the file
        return Image(db=_spliced(before.db, after.db, dice), log=after.log)
    return Image(db=after.db, log=_spliced(before.log, after.log, dice))


@dataclass(slots=True, kw_only=True)
class Machine:
    """Tells every point that a life passes, and brings its accidents: at a point, or in the n-th write.

    `acts` are done at the point with their number; `power_cut_at` and `full_from` count writes to the journal. When it
    is dead, nothing passes any more, and `left` is what the disk then held.
    """

    folder: Path
    dice: Random
    dies_at: int | None = None
    power_cut_at: int | None = None
    full_from: int | None = None
    no_room_from: int | None = None
    acts: dict[int, Callable[[], None]] = field(default_factory=dict)
    tell: Callable[[str], None] = print
    passed: int = 0
    writes: int = 0
    files: int = 0
    opened: Image | None = None
    left: Image | None = None

    def __call__(self, point: str) -> None:
        """Pass a point, or die there."""
        if self.left is not None:
            raise Crash(point)
        self.passed += 1
        if self.passed == self.dies_at:
            self.tell(f"the process is killed: {point}")
            self.die(Image.of(self.folder))
        if act := self.acts.pop(self.passed, None):
            act()
        if self.passed > POINTS_MOST:
            raise AssertionError(f"a life goes round in circles: {point}")

    def die(self, left: Image) -> None:
        """Die here, and leave this on the disk."""
        self.left = left
        raise Crash

    def make_room(self, point: str) -> None:
        """Pass before a file is written; raise Halt when the disk has no room."""
        self(point)
        self.files += 1
        if self.no_room_from is not None and self.files >= self.no_room_from:
            self.tell(f"no room on the disk: {point}")
            raise Halt("cannot write a video: the disk is full: make room")

    @contextmanager
    def writing(self, what: str, *, is_synced: bool) -> Iterator[None]:
        """Surround one commit with its points, and with the accidents that befall it."""
        self(f"{what} is about to be written")
        self.writes += 1
        if self.full_from is not None and self.writes >= self.full_from:
            self.tell(f"the disk is full: {what}")
            raise Halt("cannot keep state in state.db: disk is full; make room or mend the disk")
        is_cut = self.writes == self.power_cut_at
        before = Image.of(self.folder) if is_cut else None
        yield
        if before is not None:
            self.tell(f"the power fails: {what}")
            lost = before if is_synced or self.opened is None else self.opened
            self.die(torn(before, Image.of(self.folder), self.dice) if is_synced else lost)
        self(f"{what} is written")


class SimJournal(Journal):
    """The real journal, with the machine's accidents around every commit."""

    machine: Machine | None = None
    _is_synced: bool = True

    def watched_by(self, machine: Machine) -> None:
        """Bring this machine's accidents from now on; it may move its log into the file early, and often."""
        self.machine = machine
        self._is_synced = self.durability[1] >= _FULL
        self._sql.execute(f"PRAGMA wal_autocheckpoint = {machine.dice.choice((1000, 1000, 3, 20))}")

    def write_all(self, entries: Iterable[Entry]) -> None:
        told = list(entries)
        what = "+".join(type(one.event).__name__ for entry in told for one in entry.stamped) or "places"
        with self._around(what):
            super().write_all(told)

    def set_header(self, **values: str) -> None:
        with self._around("the header"):
            super().set_header(**values)

    @contextmanager
    def _around(self, what: str) -> Iterator[None]:
        assert self.machine is not None
        with self.machine.writing(what, is_synced=self._is_synced):
            yield


def _spliced(before: bytes, after: bytes, dice: Random) -> bytes:
    differs_at = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(before))
    cut = dice.randint(min(differs_at, len(after)), len(after))
    return after[:cut] + before[cut:] + (b"" if dice.random() < 0.7 else b"\0" * dice.randint(1, 5000))


def _log_in(folder: Path) -> Path:
    return folder / f"{FILE}-wal"


def _bytes_of(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""
