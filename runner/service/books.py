"""One account's numbers, read inside the transaction that adds to them, and held against the terms of business."""

from __future__ import annotations

import sqlite3

from ..values import dataclass
from .order import UNFINISHED, Account, Reason, Refusal
from .terms import Terms


@dataclass(frozen=True, slots=True)
class Books:
    """The books of one account."""

    db: sqlite3.Connection
    account: Account

    def check(self, terms: Terms, *, now: float) -> None:
        """Raise `Refusal` unless the terms leave room for one more job now."""
        price = terms.price(self.account.dialect).micros
        if terms.balance_micros is not None and self.spent() + price > terms.balance_micros:
            raise Refusal("insufficient balance", Reason.BALANCE)
        if terms.in_flight is not None and self.unfinished() >= terms.in_flight:
            raise Refusal(f"{terms.in_flight} jobs are unfinished, which is the most at one time", Reason.CROWD)
        if terms.rate is not None:
            recent = self.submits(since=now - terms.rate.window_s)
            if len(recent) >= terms.rate.count:
                words = f"at most {terms.rate.count} submits in {terms.rate.window_s:g} s"
                free_at = recent[-terms.rate.count] + terms.rate.window_s
                raise Refusal(words, Reason.RATE, retry_after_s=max(0.0, free_at - now))

    def spent(self) -> int:
        """Return what all jobs cost, in millionths."""
        query = "SELECT coalesce(sum(price), 0) FROM task WHERE dialect = ? AND account = ?"
        return int(self.db.execute(query, self._pair).fetchone()[0])

    def unfinished(self) -> int:
        """Return how many jobs are neither made nor failed."""
        query = "SELECT count(*) FROM task WHERE dialect = ? AND account = ? AND status IN (?, ?, ?)"
        return int(self.db.execute(query, (*self._pair, *UNFINISHED)).fetchone()[0])

    def submits(self, *, since: float) -> list[float]:
        """Return when jobs were submitted after `since`, oldest first."""
        query = "SELECT accepted_at FROM task WHERE dialect = ? AND account = ? AND accepted_at > ? ORDER BY 1"
        return [at for (at,) in self.db.execute(query, (*self._pair, since))]

    @property
    def _pair(self) -> tuple[str, str]:
        return self.account.dialect, self.account.key
