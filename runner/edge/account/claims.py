"""What the runs of this machine have under way at one account: each claims a place before it submits, in one file.

The claims are counted by the very gate that each run has for itself. A claim is synced before its submit leaves; what
follows need not be, for without it a claim only counts for longer. Nobody has to clean up after a run that was killed:
the kernel frees its lock, and by that the others see it. Its submits without an answer count as answered when that is
seen, and its jobs hold their slots as long as a job that nobody sees may live, from when it was last heard of.

Times are seconds since the machine started, sleep included, which no setting of the clock moves. After a restart they
begin anew; an older time then seems later than it was, or lies in the future and is taken for now: both are on the safe
side, by one window at most. Who has to wait keeps a turn: whoever asked later leaves a place for it.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import field
from pathlib import Path
from typing import Final

from ...core.limits.admission import LONGEST_SUBMIT_S, Gate, Go, Wait
from ...errors import FolderError
from ...model import Rate
from ...report.text import some_of
from ...values import dataclass
from .claims_file import ANSWERED, BURY, BUYS, HOLD, RELEASE, STRAIGHTEN, usable
from .liveness import is_alive

RECHECK_S: Final = 2.0  # a slot may be freed by another run at any time
GRACE_S: Final = 2.0  # a turn is kept so long for a run that does not come for it
REMEMBERED_S: Final = 60.0  # at least, for a run that knows of a longer window may still join
BUSY_S: Final = 1.0  # another run writes for a millisecond; one that was stopped while it did must not hold us up
INF: Final = float("inf")
_ALONE_S: Final = 1.0  # between two clearings of a file in which nobody else counts


def uptime() -> float:
    """Return seconds since the machine started, those that it slept included."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a provider allows one account, as far as anybody knows; `unseen_s` is how long a job may live unseen."""

    rate: Rate | None
    in_flight: int | None
    unseen_s: float

    @property
    def are_known(self) -> bool:
        """Return whether there is a limit to share."""
        return self.rate is not None or self.in_flight is not None


