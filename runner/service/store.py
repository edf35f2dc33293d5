"""The store: every accepted order, its portrait and its fate.

An order, its portrait and its idempotency key are one transaction, on disk before the task id is told to anybody; the
terms of business are judged in that same transaction, so no limit is overshot. A change of status and the callback that
tells of it are one transaction, too.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from ..model import Money
from .books import Books
from .database import Database, open_database
from .order import UNFINISHED, Account, Film, Order, Refusal, Status, Submission, Task
from .terms import Terms

PIECE: Final = 2**20  # bytes of a portrait that are written at once
PAGE: Final = 500  # lines of the ledger that are read at one time
_TASK: Final = (
    "SELECT task_id, dialect, status, accepted_at, digest, portrait, prompt, seed, price, currency, reason, "
    "file_id, width, height, bytes, sha256, made_at, notes FROM task "
)


class Store:
    """All questions and changes; `open_store` makes one."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._turn = ""  # the key whose task was taken last

    def accept(self, order: Order, account: Account, *, key: str | None, terms: Terms, now: float) -> str:
        """Put an order on disk and return its task id; the same key and the same order give the same id again.

        Raises `Refusal` when the key was used for another order, or the terms leave no room for one more.
        """
        digest, portrait = order.digest, order.portrait_sha256
        price = terms.price(account.dialect)
        with self.database.change() as db:
            known = db.execute(
                "SELECT task_id, digest FROM task WHERE dialect = ? AND account = ? AND idempotency_key = ?",
                (account.dialect, account.key, key),
            ).fetchone()
            if known is not None:
                return _known(known, digest)
            Books(db, account).check(terms, now=now)
            task_id = _number()
            seed = int(task_id) if order.seed is None else order.seed
            status = Status.PREPARING if order.callback_url else Status.QUEUED
            _keep_portrait(db, portrait, order.portrait)
            db.execute(
                "INSERT INTO task (task_id, dialect, account, idempotency_key, accepted_at, price, currency, digest, "
                "portrait, prompt, seed, status, callback) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (task_id, account.dialect, account.key, key, now, price.micros, price.currency, digest,
                 portrait, order.prompt, seed, status, order.callback_url),
            )  # fmt: skip
            return task_id

    def spent(self, account: Account) -> int:
        """Return what an account's jobs cost so far, in millionths."""
        with self.database.reading() as db:
            return Books(db, account).spent()

    def take(self, *, now: float) -> Task | None:
        """Mark a queued task as rendering and return it, or None when nothing waits.

        The keys take turns, so that one with a thousand orders lets one with a single order pass; each key's own tasks
        go in their order.
        """
        with self.database.change() as db:
            row = self._next(db)
            if row is not None:
                db.execute("UPDATE task SET status = ? WHERE task_id = ?", (Status.RENDERING, row[0]))
                _tell(db, row[0], Status.RENDERING, now=now)
        return None if row is None else _task(row)

    def _next(self, db: sqlite3.Connection) -> tuple[Any, ...] | None:
        """Return the oldest queued task of the key that follows the last one, by the order of their digests."""
        behind = "SELECT min(account) FROM task WHERE status = ? AND account > ?"
        (turn,) = db.execute(behind, (Status.QUEUED, self._turn)).fetchone()
        if turn is None:
            (turn,) = db.execute("SELECT min(account) FROM task WHERE status = ?", (Status.QUEUED,)).fetchone()
        self._turn = turn or ""
        query = _TASK + "WHERE status = ? AND account = ? ORDER BY number LIMIT 1"
        row: tuple[Any, ...] | None = db.execute(query, (Status.QUEUED, self._turn)).fetchone()
        return row

    def finish(self, task: Task, film: Film) -> None:
        """Note that the film stands on disk, whole, under its name."""
        values = (film.file_id, film.width, film.height, film.bytes_, film.sha256, film.made_at, json.dumps(film.notes))
        with self.database.change() as db:
            db.execute(
                "UPDATE task SET status = ?, file_id = ?, width = ?, height = ?, bytes = ?, sha256 = ?, made_at = ?, "
                "notes = ? WHERE task_id = ?",
                (Status.MADE, *values, task.task_id),
            )
            _tell(db, task.task_id, Status.MADE, now=film.made_at)
            _forget_portrait(db, task.portrait_sha256)

    def fail(self, task: Task, reason: str, *, now: float) -> None:
        """Note that no film will come of this task, and why."""
        with self.database.change() as db:
            db.execute(
                "UPDATE task SET status = ?, reason = ? WHERE task_id = ?", (Status.FAILED, reason, task.task_id)
            )
            _tell(db, task.task_id, Status.FAILED, now=now)
            _forget_portrait(db, task.portrait_sha256)

    def task_of(self, task_id: str, account: Account) -> Task | None:
        """Return a task by its id if the account ordered it."""
        return self._where("task_id = ? AND dialect = ? AND account = ?", task_id, *_pair(account))

    def file_of(self, file_id: str, account: Account) -> Task | None:
        """Return the task that made a file if the account ordered it."""
        return self._where("file_id = ? AND dialect = ? AND account = ?", file_id, *_pair(account))

    def task_of_file(self, file_id: str) -> Task | None:
        """Return the task that made a file."""
        return self._where("file_id = ?", file_id)

    def _where(self, condition: str, *values: str) -> Task | None:
        row = self.database.one(f"{_TASK}WHERE {condition}", *values)
        return None if row is None else _task(row)

    def portrait(self, sha256: str) -> bytes | None:
        """Return the bytes of a portrait that an unfinished task needs."""
        with self.database.reading() as db:
            row = db.execute("SELECT rowid FROM portrait WHERE sha256 = ?", (sha256,)).fetchone()
            if row is None:
                return None
            with db.blobopen("portrait", "bytes", row[0], readonly=True) as blob:
                return blob.read()

    def submissions(self, key_digest: str | None, *, page: int = PAGE) -> Iterator[Submission]:
        """Give the ledger, oldest first, of all or of one key; read a page at a time, so that others get their turn."""
        number = 0
        while True:
            with self.database.reading() as db:
                lines = list(_submissions(db, key_digest, after=number, most=page))
            yield from (submission for _, submission in lines)
            if len(lines) < page:
                return
            number = lines[-1][0]

    def open_tasks(self) -> int:
        """Return how many tasks are neither made nor failed."""
        row = self.database.one("SELECT count(*) FROM task WHERE status IN (?, ?, ?)", *UNFINISHED)
        return 0 if row is None else int(str(row[0]))

    def secret(self) -> bytes:
        """Return the secret that signs download links; it lives as long as the folder."""
        row = self.database.one("SELECT value FROM secret")
        assert row is not None
        return bytes(row[0])


