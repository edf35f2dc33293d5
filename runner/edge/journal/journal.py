"""The journal: `state.db`, SQLite in WAL mode with `synchronous=FULL`, one writer.

The `event` table is the truth: append-only, one fact a row, JSON inside. The `item` table is an index over it, kept by
the same transaction, and the `tally` counts the items of the index that stand alike, so that the numbers of a run cost
the same however many items it has. Every write checks the epoch of the lock under which the journal was opened,
so a holder that was stopped, replaced and continued cannot write any more. What it can be asked stands in `annals`
(what happened) and `chronicle` (where the items stand); here it is opened, written and kept ours.

A journal comes into being whole, by rename, so a `state.db` that is empty or has no header is damaged, never new. The
whole file is examined at opening only after a crash, because that takes time in proportion to its size; other damage
is met, and told, at the read that needs the page, and `verify` looks everywhere (`examine`). FORMAT.md beside this
module describes the file for other readers.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from ...core.life.state import Entry, Index
from ...errors import FolderError, Halt
from ...events import Event, Intended, Settled, Stamped
from ..disk.files import taken_away
from ..disk.regular import is_there
from .chronicle import Chronicle
from .header import EPOCH, FORMAT, TAKEN_IN
from .rows import ADD_FACT, KEEP_ENTRY, fact_of, fact_row, index_row
from .state_file import (
    FILE,
    INDEXES,
    SHAPED_SINCE,
    closed_on_error,
    create,
    has_log,
    identity_of,
    is_run_folder,
    no_run_folder,
    opened,
    opened_to_read,
    refuse_linked,
    refuse_traces,
    require_sound,
    sorted_out,
    translated,
)
from .upgrades import upgrade, upgraded_copy

_BATCH: Final = 256  # items that are written with one call
_SET: Final = "INSERT OR REPLACE INTO header VALUES (?, ?)"


class Journal(Chronicle):
    """An open journal. Use `Journal.create_or_open` under the folder's lock to write, `Journal.read` just to look."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        super().__init__(connection, path)
        self._epoch = 0
        self._file: tuple[int, int] | None = None
        self._tell: Callable[[], None] | None = None
        self._was_held = False

    @classmethod
    def create_or_open(
        cls, folder: Path, *, run_id: str | None = None, least_epoch: int = 0, born: Mapping[str, str] | None = None
    ) -> Self:
        """Open the folder's journal for writing, or make one, born with such a header, in a folder without videos.

        The caller holds the folder's lock. Raise FolderError when the state is damaged, newer than this program, not
        yet at `least_epoch`, or gone while videos are still there; Halt when the disk refuses.
        """
        path = folder / FILE
        refuse_linked(path)
        if not is_there(path):
            refuse_traces(folder)
            create(path, run_id or uuid.uuid4().hex, born or {})
            least_epoch = 0
        was_cut_off = has_log(path)
        self = cls(opened(path, "rw"), path)
        with closed_on_error(self._sql), translated(path):
            if was_cut_off:
                require_sound(self._sql, path, "quick_check")
            self._sql.execute("PRAGMA synchronous = FULL")
            self._sql.execute("PRAGMA fullfsync = ON")  # on macOS a plain fsync may stay in the disk's own cache
            self.refuse_before(least_epoch)
            self._take_over()
        self._file = identity_of(path)
        return self

    @classmethod
    def read(cls, folder: Path, *, is_still: bool = False) -> Self:
        """Open the folder's journal to look at it, also while a run writes it; an older one as it would become.

        `is_still` says that nobody can; then reading leaves nothing behind in the folder, not even an empty log. On a
        full disk nobody can either, and where nobody does, it needs no room.
        """
        path = folder / FILE
        if not is_run_folder(folder):
            raise no_run_folder(folder)
        self = cls(opened_to_read(folder, is_still=is_still), path)
        with closed_on_error(self._sql), translated(path):
            if self.header[FORMAT] < SHAPED_SINCE:
                self._sql = upgraded_copy(self._sql, path)
        return self

    def close(self) -> None:
        """Close the file; nothing is pending, because every write was committed."""
        self._sql.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def examine(self) -> None:
        """Look at every page of the file; raise FolderError when one is damaged. Takes a second for each 500 MiB."""
        with translated(self._path):
            require_sound(self._sql, self._path, "integrity_check")

    def set_header(self, **values: str) -> None:
        """Note facts about the whole run (plan digest, manifest path and digest)."""
        with self.holding():
            for key, value in values.items():
                self._sql.execute(_SET, (key, value))

    def tell_purchases(self, tell: Callable[[], None]) -> None:
        """Call `tell`, which raises nothing, behind each commit of settled doubts, or of requests before they leave."""
        self._tell = tell

    def write(self, key: str, stamped: Sequence[Stamped], index: Index) -> None:
        """Append facts about one item and keep its index entry, in one synced commit."""
        self.write_all([Entry(key=key, stamped=stamped, index=index)])

    def write_all(self, entries: Iterable[Entry]) -> None:
        """Write about many items in one commit, each fact behind those that came before it; nothing half."""
        is_told = False
        with self.holding():
            rest = iter(entries)
            while some := list(islice(rest, _BATCH)):
                events = (stamped.event for entry in some for stamped in entry.stamped)
                is_told = is_told or any(isinstance(event, (Intended, Settled)) for event in events)
                facts = (fact_row(entry.key, stamped) for entry in some for stamped in entry.stamped)
                self._sql.executemany(ADD_FACT, facts)
                self._sql.executemany(KEEP_ENTRY, map(index_row, some))
        if is_told and self._tell is not None:
            self._tell()

    def take_in(
        self, facts: Iterable[tuple[str, Stamped]], entries: Iterable[Entry], header: Mapping[str, str]
    ) -> None:
        """Append facts that other journals tell, and what follows from them, all in one commit.

        They may be older than what stands here already.
        """
        with self.holding():
            self._sql.executemany(ADD_FACT, (fact_row(key, stamped) for key, stamped in facts))
            for entry in entries:
                self._sql.execute(KEEP_ENTRY, index_row(entry))
            self._sql.executemany(_SET, [*header.items(), (TAKEN_IN, str(self.last_seq()))])

    def empty(self, entries: Iterable[Entry], header: Mapping[str, str], *, emptied: Callable[[Event], Event]) -> None:
        """Append facts, and take from all facts of these items what `emptied` takes from them, all in one commit.

        The words may still lie in unused places of the file and of its log, until `compact` was called.
        """
        self._sql.execute("PRAGMA secure_delete = ON")
        with self.holding():
            for entry in entries:
                self._sql.executemany(ADD_FACT, (fact_row(entry.key, stamped) for stamped in entry.stamped))
                self._sql.execute(KEEP_ENTRY, index_row(entry))
                self._empty(entry.key, emptied)
            self._sql.executemany(_SET, header.items())

    def _empty(self, key: str, emptied: Callable[[Event], Event]) -> None:
        rows = list(self._sql.execute("SELECT seq, at, kind, body FROM event WHERE item = ?", (key,)))
        for seq, at, kind, body in rows:
            fact = fact_of(self._path, at, kind, body)
            *_, less = fact_row(key, Stamped(at=fact.at, event=emptied(fact.event)))
            self._sql.execute("UPDATE event SET body = ? WHERE seq = ?", (less, seq))

    def compact(self) -> None:
        """Write the file anew without what was taken out of it, and cut its log; may be called again.

        Raise Halt while somebody else reads the file, for then the log has to stay.
        """
        with translated(self._path):
            self._sql.execute("VACUUM")
            ((is_busy, *_),) = self._sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if is_busy:
            raise Halt(
                f"another process reads {self._path}, so that its log still has what was taken out: "
                "end that process, then run the same command again"
            )

    def holding(self) -> AbstractContextManager[None]:
        """Keep the folder ours for the length of the block, whose writes are one commit.

        Raise FolderError when another run has taken the folder over; nobody can while the block lasts, not even if this
        process is stopped in it.
        """
        self._was_held = True
        return _Commit(self._sql, self._path, epoch=self._epoch)

    def require_in_place(self) -> None:
        """Raise FolderError when the folder has another file by now, or none; SQLite writes on into this one."""
        if self._file is None or self._file != identity_of(self._path):
            raise taken_away(self._path)

    def refuse_before(self, least_epoch: int) -> None:
        """Raise FolderError for a journal that is older than its folder: a backup that was put back."""
        epoch = int(self.header[EPOCH])
        if epoch < least_epoch:
            lock = self._path.with_name(".lock")
            raise FolderError(
                f"{self._path} is older than its folder (epoch {epoch:,}, and {lock} tells of {least_epoch:,}): what "
                f"was bought since, if anything, would be bought again; put the newest {FILE} back, or, to go on from "
                f"this one all the same, delete {lock}"
            )

    @property
    def epoch(self) -> int:
        """Return how often the journal was opened for writing."""
        return self._epoch

    @property
    def is_as_opened(self) -> bool:
        """Return whether nothing was written since the journal was opened, so that a copy of before lacks nothing."""
        return not self._was_held

    def _take_over(self) -> None:
        """Begin an epoch: from now on whoever opened the journal before can write no more. Upgrade an older one."""
        with _Commit(self._sql, self._path):
            upgrade(self._sql, self._path)
            for index in INDEXES:
                self._sql.execute(index)
            self._sql.execute("UPDATE header SET value = value + 1 WHERE key = ?", (EPOCH,))
            self._epoch = int(self.header[EPOCH])