@dataclass(slots=True, kw_only=True)
class Claims:
    """One run's view of an account; implements the engine's `Account`. `number` is the run's own in the file.

    `later` calls back after a moment, in which what is over gathers to be told at one time; None tells each at once.
    """

    sql: sqlite3.Connection
    path: Path
    number: int
    terms: Terms
    clock: Callable[[], float]
    later: Callable[[Callable[[], None]], object] | None
    _is_late: bool = False
    _is_synced: bool | None = None
    _cleared_at: float = float("-inf")
    _untold: list[tuple[str, Mapping[str, str | float | None]]] = field(default_factory=list)
    _told: int = 0

    def begin(self, held: Mapping[str, float], answers: Iterable[float]) -> None:
        """See `Account`."""
        with usable(self.path), self._writing(is_synced=True) as at:
            self._clear(at)
            former = """SELECT old.id FROM run AS old JOIN run AS mine USING (folder, run_id)
                        WHERE mine.id = :run AND old.is_over"""
            for table in ("submit", "slot"):
                self.sql.execute(f"DELETE FROM {table} WHERE run IN ({former})", {"run": self.number})  # noqa: S608 - two names of ours
            slots = [(self.number, key, None if left == INF else at + left) for key, left in held.items()]
            self.sql.executemany("INSERT OR REPLACE INTO slot VALUES (?, ?, ?)", slots)
            submits = [(self.number, "", at - age) for age in answers]
            self.sql.executemany("INSERT INTO submit VALUES (?, ?, ?, 1)", submits)
        self.sql.execute(f"PRAGMA busy_timeout = {BUSY_S * 1000:.0f}")

    def claim(self, key: str, *, now: float) -> Go | Wait:
        """See `Account`."""
        try:
            with usable(self.path), self._rolled_back_on_error():
                at = self._begun(is_synced=True)
                answer = self._ask(key, at) if self._clear(at) else Go()
                if isinstance(answer, Go):
                    self._take(key, at)
                    return answer
                left_s = answer.until - at if answer.is_planned else min(answer.until - at, RECHECK_S)
                self._queue(at, at + left_s)
                return Wait(until=now + left_s, why=answer.why, is_planned=answer.is_planned)
        except FolderError as error:
            if not _is_busy(error.__cause__):
                raise
            return Wait(until=now + RECHECK_S, why=f"another process is writing to {self.path}")

    def settle(self) -> None:
        """See `Account`."""
        if self.sql.in_transaction:
            with usable(self.path), self._rolled_back_on_error():
                self._commit()

    def answered(self, key: str) -> None:
        """See `Account`."""
        self._tell(ANSWERED, item=key)
        self._tell_soon()

    def hold(self, key: str, left_s: float) -> None:
        """See `Account`."""
        self._tell(HOLD, item=key, until=None if left_s == INF else self.clock() + left_s)
        self._tell_now()

    def release(self, key: str) -> None:
        """See `Account`."""
        self._tell(RELEASE, item=key)
        self._tell_soon()

    def end(self) -> None:
        """Let the others count what is left as that of a run that is over; without it they would see that, too."""
        with suppress(sqlite3.Error), self._writing() as at:
            self._bury(self.number, at)

    @contextmanager
    def _writing(self, *, is_synced: bool = False) -> Iterator[float]:
        """Hold the file for one transaction, and give its time; claims that are not yet settled are, with it."""
        with self._rolled_back_on_error():
            yield self._begun(is_synced=is_synced)
            self._commit()

    @contextmanager
    def _rolled_back_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            with suppress(sqlite3.Error):  # where the disk refused, SQLite has rolled back already
                self.sql.execute("ROLLBACK")
            raise

    def _begun(self, *, is_synced: bool) -> float:
        """Begin a transaction, or go on with that of this moment's claims, and return its time.

        What could not be told before is written down first.
        """
        if not self.sql.in_transaction:
            if is_synced != self._is_synced:
                self.sql.execute(f"PRAGMA synchronous = {'FULL' if is_synced else 'NORMAL'}")
                self._is_synced = is_synced
            self.sql.execute("BEGIN IMMEDIATE")
            self.sql.execute("UPDATE run SET seen = ? WHERE id = ?", (self.clock(), self.number))
            self._told = 0
        for statement, values in self._untold[self._told :]:
            self.sql.execute(statement, values)
        self._told = len(self._untold)
        return self.clock()

    def _commit(self) -> None:
        self.sql.execute("COMMIT")
        del self._untold[: self._told]
        self._told = 0

    def _tell(self, statement: str, **values: str | float | None) -> None:
        """Keep a fact, with its time, to be written down with the next one; until then the claim counts as it stood."""
        self._untold.append((statement, {"run": self.number, "at": self.clock(), **values}))

    def _tell_soon(self) -> None:
        """Write down what is untold in a moment, and whatever joins it until then; what is over can wait so long."""
        if self.later is None:
            self._tell_now()
        elif not self._is_late:
            self._is_late = True
            self.later(self._tell_now)

    def _tell_now(self) -> None:
        self._is_late = False
        if self._untold:
            with suppress(sqlite3.Error), self._writing():
                pass

    def _clear(self, at: float) -> bool:
        """Bury the runs that are dead, and drop what counts no more; where nobody else counts, only now and then.

        Return whether there may be anybody else.
        """
        others = self.sql.execute("SELECT id, sign, is_over FROM run WHERE id != ?", (self.number,)).fetchall()
        for number, sign, is_over in others:
            if not is_over and not is_alive(self.path.with_name(sign)):
                self._bury(number, at)
        if others or not 0 <= at - self._cleared_at < _ALONE_S:
            self._cleared_at = at
            for statement in STRAIGHTEN:
                self.sql.execute(statement, {"at": at, "grace_s": GRACE_S, "least_s": REMEMBERED_S})
        return bool(others)

    def _bury(self, number: int, at: float) -> None:
        for statement in BURY:
            self.sql.execute(statement, {"dead": number, "at": at, "longest_s": LONGEST_SUBMIT_S})

    def _ask(self, key: str, at: float) -> Go | Wait:
        """Let a gate judge that counts what all runs have; without others the run's own gate has done so."""
        if not (others := self._others()):
            return Go()
        gate = Gate(self.terms.in_flight, () if self.terms.rate is None else (self.terms.rate,))
        for run, item in self.sql.execute("SELECT run, item FROM submit WHERE NOT is_answered"):
            gate.start(f"{run} {item}", at)
            gate.release(f"{run} {item}")  # its slot is told apart
        for run, item in self.sql.execute("SELECT run, item FROM slot"):
            gate.hold(f"{run} {item}")
        since = (at - gate.longest_window_s,)
        gate.remember(
            [told for (told,) in self.sql.execute("SELECT at FROM submit WHERE is_answered AND at > ?", since)], at
        )
        for run in self._ahead(at):
            gate.start(f"{run} waits", at)
        answer = gate.ask(at, f"{self.number} {key}")
        if not isinstance(answer, Wait):
            return Go()
        return Wait(
            until=answer.until,
            why=f"{answer.why}, shared with {_named(others)} on this machine",
            is_planned=answer.is_planned,
        )

    def _ahead(self, at: float) -> list[int]:
        """Return the runs that have been waiting for longer than this one."""
        waiting = dict(self.sql.execute("SELECT id, waits_since FROM run WHERE waits_since IS NOT NULL"))
        mine = (waiting.pop(self.number, at), self.number)
        return [run for run, since in waiting.items() if (since, run) < mine]

    def _others(self) -> list[str]:
        """Return the folders of the other runs that have something at this account, or wait for it."""
        found = self.sql.execute(
            """SELECT folder, is_over FROM run WHERE id != ? AND (
                 waits_since IS NOT NULL OR id IN (SELECT run FROM submit) OR id IN (SELECT run FROM slot)
               ) ORDER BY folder""",
            (self.number,),
        )
        return list(dict.fromkeys(f"{folder} (not running)" if is_over else folder for folder, is_over in found))

    def _take(self, key: str, at: float) -> None:
        mine = {"run": self.number, "item": key, "at": at, "until": None}
        self.sql.execute("INSERT INTO submit VALUES (:run, :item, :at, 0)", mine)
        self.sql.execute(HOLD, mine)
        self.sql.execute(BUYS, mine)
        self.sql.execute("UPDATE run SET waits_since = NULL WHERE id = :run", mine)

    def _queue(self, at: float, until: float) -> None:
        self.sql.execute(
            "UPDATE run SET waits_since = COALESCE(waits_since, ?), waits_until = ? WHERE id = ?",
            (at, until, self.number),
        )


def enter(sql: sqlite3.Connection, sign: Path, *, folder: Path, run_id: str, terms: Terms, at: float) -> int:
    """Enter a run that gives this sign of life, and return its number."""
    window_s = terms.rate.window_s if terms.rate else 0.0
    row = (sign.name, str(folder.resolve()), run_id, terms.unseen_s, window_s, at)
    columns = "sign, folder, run_id, unseen_s, window_s, seen"
    number = sql.execute(f"INSERT INTO run ({columns}) VALUES (?, ?, ?, ?, ?, ?)", row).lastrowid  # noqa: S608 - names of ours
    assert number is not None
    return number


def _named(folders: list[str]) -> str:
    """Return run folders as a person here would type them."""
    here = os.getcwd() + os.sep  # noqa: PTH109 - a text to be cut off
    shown = [folder.removeprefix(here) for folder in folders]
    return some_of(shown[:2], len(shown))


def _is_busy(error: BaseException | None) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
