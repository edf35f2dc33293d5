"""The errands that wait in the store: challenges of new callbacks, and posts of what has changed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from ..values import dataclass
from .database import Database
from .order import Status

FAR: Final = 1_000  # errands, in their order, among which one for a key that has none under way is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A job waits for its callback to be verified; `account` is the digest of the key that ordered it."""

    task_id: str
    url: str
    account: str

    @property
    def mark(self) -> str:
        """Return what tells errands apart."""
        return f"challenge {self.task_id}"

    def is_due(self, _now: float) -> bool:
        """Return True: a challenge is never put off."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A change of status waits to be posted; `tries` counts those that were not answered, `account` as above."""

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
    account: str

    @property
    def mark(self) -> str:
        """Return what tells errands apart."""
        return f"post {self.number}"

    def is_due(self, now: float) -> bool:
        """Return whether the post need wait no longer."""
        return self.due_at <= now


Errand = Challenge | Delivery


@dataclass(frozen=True, slots=True)
class Errands:
    """All questions and changes about them."""

    database: Database

    def first(self, under_way: Collection[Errand], *, now: float) -> Errand | None:
        """Return the errand to run next: a challenge, or the post that is due first; none that is under way.

        What is due for a key that has nothing under way goes before: one with a thousand callbacks to a host that does
        not answer holds nobody else up.
        """
        marks = {errand.mark for errand in under_way}
        busy = {errand.account for errand in under_way}
        errands: list[Errand] = [*self._challenges(len(marks) + 1), *self._deliveries(len(marks) + 1)]
        waiting = [errand for errand in errands if errand.mark not in marks]
        if not waiting:
            return None
        if waiting[0].account not in busy:
            return waiting[0]
        errands = [*self._challenges(FAR), *self._deliveries(FAR)]
        others = (errand for errand in errands if errand.account not in busy and errand.is_due(now))
        return next(others, waiting[0])

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
        query = "SELECT task_id, callback, account FROM task WHERE status = ? ORDER BY number LIMIT ?"
        with self.database.reading() as db:
            rows = db.execute(query, (Status.PREPARING, most)).fetchall()
        return [Challenge(task_id=task_id, url=url, account=account) for task_id, url, account in rows]

    def _deliveries(self, most: int) -> list[Delivery]:
        with self.database.reading() as db:
            rows = db.execute(
                "SELECT post.number, due_at, tries, task_id, callback, post.status, file_id, reason, dialect, prompt, "
                "digest, account FROM post JOIN task USING (task_id) ORDER BY due_at, post.number LIMIT ?",
                (most,),
            ).fetchall()
        return [_delivery(row) for row in rows]


def _delivery(row: tuple[Any, ...]) -> Delivery:
    number, due_at, tries, task_id, url, status, file_id, reason, dialect, prompt, digest, account = row
    return Delivery(
        number=number, due_at=due_at, tries=tries, task_id=task_id, url=url, status=Status(status), file_id=file_id,
        reason=reason, dialect=dialect, prompt=prompt, digest=digest, account=account,
    )  # fmt: skip