@contextmanager
def open_store(folder: Path) -> Iterator[Store]:
    """Open the folder's store, making it if need be; tasks that a crash interrupted are queued again.

    Raises `FolderError` when another service holds the folder, or the store is damaged or newer than this program.
    """
    with open_database(folder) as database:
        yield Store(database)


def _submissions(db: sqlite3.Connection, key: str | None, *, after: int, most: int) -> Iterator[tuple[int, Submission]]:
    rows = db.execute(
        "SELECT number, task_id, dialect, account, idempotency_key, prompt, accepted_at, digest, price, currency, "
        "status, reason FROM task WHERE number > ? AND (? IS NULL OR account = ?) ORDER BY number LIMIT ?",
        (after, key, key, most),
    )
    for number, task_id, dialect, account, idempotency_key, prompt, at, digest, price, currency, status, why in rows:
        yield number, Submission(
            task_id=task_id, dialect=dialect, key_digest=account, idempotency_key=idempotency_key, prompt=prompt,
            accepted_at=at, digest=digest, price=Money(micros=price, currency=currency), status=Status(status),
            reason=why,
        )  # fmt: skip


def _known(row: tuple[str, str], digest: str) -> str:
    task_id, known = row
    if known != digest:
        raise Refusal("the Idempotency-Key was used for another request; use a new key for a new request")
    return task_id


def new_file_id() -> str:
    """Return a number for a new file; chance makes it unlike all others."""
    return _number()


def _number() -> str:
    return str(10**15 + secrets.randbelow(9 * 10**15))


def _keep_portrait(db: sqlite3.Connection, sha256: str, portrait: bytes) -> None:
    """Write the bytes in place: a bound parameter would be copied twice, and portraits are large."""
    if db.execute("SELECT 1 FROM portrait WHERE sha256 = ?", (sha256,)).fetchone():
        return
    row = db.execute("INSERT INTO portrait VALUES (?, zeroblob(?))", (sha256, len(portrait))).lastrowid
    assert row is not None
    with db.blobopen("portrait", "bytes", row) as blob:
        for start in range(0, len(portrait), PIECE):
            blob.write(portrait[start : start + PIECE])


def _tell(db: sqlite3.Connection, task_id: str, status: Status, *, now: float) -> None:
    """Leave a callback to be posted, if the job has one that was verified."""
    db.execute(
        "INSERT INTO post (task_id, status, tries, due_at) "
        "SELECT task_id, ?, 0, ? FROM task WHERE task_id = ? AND callback_state = 'verified'",
        (status, now, task_id),
    )


def _forget_portrait(db: sqlite3.Connection, sha256: str) -> None:
    db.execute(
        "DELETE FROM portrait WHERE sha256 = ? "
        "AND NOT EXISTS (SELECT 1 FROM task WHERE portrait = ? AND status IN (?, ?, ?))",
        (sha256, sha256, *UNFINISHED),
    )


def _pair(account: Account) -> tuple[str, str]:
    return account.dialect, account.key


def _task(row: tuple[Any, ...]) -> Task:
    task_id, dialect, status, at, digest, portrait, prompt, seed, price, currency, reason, *film = row
    return Task(
        task_id=task_id, dialect=dialect, status=Status(status), accepted_at=at, digest=digest,
        portrait_sha256=portrait, prompt=prompt, seed=seed, price=Money(micros=price, currency=currency),
        reason=reason, film=_film(film) if status == Status.MADE else None,
    )  # fmt: skip


def _film(row: list[Any]) -> Film:
    file_id, width, height, bytes_, sha256, made_at, notes = row
    return Film(
        file_id=file_id, width=width, height=height, bytes_=bytes_, sha256=sha256, made_at=made_at,
        notes=json.loads(notes),
    )  # fmt: skip