class _Commit:
    """One transaction; with an `epoch` only as long as it is the folder's. A class, for a generator costs more."""

    __slots__ = ("_epoch", "_path", "_sql")

    def __init__(self, sql: sqlite3.Connection, path: Path, *, epoch: int | None = None) -> None:
        self._sql = sql
        self._path = path
        self._epoch = epoch

    def __enter__(self) -> None:
        try:
            self._sql.execute("BEGIN IMMEDIATE")
            if self._epoch is not None:
                self._require_ours()
        except BaseException as error:
            self._undo(error)
            raise

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        try:
            if error is None:
                self._sql.execute("COMMIT")
        except BaseException as refusal:
            self._undo(refusal)
            raise
        self._undo(error)

    def _require_ours(self) -> None:
        ((epoch,),) = self._sql.execute("SELECT value FROM header WHERE key = ?", (EPOCH,))
        if epoch != self._epoch:
            raise FolderError("another run has taken over this folder; this one stops without writing")

    def _undo(self, error: BaseException | None) -> None:
        """Take back what was written when something went wrong, and raise what that means for the user."""
        if error is None:
            return
        if self._sql.in_transaction:
            with translated(self._path):
                self._sql.execute("ROLLBACK")
        if meant := sorted_out(error, self._path):
            raise meant from error
