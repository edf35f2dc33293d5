"""The file of an account: how it comes into being whole, how it is opened, and what it means when that fails."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from .. import __version__
from ..errors import FolderError
from .files import DISK
from .state_file import closed_on_error

FORMAT: Final = 1
FILE: Final = "claims.db"
MODE: Final = 0o600
_PATIENT_S: Final = 10.0  # a disk under load may take seconds to sync what a neighbour writes

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
        ((found,),) = sql.execute("PRAGMA user_version")
        if found != FORMAT:
            raise sqlite3.DatabaseError(f"it has format {found}, and this is s2v {__version__} with format {FORMAT}")
    return sql


def _create(path: Path) -> None:
    aside = path.with_name(f".{path.name}.new")
    for leftover in (aside, Path(f"{aside}-journal"), Path(f"{aside}-wal")):
        leftover.unlink(missing_ok=True)
    os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE))
    with closing(_connection(aside)) as sql:
        sql.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT; PRAGMA journal_mode = WAL")
    DISK.rename(aside, path)
    DISK.sync_folder(path.parent)


def _connection(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=_PATIENT_S)
