"""The service's one SQLite file, which survives a crash at any moment, and the folder's lock.

One connection serves the event loop and its threads, one transaction at a time; one that cannot be written is undone
and raises `Halt`. A lock file keeps a second service out of the folder; the kernel frees it at death.
"""

from __future__ import annotations

import fcntl
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from ..errors import FolderError, Halt
from .order import Status

FORMAT: Final = 1
FILE: Final = "service.db"
_PRIMARY: Final = 0xFF  # the bits of SQLite's extended error codes that say what kind
_DISK: Final = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
    }
)
"""What SQLite says when the disk, its rights or somebody else is in the way, and the file itself may be sound."""
SCHEMA: Final = """
CREATE TABLE portrait (sha256 TEXT PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE secret (value BLOB NOT NULL);
CREATE TABLE task (
    number INTEGER PRIMARY KEY, task_id TEXT NOT NULL UNIQUE, dialect TEXT NOT NULL, account TEXT NOT NULL,
    idempotency_key TEXT, accepted_at REAL NOT NULL, price INTEGER NOT NULL, currency TEXT NOT NULL,
    digest TEXT NOT NULL, portrait TEXT NOT NULL, prompt TEXT, seed INTEGER NOT NULL, status TEXT NOT NULL,
    file_id TEXT UNIQUE, width INTEGER, height INTEGER, bytes INTEGER, sha256 TEXT, made_at REAL, notes TEXT,
    reason TEXT, callback TEXT, callback_state TEXT, UNIQUE (dialect, account, idempotency_key)
);
CREATE INDEX task_by_status ON task (status, number);
CREATE INDEX task_by_account ON task (dialect, account, accepted_at, status, price);
CREATE TABLE post (
    number INTEGER PRIMARY KEY, task_id TEXT NOT NULL, status TEXT NOT NULL, tries INTEGER NOT NULL,
    due_at REAL NOT NULL
);
CREATE INDEX post_by_due ON post (due_at, number);
"""


class Database:
    """The connection and whose turn it is."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._turn = threading.Lock()

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """Give the connection inside a transaction, which is on disk when the context is left."""
        with self._turn:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except sqlite3.OperationalError as error:
                raise Halt(
                    f"the service's store cannot be written: {error}; make room on the disk, then go on"
                ) from error
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for questions only; read all answers before the context is left."""
        with self._turn:
            yield self._connection

    def one(self, query: str, *values: object) -> tuple[Any, ...] | None:
        """Return the first row of an answer."""
        with self._turn:
            row: tuple[Any, ...] | None = self._connection.execute(query, values).fetchone()
            return row


@contextmanager
def open_database(folder: Path) -> Iterator[Database]:
    """Open the folder's file, making it if need be; tasks that a crash interrupted are queued again.

    Raises `FolderError` when another service holds the folder, when it cannot be written, or when the file is damaged
    or newer than this program.
    """
    with _held(folder), closing(_connected(folder)) as connection:
        _prepare(connection, folder)
        yield Database(connection)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise _unusable(folder, error.strerror) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderError(f"{folder}: another service works in this folder; stop it or name another one") from error
        yield


def _connected(folder: Path) -> sqlite3.Connection:
    try:
        return sqlite3.connect(folder / FILE, check_same_thread=False, isolation_level=None)
    except sqlite3.OperationalError as error:
        raise _unusable(folder, error) from error


def _prepare(connection: sqlite3.Connection, folder: Path) -> None:
    path = folder / FILE
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > FORMAT:
            raise FolderError(f"{path}: written by a newer version (format {version}, this one knows {FORMAT}): update")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        if version == 0:
            _create(connection)
        connection.execute("CREATE INDEX IF NOT EXISTS task_by_turn ON task (status, account, number)")
        connection.execute("UPDATE task SET status = ? WHERE status = ?", (Status.QUEUED, Status.RENDERING))
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0)  # absent where the module itself complains
        if code & _PRIMARY in _DISK:
            raise _unusable(folder, error) from error
        raise FolderError(f"{path}: the service's store is damaged ({error}); keep a copy, then remove it") from error


def _unusable(folder: Path, why: object) -> FolderError:
    return FolderError(
        f"{folder}: the service's folder cannot be used: {why}; make room on its disk, or name one that may be written"
    )


def _create(connection: sqlite3.Connection) -> None:
    connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {FORMAT};")
    connection.execute("INSERT INTO secret VALUES (?)", (secrets.token_bytes(32),))
    connection.execute("COMMIT")
