"""The file of an account: how it comes into being whole, how it is opened and written, and what its failures mean."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from ... import __version__
from ...errors import FolderError
from ..disk.files import DISK
from ..journal.state_file import closed_on_error

FORMAT: Final = 1
FILE: Final = "claims.db"
MODE: Final = 0o600
_PATIENT_S: Final = 10.0  # a disk under load may take seconds to sync what a neighbour writes

_BOUGHT: Final = "CREATE TABLE IF NOT EXISTS bought (run_id TEXT PRIMARY KEY)"
"""The runs that ever bought by this account, for good; an older program knows nothing of it, and does no harm."""

SCHEMA: Final = f"""
CREATE TABLE run (
  id INTEGER PRIMARY KEY, sign TEXT NOT NULL, folder TEXT NOT NULL, run_id TEXT NOT NULL, unseen_s REAL NOT NULL,
  window_s REAL NOT NULL, seen REAL NOT NULL, is_over INTEGER NOT NULL DEFAULT 0, waits_since REAL, waits_until REAL
);
CREATE TABLE submit (run INTEGER NOT NULL, item TEXT NOT NULL, at REAL NOT NULL, is_answered INTEGER NOT NULL);
CREATE INDEX submit_by_time ON submit (at);
CREATE TABLE slot (run INTEGER NOT NULL, item TEXT NOT NULL, until REAL, PRIMARY KEY (run, item));
PRAGMA user_version = {FORMAT};
"""

STRAIGHTEN: Final = (
    "UPDATE submit SET at = :at WHERE at > :at",
    "UPDATE run SET seen = :at WHERE seen > :at",
    "UPDATE run SET waits_since = NULL WHERE waits_since > :at OR waits_until + :grace_s < :at",
    "UPDATE slot SET until = MIN(until, :at + (SELECT unseen_s FROM run WHERE id = slot.run)) WHERE until IS NOT NULL",
    "DELETE FROM slot WHERE until <= :at",
    "DELETE FROM submit WHERE is_answered AND at + (SELECT MAX(window_s) FROM run) <= :at AND at + :least_s <= :at",
    """DELETE FROM run WHERE is_over
       AND id NOT IN (SELECT run FROM submit) AND id NOT IN (SELECT run FROM slot)""",
)
"""Takes times in the future for now, and drops what counts no more."""

BURY: Final = (
    "UPDATE submit SET is_answered = 1, at = MIN(:at, at + :longest_s) WHERE run = :dead AND NOT is_answered",
    "UPDATE run SET is_over = 1, waits_since = NULL WHERE id = :dead",
    """UPDATE slot SET until = MIN(COALESCE(until, 9e99), (SELECT seen + unseen_s FROM run WHERE id = :dead))
       WHERE run = :dead""",
)

ANSWERED: Final = "UPDATE submit SET is_answered = 1, at = :at WHERE run = :run AND item = :item AND NOT is_answered"
BUYS: Final = "INSERT OR IGNORE INTO bought SELECT run_id FROM run WHERE id = :run"
HOLD: Final = "INSERT OR REPLACE INTO slot VALUES (:run, :item, :until)"
RELEASE: Final = "DELETE FROM slot WHERE run = :run AND item = :item"


@contextmanager
def usable(path: Path) -> Iterator[None]:
    """Turn the no of SQLite or of the disk into FolderError: nothing is sent that nobody can count."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise FolderError(
            f"{path} cannot be used: {error}; the runs on this machine that use one account know of each other by it: "
            "mend the disk, or wait until they have ended and remove the file"
        ) from error


def opened(path: Path) -> sqlite3.Connection:
    """Open the file of an account, made aside and renamed if it was not there: one that is empty is damaged."""
    if not path.exists():
        _create(path)
    sql = _connection(path)
    with closed_on_error(sql):
        _require_format(sql)
        sql.execute(_BOUGHT)
    return sql


def has_bought(path: Path, run_id: str) -> bool:
    """Return whether a run ever bought by the account of a file, as far as that can be told."""
    with suppress(sqlite3.Error), closing(_connection(path, "ro")) as sql:
        return sql.execute("SELECT 1 FROM bought WHERE run_id = ?", (run_id,)).fetchone() is not None
    return False


def require_format(path: Path) -> None:
    """Raise sqlite3.Error for a file that could not be opened as that of an account; nothing is left beside it.

    The format is written before the file gets its name, so its log need not be read.
    """
    with closing(_connection(path, "ro&immutable=1")) as sql:
        _require_format(sql)


def _require_format(sql: sqlite3.Connection) -> None:
    ((found,),) = sql.execute("PRAGMA user_version")
    if found != FORMAT:
        raise sqlite3.DatabaseError(f"it has format {found}, and this is s2v {__version__} with format {FORMAT}")


def _create(path: Path) -> None:
    aside = path.with_name(f".{path.name}.new")
    for leftover in (aside, Path(f"{aside}-journal"), Path(f"{aside}-wal")):
        leftover.unlink(missing_ok=True)
    os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE))
    with closing(_connection(aside)) as sql:
        sql.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT; PRAGMA journal_mode = WAL")
    DISK.rename(aside, path)
    DISK.sync_folder(path.parent)


def _connection(path: Path, mode: str = "rw") -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=_PATIENT_S
    )
