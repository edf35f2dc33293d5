"""`state.db` as a file: how it comes into being whole, how it is opened and judged, and what SQLite's errors mean.

A journal is made aside and renamed, so a file that is empty or has no header is damaged and never new.

It is readable by its owner alone, whatever the umask: it holds prompts, and links that whoever has them may use. SQLite
gives its log the same mode. The reports, which are made to be shared, go by the umask and hold no links.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, Literal

from ... import __version__
from ...errors import FolderError, Halt
from ..disk.files import DISK, halting
from ..disk.holder import holder
from ..disk.regular import is_file
from . import header as keys

FORMAT: Final = 6
SHAPED_SINCE: Final = 5
"""The first format whose tables and index are what they are now; what came later changed facts alone."""
FILE: Final = "state.db"
_MODE: Final = 0o600
_STILL: Final = "ro&immutable=1"
_SHARED: Final = {sqlite3.SQLITE_IOERR_SHMOPEN, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_SHMMAP}
"""What SQLite says where there is no room for what a reader shares with a writer."""

_COUNT: Final = """
  INSERT INTO tally VALUES (
    new.phase, new.wanted, new.job NOT NULL, coalesce(new.provider, ''), new.bought, new.unpriced, new.spent,
    new.reserved, 1, new.bytes, new.millis, new.flagged
  )
  ON CONFLICT (phase, wanted, has_job, provider, bought, unpriced, spent, reserved) DO UPDATE
  SET items = items + 1, bytes = bytes + excluded.bytes, millis = millis + excluded.millis,
    flagged = flagged + excluded.flagged;"""
_UNCOUNT: Final = """
  UPDATE tally SET items = items - 1, bytes = bytes - old.bytes, millis = millis - old.millis,
    flagged = flagged - old.flagged
  WHERE phase = old.phase AND wanted = old.wanted AND has_job = (old.job NOT NULL)
    AND provider = coalesce(old.provider, '') AND bought = old.bought AND unpriced = old.unpriced
    AND spent = old.spent AND reserved = old.reserved;"""
INDEXES: Final = (
    "CREATE INDEX IF NOT EXISTS item_by_job ON item (provider, job) WHERE job NOT NULL",
    "CREATE INDEX IF NOT EXISTS event_by_time ON event (at) WHERE kind NOT IN ('Planned', 'Retired')",
    "CREATE INDEX IF NOT EXISTS event_by_refusal ON event (at) WHERE kind = 'Refused'",
    "CREATE INDEX IF NOT EXISTS event_by_doubt ON event (at) WHERE kind = 'Doubted'",
    (
        "CREATE INDEX IF NOT EXISTS event_by_job ON event (json_extract(body, '$.job_id')) "
        "WHERE kind IN ('Accepted', 'Settled')"
    ),
    (
        "CREATE INDEX IF NOT EXISTS event_by_video ON event (substr(json_extract(body, '$.artifact.sha256'), 1, 16)) "
        "WHERE kind = 'Saved'"
    ),
)
"""What a journal gets when it is opened to write, a new one too; SQLite keeps it for older programs as well."""

_SCHEMA: Final = f"""
CREATE TABLE header (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE event (
  seq INTEGER PRIMARY KEY, at REAL NOT NULL, item TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX event_by_item ON event (item, seq);
CREATE TABLE item (
  key TEXT PRIMARY KEY, position INTEGER, id TEXT NOT NULL, name TEXT NOT NULL, wanted INTEGER NOT NULL,
  phase TEXT NOT NULL, provider TEXT, job TEXT, bought INTEGER NOT NULL, unpriced INTEGER NOT NULL,
  spent TEXT NOT NULL, reserved TEXT NOT NULL, bytes INTEGER NOT NULL, millis INTEGER NOT NULL,
  flagged INTEGER NOT NULL, first_at REAL, last_at REAL, code TEXT, reason TEXT
) WITHOUT ROWID;
CREATE INDEX item_by_phase ON item (phase, wanted, position);
CREATE TABLE tally (
  phase TEXT NOT NULL, wanted INTEGER NOT NULL, has_job INTEGER NOT NULL, provider TEXT NOT NULL,
  bought INTEGER NOT NULL, unpriced INTEGER NOT NULL, spent TEXT NOT NULL, reserved TEXT NOT NULL,
  items INTEGER NOT NULL, bytes INTEGER NOT NULL, millis INTEGER NOT NULL, flagged INTEGER NOT NULL,
  PRIMARY KEY (phase, wanted, has_job, provider, bought, unpriced, spent, reserved)
) WITHOUT ROWID;
CREATE TRIGGER item_comes AFTER INSERT ON item BEGIN {_COUNT} END;
CREATE TRIGGER item_goes AFTER DELETE ON item BEGIN {_UNCOUNT} END;
CREATE TRIGGER item_changes AFTER UPDATE ON item BEGIN {_UNCOUNT} {_COUNT} END;
"""
"""The tally is kept by SQLite itself, so no writer can forget it: counting a million items is reading a few rows."""


_DAMAGED: Final = (
    "{path} is damaged ({why}); nothing was started over: keep a copy, restore it from a backup, "
    "or try sqlite3's .recover, and begin anew only in another output.dir"
)


def is_run_folder(folder: Path) -> bool:
    """Return whether a folder holds a journal; raise OSError where nobody can tell."""
    return is_file(folder / FILE)


def no_run_folder(folder: Path, instead: str = "") -> FolderError:
    """Return the error for a folder without a journal; `instead` says what may have been meant."""
    return FolderError(f"{folder} is no run folder: it has no {FILE}{instead}")


def damaged(path: Path, why: str) -> FolderError:
    """Return the error for a state that cannot be trusted; what to do stands in it."""
    return FolderError(_DAMAGED.format(path=path, why=why))


def refuse_linked(path: Path) -> None:
    """Raise FolderError when the state is a link: what is written would land elsewhere."""
    if path.is_symlink():
        raise FolderError(f"{path} is a symbolic link, which state never follows; put the file itself there")


def refuse_traces(folder: Path) -> None:
    """Raise FolderError when a folder without state holds what only a run with state can have left there."""
    path = folder / FILE
    advice = f"restore {path}, or move them away or choose another output.dir to begin anew"
    if any(any((folder / name).glob("*.mp4")) for name in ("videos", "review", "rejected", "superseded", ".partial")):
        raise FolderError(f"{folder} holds videos but no state, so nobody knows what was paid for; {advice}")
    if has_log(path):
        raise FolderError(f"{folder} holds the log of a state ({_log_of(path).name}) but not the state; {advice}")


def create(path: Path, run_id: str, born: Mapping[str, str]) -> None:
    """Make a journal aside, with what its header says from birth, and give it its name when it is whole."""
    aside = path.with_name(f".{path.name}.new")
    for leftover in (aside, Path(f"{aside}-journal"), _log_of(aside)):
        with halting(leftover):
            leftover.unlink(missing_ok=True)
    header = {keys.FORMAT: FORMAT, keys.RUN_ID: run_id, keys.EPOCH: 0, keys.RUNNER: __version__, **born}
    with halting(aside):
        os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE))
    with translated(path), closing(connect(aside, "rw")) as sql:
        sql.executescript(f"BEGIN IMMEDIATE; {_SCHEMA}")
        sql.executemany("INSERT INTO header VALUES (?, ?)", header.items())
        sql.execute("COMMIT")
        ((mode,),) = sql.execute("PRAGMA journal_mode = WAL")
    if mode != "wal":
        raise FolderError(f"the file system of {path.parent} cannot hold a write-ahead log; use a local disk")
    with halting(path):
        DISK.rename(aside, path)
        DISK.sync_folder(path.parent)


def has_log(path: Path) -> bool:
    """Return whether facts are committed beside the file: a run is under way, or was cut off."""
    log = _log_of(path)
    return log.exists() and log.stat().st_size > 0


def identity_of(path: Path) -> tuple[int, int] | None:
    """Return what tells the file at a path from any other, None where there is none, or none that can be looked at."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _log_of(path: Path) -> Path:
    return Path(f"{path}-wal")


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Return a connection without implicit transactions; it touches the file only when it is used."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10.0)


def opened(path: Path, mode: str) -> sqlite3.Connection:
    """Open a journal, judged; raise FolderError for one that is damaged or newer, Halt when the disk refuses."""
    with translated(path):
        connection = connect(path, mode)
        with closed_on_error(connection):
            connection.execute("PRAGMA cell_size_check = ON")
            require_readable(connection, path)
    return connection


def opened_to_read(folder: Path, *, is_still: bool) -> sqlite3.Connection:
    """Open the journal of a folder to look at it; see `opened`.

    Where nobody can write, as `is_still` says, nothing is left behind in the folder, not even an empty log. On a full
    disk nobody can either: where no run is at work there, it is read without the 32 kB that readers share with one.
    """
    path = folder / FILE
    may_write = os.access(folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
    if (is_still or not may_write) and not has_log(path):
        return opened(path, _STILL)
    try:
        return opened(path, "ro")
    except Halt as refusal:
        has_no_room = getattr(refusal.__cause__, "sqlite_errorcode", None) in _SHARED
        if not has_no_room or has_log(path) or holder(folder) is not None:
            raise
        return opened(path, _STILL)


@contextmanager
def closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    """Close the connection when its opening comes to nothing."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


def require_readable(sql: sqlite3.Connection, path: Path) -> None:
    """Raise FolderError for a file that is no journal, or a newer one; costs the same whatever its size."""
    ((page,),) = sql.execute("PRAGMA page_size")
    if not has_log(path) and path.stat().st_size % page:
        raise damaged(path, "its last page is cut off")
    tables = {name for (name,) in sql.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    header = dict(sql.execute("SELECT key, value FROM header")) if "header" in tables else {}
    if not header:
        raise damaged(path, "it has no header")
    format_ = header.get(keys.FORMAT)
    if not isinstance(format_, int) or format_ < 1 or not isinstance(header.get(keys.EPOCH), int):
        raise damaged(path, "its header is not whole")
    if format_ > FORMAT:
        raise FolderError(
            f"{path} was written by s2v {header.get(keys.RUNNER)} in format {format_}; "
            f"this is s2v {__version__}, which reads format {FORMAT}: use the newer program"
        )
    if missing := {"event", "item", "tally"} - tables if format_ >= SHAPED_SINCE else {"event", "item"} - tables:
        raise damaged(path, f"it has no table '{min(missing)}'")


def require_sound(sql: sqlite3.Connection, path: Path, check: Literal["quick_check", "integrity_check"]) -> None:
    """Raise FolderError when SQLite finds a page of the file damaged; takes time in proportion to its size."""
    (verdict,) = sql.execute(f"PRAGMA {check}(1)").fetchone()
    if verdict != "ok":
        raise damaged(path, " ".join(str(verdict).split()))


_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})
"""What SQLite says of a file that is no journal of ours; an ERROR is a table or column that is not there."""
_REFUSAL: Final = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_NOLFS,
    }
)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Sort SQLite's errors: a disk that refuses halts the run, a file that is no journal is damaged, a bug flies."""
    try:
        yield
    except (UnicodeDecodeError, sqlite3.DatabaseError) as error:
        if (meant := sorted_out(error, path)) is None:
            raise
        raise meant from error


def sorted_out(error: BaseException | None, path: Path) -> Halt | FolderError | None:
    """Return what an error of SQLite's means for the user of the file at `path`; None where it means a bug."""
    if isinstance(error, UnicodeDecodeError):  # an error of SQLite's whose own words are garbled
        return damaged(path, str(error))
    if not isinstance(error, sqlite3.DatabaseError):
        return None
    code = getattr(error, "sqlite_errorcode", None)  # absent where the module itself complains
    is_garbled = code is None and isinstance(error, sqlite3.OperationalError)  # a text that is no UTF-8
    if is_garbled or (code is not None and code & 0xFF in _DAMAGE):
        return damaged(path, str(error))
    if code is not None and code & 0xFF == sqlite3.SQLITE_BUSY:
        return Halt(
            f"another process is writing to {path} and does not come to an end: "
            "end it, or continue it if it is stopped, then run again"
        )
    if code is not None and code & 0xFF in _REFUSAL:
        return Halt(f"cannot keep state in {path}: {error}; make room or mend the disk, then run again")
    return None
