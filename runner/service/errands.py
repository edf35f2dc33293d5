"""The errands that wait in the store: challenges of new callbacks, and posts of what has changed."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from .database import Database
from .order import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A job waits for its callback to be verified."""

    task_id: str
    url: str

    @property
    def mark(self) -> str:
        """Return what tells errands apart."""
        return f"challenge {self.task_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A change of status waits to be posted; `tries` counts those that were not answered."""

    number: int
    due_at: float
    tries: int
    task_id: str
    url: str
    status: Status
    file_id: str | None
    reason: str | None
    dialect: str
    prompt: str | None
    digest: str

    @property
    def mark(self) -> str:
        """Return what tells errands apart."""
        return f"post {self.number}"


Errand = Challenge | Delivery


@dataclass(frozen=True, slots=True)
class Errands:
    """All questions and changes about them."""

    database: Database

    def first(self, *, but: AbstractSet[str], most: int) -> Errand | None:
        """Return the errand to run next: a challenge, or the post that is due first; none whose mark is in `but`.

        `most` is how many marks there may be.
        """
        errands: list[Errand] = [*self._challenges(most + 1), *self._deliveries(most + 1)]
        return next((errand for errand in errands if errand.mark not in but), None)

    def verified(self, errand: Challenge, *, is_good: bool) -> None:
        """Note how a challenge ended; either way the job is queued."""
        with self.database.change() as db:
            db.execute(
                "UPDATE task SET status = ?, callback_state = ? WHERE task_id = ? AND status = ?",
                (Status.QUEUED, "verified" if is_good else "refused", errand.task_id, Status.PREPARING),
            )

    def put_off(self, errand: Delivery, *, until: float, tries: int) -> None:
        """Let a post wait."""
        with self.database.change() as db:
            db.execute("UPDATE post SET due_at = ?, tries = ? WHERE number = ?", (until, tries, errand.number))

    def done(self, errand: Delivery) -> None:
        """Forget a post: it was answered, or is given up."""
        with self.database.change() as db:
            db.execute("DELETE FROM post WHERE number = ?", (errand.number,))

    def _challenges(self, most: int) -> list[Challenge]:
        query = "SELECT task_id, callback FROM task WHERE status = ? ORDER BY number LIMIT ?"
        with self.database.reading() as db:
            rows = db.execute(query, (Status.PREPARING, most)).fetchall()
        return [Challenge(task_id=task_id, url=url) for task_id, url in rows]

    def _deliveries(self, most: int) -> list[Delivery]:
        with self.database.reading() as db:
            rows = db.execute(
                "SELECT post.number, due_at, tries, task_id, callback, post.status, file_id, reason, dialect, prompt, "
                "digest FROM post JOIN task USING (task_id) ORDER BY due_at, post.number LIMIT ?",
                (most,),
            ).fetchall()
        return [_delivery(row) for row in rows]


def _delivery(row: tuple[Any, ...]) -> Delivery:
    number, due_at, tries, task_id, url, status, file_id, reason, dialect, prompt, digest = row
    return Delivery(
        number=number, due_at=due_at, tries=tries, task_id=task_id, url=url, status=Status(status), file_id=file_id,
        reason=reason, dialect=dialect, prompt=prompt, digest=digest,
    )  # fmt: skip
