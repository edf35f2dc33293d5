"""The journal: `state.db`, SQLite in WAL mode with `synchronous=FULL`, one writer.

The `event` table is the truth: append-only, one fact a row, JSON inside. The `item` table is an index over it, kept by
the same transaction; its `committed` is a JSON object, currency to millionths, for an item that was bought at two
providers may have cost money of two kinds. Every write checks the epoch of the lock under which the journal was opened,
so a holder that was stopped, replaced and continued cannot write any more. The journal knows no phases: they are words
in a column.

A journal comes into being whole, by rename, so a `state.db` that is empty or has no header is damaged, never new. The
whole file is examined at opening only after a crash, because that takes time in proportion to its size; other damage
is met, and told, at the read that needs the page, and `verify` looks everywhere (`examine`). FORMAT.md beside this
module describes the file for other readers.
"""

from __future__ import annotations

import json
import os
import sqlite3
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import Any, Final, Self

from ..core.state import Index, State
from ..core.update import Told
from ..errors import FolderError
from ..events import Planned, Stamped
from ..model import Item
from .rows import ADD_FACT, KEEP_ENTRY, fact_of, fact_row, index_of_row, index_row, state_of
from .state_file import (
    FILE,
    FORMAT,
    closed_on_error,
    connect,
    create,
    damaged,
    has_log,
    refuse_traces,
    require_readable,
    require_sound,
    translated,
)
from .upgrades import upgrade, upgraded_copy

_TAKEN_IN: Final = "taken_in"  # header: the number of the newest fact that came from another journal
_SET: Final = "INSERT OR REPLACE INTO header VALUES (?, ?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is to be written about one item of the plan: new facts if any, its index, its place in the plan."""

    key: str
    stamped: Sequence[Stamped]
    index: Index
    position: int | None


