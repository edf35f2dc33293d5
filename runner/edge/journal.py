"""The journal: `state.db`, SQLite in WAL mode with `synchronous=FULL`, one writer.

The `event` table is the truth: append-only, one fact a row, JSON inside. The `item` table is an index over it, kept by
the same transaction; its `committed` is a JSON object, currency to millionths, for an item that was bought at two
providers may have cost money of two kinds. Every write checks the epoch of the lock under which the journal was opened,
so a holder that was stopped, replaced and continued cannot write any more. The journal knows no phases: they are words
in a column.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from .. import __version__
from ..core.lifecycle import Index, State, fold
from ..errors import FolderError, Halt
from ..events import Event, Stamped
from ..model import Money
from .codec import EVENT_TYPES, from_json, to_json

FORMAT: Final = 1
FILE: Final = "state.db"

_SCHEMA: Final = """
CREATE TABLE header (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE event (
  seq INTEGER PRIMARY KEY, at REAL NOT NULL, item TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX event_by_item ON event (item, seq);
CREATE TABLE item (
  key TEXT PRIMARY KEY, position INTEGER, id TEXT NOT NULL, name TEXT NOT NULL, wanted INTEGER NOT NULL,
  phase TEXT NOT NULL, provider TEXT, job TEXT, committed TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX item_by_phase ON item (phase, wanted, position);
"""

_UPSERT: Final = """
INSERT INTO item (key, position, id, name, wanted, phase, provider, job, committed)
VALUES (:key, :position, :id, :name, :wanted, :phase, :provider, :job, :committed)
ON CONFLICT (key) DO UPDATE SET position = coalesce(excluded.position, position), id = excluded.id,
  name = excluded.name, wanted = excluded.wanted, phase = excluded.phase, provider = excluded.provider,
  job = excluded.job, committed = excluded.committed
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is to be written about one item of the plan: new facts if any, its index, its place in the plan."""

    key: str
    stamped: Sequence[Stamped]
    index: Index
    position: int | None


class Journal:
    """An open journal. Use `Journal.create_or_open` under the folder's lock to write, `Journal.read` just to look."""

    def __init__(self, connection: sqlite3.Connection, *, writable: bool) -> None:
        self._sql = connection
        self._epoch = 0
        self._writable = writable

    @classmethod
    def create_or_open(cls, folder: Path, *, run_id: str | None = None) -> Self:
        """Open the folder's journal for writing, or make one in a folder without videos.

        The caller holds the folder's lock. Raise FolderError when the state is damaged, newer than this program, or
        gone while videos are still there; Halt when the disk refuses.
        """
        path = folder / FILE
        is_new = not path.exists() or path.stat().st_size == 0
        if is_new and any((folder / "videos").glob("*.mp4")):
            raise FolderError(
                f"{folder} holds videos but no state, so nobody knows what was paid for; "
                f"restore {path}, or move the videos away or choose another output.dir to begin anew"
            )
        with _translated(path):
            self = cls(_connect(path, "rwc"), writable=True)
            self._sql.execute("PRAGMA journal_mode = WAL")
            self._sql.execute("PRAGMA synchronous = FULL")
            if not self._has_header():
                self._initialise(run_id or uuid.uuid4().hex)
            self._examine(path)
            self._epoch = int(self.header["epoch"]) + 1
            self._sql.execute("UPDATE header SET value = ? WHERE key = 'epoch'", (self._epoch,))
        return self

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Open the folder's journal to look at it, also while a run writes it."""
        path = folder / FILE
        if not path.is_file():
            raise FolderError(f"{folder} is no run folder: it has no {FILE}")
        with _translated(path):
            self = cls(_connect(path, "ro"), writable=False)
            self._examine(path)
        return self

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
        return dict(self._sql.execute("SELECT key, value FROM header"))

    def set_header(self, **values: str) -> None:
        """Note facts about the whole run (plan digest, manifest path and digest)."""
        with self._transaction():
            for key, value in values.items():
                self._sql.execute("INSERT OR REPLACE INTO header VALUES (?, ?)", (key, value))

    def write(self, key: str, stamped: Sequence[Stamped], index: Index) -> None:
        """Append facts about one item and keep its index entry, in one synced commit."""
        self.write_all([Entry(key=key, stamped=stamped, index=index, position=None)])

    def write_all(self, entries: Iterable[Entry]) -> None:
        """Write many items in one commit."""
        with self._transaction():
            for entry in entries:
                self._sql.executemany(
                    "INSERT INTO event (at, item, kind, body) VALUES (?, ?, ?, ?)",
                    ((s.at, entry.key, type(s.event).__name__, _body(s.event)) for s in entry.stamped),
                )
                self._sql.execute(_UPSERT, _index_row(entry))

    def history(self, key: str) -> list[Stamped]:
        """Return all facts about one item, oldest first."""
        rows = self._rows("SELECT at, kind, body FROM event WHERE item = ? ORDER BY seq", (key,))
        return [_stamped(*row) for row in rows]

    def state(self, key: str) -> State | None:
        """Return what is known of one item, or None when it was never planned."""
        history = self.history(key)
        return fold(history) if history else None

    def states(self) -> Iterator[State]:
        """Give the state of every item: those of the plan in its order, then those that left it, by key."""
        for _, key in self._rows("SELECT position, key FROM item ORDER BY wanted DESC, position, key"):
            yield fold(self.history(key))

    def keys(self, phases: Collection[str], *, after: int = -1, most: int = 1 << 62) -> list[tuple[int, str]]:
        """Return (position, key) of wanted items in these phases, in plan order, from behind position `after`."""
        marks = ", ".join("?" * len(phases))
        return list(
            self._rows(
                f"SELECT position, key FROM item WHERE phase IN ({marks}) AND wanted AND position > ? "  # noqa: S608
                "ORDER BY position LIMIT ?",
                (*phases, after, most),
            )
        )

    def all_keys(self, phases: Collection[str]) -> list[str]:
        """Return the keys of all items in these phases, also of those no longer in the manifest."""
        marks = ", ".join("?" * len(phases))
        sql = f"SELECT key FROM item WHERE phase IN ({marks}) ORDER BY position, key"  # noqa: S608 - only marks
        return [key for (key,) in self._rows(sql, tuple(phases))]

    def recent(self, since: float) -> Iterator[tuple[str, Stamped]]:
        """Give facts not older than `since`, newest first."""
        for item, at, kind, body in self._rows("SELECT item, at, kind, body FROM event ORDER BY seq DESC", ()):
            if at < since:
                return
            yield item, _stamped(at, kind, body)

    def events(self) -> Iterator[tuple[int, str, Stamped]]:
        """Give every fact of the run with its number and its item's key, oldest first."""
        for seq, item, at, kind, body in self._rows("SELECT seq, item, at, kind, body FROM event ORDER BY seq"):
            yield seq, item, _stamped(at, kind, body)

    def open_providers(self, phases: Collection[str]) -> list[str]:
        """Return the providers that items in these phases are with."""
        marks = ", ".join("?" * len(phases))
        sql = f"SELECT DISTINCT provider FROM item WHERE phase IN ({marks}) AND provider NOT NULL ORDER BY 1"  # noqa: S608
        return [provider for (provider,) in self._rows(sql, tuple(phases))]

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
            yield key, _index_of_row(row)

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        with _translated(Path(FILE)):
            yield from self._sql.execute(sql, values)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with _translated(Path(FILE)):
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                self._require_epoch()
                yield
                self._sql.execute("COMMIT")
            except BaseException:
                if self._sql.in_transaction:
                    self._sql.execute("ROLLBACK")
                raise

    def _require_epoch(self) -> None:
        (epoch,) = self._sql.execute("SELECT value FROM header WHERE key = 'epoch'").fetchone()
        if epoch != self._epoch:
            raise FolderError("another run has taken over this folder; this one stops without writing")

    def _has_header(self) -> bool:
        return self._sql.execute("SELECT 1 FROM sqlite_master WHERE name = 'header'").fetchone() is not None

    def _initialise(self, run_id: str) -> None:
        self._sql.executescript(f"BEGIN IMMEDIATE; {_SCHEMA}")
        header = {"format": FORMAT, "run_id": run_id, "epoch": 0, "runner": __version__}
        self._sql.executemany("INSERT INTO header VALUES (?, ?)", header.items())
        self._sql.execute("COMMIT")

    def _examine(self, path: Path) -> None:
        (verdict,) = self._sql.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise FolderError(_DAMAGED.format(path=path, why=verdict))
        if not self._has_header():
            raise FolderError(_DAMAGED.format(path=path, why="it has no header"))
        header = self.header
        if int(header["format"]) > FORMAT:
            raise FolderError(
                f"{path} was written by s2v {header['runner']} in format {header['format']}; "
                f"this is s2v {__version__}, which reads format {FORMAT}: use the newer program"
            )


_DAMAGED: Final = (
    "{path} is damaged ({why}); nothing was started over: keep a copy, restore it from a backup, "
    "or try sqlite3's .recover, and begin anew only in another output.dir"
)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10.0)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Sort SQLite's errors: a disk that refuses halts the run, a file that is no database is damaged."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise Halt(f"cannot keep state in {path}: {error}; make room or mend the disk, then run again") from error
    except sqlite3.DatabaseError as error:
        raise FolderError(_DAMAGED.format(path=path, why=error)) from error


def _body(event: Event) -> str:
    """Return JSON in ASCII: SQLite takes no half of a surrogate pair, and a provider that cuts its words sends one."""
    return json.dumps(to_json(event), ensure_ascii=True, separators=(",", ":"))


def _stamped(at: float, kind: str, body: str) -> Stamped:
    try:
        return Stamped(at=at, event=from_json(EVENT_TYPES[kind], json.loads(body)))
    except (KeyError, TypeError, ValueError) as error:
        raise FolderError(_DAMAGED.format(path=FILE, why=f"unreadable {kind} event")) from error


def _index_row(entry: Entry) -> dict[str, Any]:
    index = entry.index
    return {
        "key": entry.key,
        "position": entry.position,
        "id": index.id,
        "name": index.name,
        "wanted": int(index.wanted),
        "phase": index.phase,
        "provider": index.provider,
        "job": index.job_id,
        "committed": json.dumps({money.currency: money.micros for money in index.committed}),
    }


def _index_of_row(row: Sequence[Any]) -> Index:
    id_, name, wanted, phase, provider, job, committed = row
    purse = tuple(Money(micros=micros, currency=currency) for currency, micros in json.loads(committed).items())
    return Index(id=id_, name=name, wanted=bool(wanted), phase=phase, provider=provider, job_id=job, committed=purse)
