"""How a journal of an older format becomes one of this format: a function for each step, in a table.

A step changes tables and rows by SQL alone and knows none of today's classes, for those go on changing. What looks like
`state_file`'s schema is a frozen copy of what its format was when it was new: it is never brought up to date, for a
later format gets a step of its own. The index follows from the events, so it is made anew behind the last step, where
it was another one. The caller's transaction holds all of it: an upgrade that fails, or is killed, leaves the old
journal as it was.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from ...core.life.state import Entry, index_of
from .rows import KEEP_ENTRY, fact_of, index_row, state_of
from .state_file import FORMAT, SHAPED_SINCE, closed_on_error, require_sound

Step = Callable[[sqlite3.Connection], None]


_ROOM_FOR_MORE: Final = (
    "DROP INDEX item_by_phase",
    "ALTER TABLE item RENAME TO old_item",
    """CREATE TABLE item (
      key TEXT PRIMARY KEY, position INTEGER, id TEXT NOT NULL, name TEXT NOT NULL, wanted INTEGER NOT NULL,
      phase TEXT NOT NULL, provider TEXT, job TEXT, committed TEXT NOT NULL
    ) WITHOUT ROWID""",
    "INSERT INTO item SELECT key, position, id, name, wanted, phase, provider, job, '{}' FROM old_item",
    "DROP TABLE old_item",
    "CREATE INDEX item_by_phase ON item (phase, wanted, position)",
)


def _keep_every_currency(sql: sqlite3.Connection) -> None:
    """Give the index room for money of several kinds; before the first release both forms bore the number 1."""
    columns = {name for (name,) in sql.execute("SELECT name FROM pragma_table_info('item')")}
    if "currency" not in columns:
        return
    for statement in _ROOM_FOR_MORE:
        sql.execute(statement)


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
_NUMBERS_TOO: Final = (
    "DROP INDEX item_by_phase",
    "ALTER TABLE item RENAME TO old_item",
    """CREATE TABLE item (
      key TEXT PRIMARY KEY, position INTEGER, id TEXT NOT NULL, name TEXT NOT NULL, wanted INTEGER NOT NULL,
      phase TEXT NOT NULL, provider TEXT, job TEXT, bought INTEGER NOT NULL, unpriced INTEGER NOT NULL,
      spent TEXT NOT NULL, reserved TEXT NOT NULL, bytes INTEGER NOT NULL, millis INTEGER NOT NULL,
      flagged INTEGER NOT NULL, first_at REAL, last_at REAL, code TEXT, reason TEXT
    ) WITHOUT ROWID""",
    """CREATE TABLE tally (
      phase TEXT NOT NULL, wanted INTEGER NOT NULL, has_job INTEGER NOT NULL, provider TEXT NOT NULL,
      bought INTEGER NOT NULL, unpriced INTEGER NOT NULL, spent TEXT NOT NULL, reserved TEXT NOT NULL,
      items INTEGER NOT NULL, bytes INTEGER NOT NULL, millis INTEGER NOT NULL, flagged INTEGER NOT NULL,
      PRIMARY KEY (phase, wanted, has_job, provider, bought, unpriced, spent, reserved)
    ) WITHOUT ROWID""",
    f"CREATE TRIGGER item_comes AFTER INSERT ON item BEGIN {_COUNT} END",
    f"CREATE TRIGGER item_goes AFTER DELETE ON item BEGIN {_UNCOUNT} END",
    f"CREATE TRIGGER item_changes AFTER UPDATE ON item BEGIN {_UNCOUNT} {_COUNT} END",
    """INSERT INTO item
    SELECT key, position, id, name, wanted, phase, provider, job, 0, 0, '{}', '{}', 0, 0, 0, NULL, NULL, NULL, NULL
    FROM old_item""",
    "DROP TABLE old_item",
    "CREATE INDEX item_by_phase ON item (phase, wanted, position)",
)


def _keep_all_numbers(sql: sqlite3.Connection) -> None:
    """Give the index room for all that the numbers of a run are made of, and count the items that stand alike."""
    for statement in _NUMBERS_TOO:
        sql.execute(statement)


def _know_what_is_purged(sql: sqlite3.Connection) -> None:
    """Change nothing: a new kind of fact alone makes the format another one."""


def _know_who_lets_go(sql: sqlite3.Connection) -> None:
    """Change nothing: an older program would take the policy's word for a person's, and free what is held back."""


def _know_what_came_twice(sql: sqlite3.Connection) -> None:
    """Change nothing: a new word for what a check found makes the format another one."""


STEPS: Final[Mapping[int, Step]] = {
    1: _keep_every_currency,
    2: _keep_all_numbers,
    3: _know_what_is_purged,
    4: _know_who_lets_go,
    5: _know_what_came_twice,
}
"""What makes of each older format the next one."""


def upgrade(sql: sqlite3.Connection, path: Path) -> None:
    """Bring the journal of `path` up to date, in the caller's transaction; one that is stays untouched.

    Raise FolderError when the old journal is damaged: nothing is made of what cannot be read.
    """
    ((found,),) = sql.execute("SELECT value FROM header WHERE key = 'format'")
    if found == FORMAT:
        return
    require_sound(sql, path, "integrity_check")
    for number in range(found, FORMAT):
        STEPS[number](sql)
    if found < SHAPED_SINCE:
        _index_anew(sql, path)
    sql.execute("UPDATE header SET value = ? WHERE key = 'format'", (FORMAT,))


def upgraded_copy(sql: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    """Return an up-to-date copy of an older journal, for those who only look; it is gone when it is closed."""
    copy = sqlite3.connect("", isolation_level=None)  # a file of SQLite's own, so a large one fills no memory
    with closed_on_error(copy), closing(sql):
        sql.backup(copy)
        copy.execute("BEGIN")
        upgrade(copy, path)
        copy.execute("COMMIT")
    return copy


def _index_anew(sql: sqlite3.Connection, path: Path) -> None:
    for (key,) in sql.execute("SELECT DISTINCT item FROM event"):
        rows = sql.execute("SELECT at, kind, body FROM event WHERE item = ? ORDER BY seq", (key,))
        state = state_of(path, key, [fact_of(path, *row) for row in rows])
        sql.execute(KEEP_ENTRY, index_row(Entry(key=key, stamped=(), index=index_of(state))))