class Journal:
    """An open journal. Use `Journal.create_or_open` under the folder's lock to write, `Journal.read` just to look."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._sql = connection
        self._path = path
        self._epoch = 0

    @classmethod
    def create_or_open(cls, folder: Path, *, run_id: str | None = None) -> Self:
        """Open the folder's journal for writing, or make one in a folder without videos.

        The caller holds the folder's lock. Raise FolderError when the state is damaged, newer than this program, or
        gone while videos are still there; Halt when the disk refuses.
        """
        path = folder / FILE
        if path.is_symlink():
            raise FolderError(f"{path} is a symbolic link, which state never follows; put the file itself there")
        if not path.exists():
            refuse_traces(folder, path)
            create(path, run_id or uuid.uuid4().hex)
        was_cut_off = has_log(path)
        self = cls._open(path, "rw")
        with closed_on_error(self._sql), translated(path):
            if was_cut_off:
                require_sound(self._sql, path, "quick_check")
            self._sql.execute("PRAGMA synchronous = FULL")
            self._sql.execute("PRAGMA fullfsync = ON")  # on macOS a plain fsync may stay in the disk's own cache
            self._take_over()
        return self

    @classmethod
    def read(cls, folder: Path, *, is_still: bool = False) -> Self:
        """Open the folder's journal to look at it, also while a run writes it; an older one as it would become.

        `is_still` says that nobody can; then reading leaves nothing behind in the folder, not even an empty log.
        """
        path = folder / FILE
        if not path.is_file():
            raise FolderError(f"{folder} is no run folder: it has no {FILE}")
        may_write = os.access(folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
        is_still = (is_still or not may_write) and not has_log(path)
        self = cls._open(path, "ro&immutable=1" if is_still else "ro")
        with closed_on_error(self._sql), translated(path):
            if self.header["format"] < FORMAT:
                self._sql = upgraded_copy(self._sql, path)
        return self

    @classmethod
    def _open(cls, path: Path, mode: str) -> Self:
        with translated(path):
            connection = connect(path, mode)
            with closed_on_error(connection):
                connection.execute("PRAGMA cell_size_check = ON")
                require_readable(connection, path)
        return cls(connection, path)

    def close(self) -> None:
        """Close the file; nothing is pending, because every write was committed."""
        self._sql.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def header(self) -> Mapping[str, Any]:
        """Return the header row: format, run_id, epoch, runner, and what `set_header` added."""
        return dict(self._rows("SELECT key, value FROM header"))

    @property
    def durability(self) -> tuple[str, int]:
        """Return SQLite's journal mode and its `synchronous` level; a commit is on disk at ("wal", 2)."""
        ((mode,),) = self._rows("PRAGMA journal_mode")
        ((level,),) = self._rows("PRAGMA synchronous")
        return mode, level

    def examine(self) -> None:
        """Look at every page of the file; raise FolderError when one is damaged. Takes a second for each 500 MiB."""
        with translated(self._path):
            require_sound(self._sql, self._path, "integrity_check")

    def set_header(self, **values: str) -> None:
        """Note facts about the whole run (plan digest, manifest path and digest)."""
        with self.holding():
            for key, value in values.items():
                self._sql.execute(_SET, (key, value))

    def write(self, key: str, stamped: Sequence[Stamped], index: Index) -> None:
        """Append facts about one item and keep its index entry, in one synced commit."""
        self.write_all([Entry(key=key, stamped=stamped, index=index, position=None)])

    def write_all(self, entries: Iterable[Entry]) -> None:
        """Write many items in one commit."""
        with self.holding():
            for entry in entries:
                self._sql.executemany(ADD_FACT, (fact_row(entry.key, stamped) for stamped in entry.stamped))
                self._sql.execute(KEEP_ENTRY, index_row(entry.key, entry.index, position=entry.position))

    def take_in(
        self, facts: Iterable[tuple[str, Stamped]], entries: Iterable[Entry], header: Mapping[str, str]
    ) -> None:
        """Append facts that other journals tell, and what follows from them, all in one commit.

        They may be older than what stands here already: from now on `recent` looks through all that stands up to them.
        """
        with self.holding():
            self._sql.executemany(ADD_FACT, (fact_row(key, stamped) for key, stamped in facts))
            for entry in entries:
                self._sql.execute(KEEP_ENTRY, index_row(entry.key, entry.index, position=entry.position))
            self._sql.executemany(_SET, [*header.items(), (_TAKEN_IN, str(self.last_seq()))])

    def history(self, key: str) -> list[Stamped]:
        """Return all facts about one item, oldest first."""
        rows = self._rows("SELECT at, kind, body FROM event WHERE item = ? ORDER BY seq", (key,))
        return [fact_of(self._path, *row) for row in rows]

    def state(self, key: str) -> State | None:
        """Return what is known of one item, or None when it was never planned."""
        history = self.history(key)
        return state_of(self._path, key, history) if history else None

    def states(self) -> Iterator[State]:
        """Give the state of every item: those of the plan in its order, then those that left it, by key."""
        for _, key in self._rows("SELECT position, key FROM item ORDER BY wanted DESC, position, key"):
            yield state_of(self._path, key, self.history(key))

    def keys(self, phases: Collection[str], *, after: int = -1, most: int = 1 << 62) -> list[tuple[int, str]]:
        """Return (position, key) of wanted items in these phases, in plan order, from behind position `after`."""
        sql = "SELECT position, key FROM item WHERE phase = ? AND wanted = 1 AND position > ? ORDER BY position LIMIT ?"
        pages = (self._rows(sql, (phase, after, most)) for phase in phases)  # each is a walk along the index, unsorted
        return list(islice(merge(*pages), most))

    def all_keys(self, phases: Collection[str]) -> list[str]:
        """Return the keys of all items in these phases, also of those no longer in the manifest."""
        sql = "SELECT key FROM item WHERE phase IN (SELECT value FROM json_each(?)) ORDER BY position, key"
        return [key for (key,) in self._rows(sql, (json.dumps([*phases]),))]

    def bearer(self, provider: str, job_id: str) -> str | None:
        """Return the key of the item that has this job of a provider, or None when none has it."""
        sql = "SELECT key FROM item WHERE provider = ? AND job = ?"
        return next((key for (key,) in self._rows(sql, (provider, job_id))), None)

    def recent(self, since: float) -> Iterator[tuple[str, Stamped]]:
        """Give facts not older than `since`, newest first; what was taken in from another journal is in no order."""
        mixed = int(self.header.get(_TAKEN_IN, 0))
        own = "SELECT item, at, kind, body FROM event WHERE seq > ? ORDER BY seq DESC"
        for item, at, kind, body in self._rows(own, (mixed,)):
            if at < since:
                break
            yield item, fact_of(self._path, at, kind, body)
        others = "SELECT item, at, kind, body FROM event WHERE seq <= ? AND at >= ? ORDER BY at DESC"
        for item, at, kind, body in self._rows(others, (mixed, since)):
            yield item, fact_of(self._path, at, kind, body)

    def events(self) -> Iterator[tuple[int, str, Stamped]]:
        """Give every fact of the run with its number and its item's key, oldest first."""
        for seq, item, at, kind, body in self._rows("SELECT seq, item, at, kind, body FROM event ORDER BY seq"):
            yield seq, item, fact_of(self._path, at, kind, body)

    def open_providers(self, phases: Collection[str]) -> list[str]:
        """Return the providers that items in these phases are with."""
        sql = (
            "SELECT DISTINCT provider FROM item WHERE phase IN (SELECT value FROM json_each(?)) "
            "AND provider NOT NULL ORDER BY 1"
        )
        return [provider for (provider,) in self._rows(sql, (json.dumps([*phases]),))]

    def last_seq(self) -> int:
        """Return the number of the newest fact, 0 before the first."""
        ((seq,),) = self._rows("SELECT coalesce(max(seq), 0) FROM event")
        return int(seq)

    def counts(self) -> dict[str, int]:
        """Return how many wanted items are in each phase, from the index alone."""
        return dict(self._rows("SELECT phase, count(*) FROM item WHERE wanted GROUP BY phase"))

    def committed(self) -> dict[str, int]:
        """Return the money spent and reserved so far, in millionths, by currency."""
        sql = "SELECT purse.key, sum(purse.value) FROM item, json_each(item.committed) AS purse GROUP BY purse.key"
        return dict(self._rows(sql))

    def index(self) -> Iterator[tuple[str, Index]]:
        """Give every item's index entry as stored, by key; `verify --journal` holds it against the events."""
        sql = "SELECT key, id, name, wanted, phase, provider, job, committed FROM item ORDER BY key"
        for key, *row in self._rows(sql):
            yield key, index_of_row(self._path, row)

    def stray(self) -> str | None:
        """Return the key of an item that has facts and no entry in the index; there should be none."""
        sql = "SELECT item FROM event WHERE item NOT IN (SELECT key FROM item) LIMIT 1"
        return next((key for (key,) in self._rows(sql)), None)

    def entry(self, key: str) -> Index | None:
        """Return one item's index entry, or None when it was never planned."""
        sql = "SELECT id, name, wanted, phase, provider, job, committed FROM item WHERE key = ?"
        return next((index_of_row(self._path, row) for row in self._rows(sql, (key,))), None)

    def told(self, key: str) -> Told | None:
        """Return what the journal was told of an item last, or None when it was never planned."""
        for wanted, position in self._rows("SELECT wanted, position FROM item WHERE key = ?", (key,)):
            return Told(item=self._planned(key), wanted=bool(wanted), position=position)
        return None

    def _planned(self, key: str) -> Item:
        sql = "SELECT at, kind, body FROM event WHERE item = ? AND kind = 'Planned' ORDER BY seq DESC LIMIT 1"
        for row in self._rows(sql, (key,)):
            planned = fact_of(self._path, *row).event
            assert isinstance(planned, Planned)
            return planned.item
        raise damaged(self._path, f"the history of item {key} has no beginning")

    def called(self, id_: str) -> Item | None:
        """Return the item that has an id, one of the plan rather than one that left it.

        The first question sorts all ids into a temporary table, for they have no index of their own.
        """
        if not list(self._rows("SELECT 1 FROM sqlite_temp_master WHERE name = 'called'")):
            with translated(self._path):
                self._sql.execute("CREATE TEMP TABLE called AS SELECT id, wanted, key FROM item")
                self._sql.execute("CREATE INDEX called_by_id ON called (id, wanted, key)")
        sql = "SELECT key FROM called WHERE id = ? ORDER BY wanted DESC, key LIMIT 1"
        return next((self._planned(key) for (key,) in self._rows(sql, (id_,))), None)

    def finished(self, phase: str) -> Iterator[tuple[str, str]]:
        """Give key and file name of every wanted item in a phase, in no order."""
        yield from self._rows("SELECT key, name FROM item WHERE phase = ? AND wanted", (phase,))

    def wanted(self) -> Iterator[str]:
        """Give the key of every item of the plan, in its order."""
        return (key for (key,) in self._rows("SELECT key FROM item WHERE wanted ORDER BY position"))

    def standings(self) -> Iterator[tuple[str, bool, bool, int]]:
        """Give phase, whether wanted, whether there is a job, and how many items are so."""
        sql = "SELECT phase, wanted, job NOT NULL, count(*) FROM item GROUP BY 1, 2, 3"
        return ((phase, bool(wanted), bool(bought), count) for phase, wanted, bought, count in self._rows(sql))

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        with translated(self._path):
            for row in self._sql.execute(sql, values):  # noqa: UP028 - it would close a cursor of a closed connection
                yield row

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Keep the folder ours for the length of the block, whose writes are one commit.

        Raise FolderError when another run has taken the folder over; nobody can while the block lasts, not even if this
        process is stopped in it.
        """
        with self._committing():
            ((epoch,),) = self._sql.execute("SELECT value FROM header WHERE key = 'epoch'")
            if epoch != self._epoch:
                raise FolderError("another run has taken over this folder; this one stops without writing")
            yield

    @contextmanager
    def _committing(self) -> Iterator[None]:
        with translated(self._path):
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._sql.execute("COMMIT")
            except BaseException:
                if self._sql.in_transaction:
                    self._sql.execute("ROLLBACK")
                raise

    def _take_over(self) -> None:
        """Begin an epoch: from now on whoever opened the journal before can write no more. Upgrade an older one."""
        with self._committing():
            upgrade(self._sql, self._path)
            self._sql.execute("UPDATE header SET value = value + 1 WHERE key = 'epoch'")
            self._epoch = int(self.header["epoch"])
