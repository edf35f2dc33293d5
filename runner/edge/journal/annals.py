"""What happened: the questions to an open `state.db` that its facts answer, the `event` table alone, or its header.

What happened to an item, all of it (`history`) or what it comes to (`state`); to which items something happened lately;
which were ever planned with a portrait, doubted in such words, or had a file; when something was bought last. Where the
items stand, by their phases, ids and names, is asked of `chronicle`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from ...core.life.state import State
from ...events import Planned, Stamped
from ...model import Item
from .header import RUN_ID
from .rows import fact_of, state_of
from .state_file import damaged, translated

LOOKED_BACK: Final = 5000
_RECENT: Final = """
SELECT item, at, kind, body FROM event WHERE at >= ? AND kind NOT IN ('Planned', 'Retired') ORDER BY at DESC, seq DESC
"""
_RECENT_KEYS: Final = """
SELECT item FROM event WHERE at >= ? AND kind NOT IN ('Planned', 'Retired')
AND kind IN (SELECT value FROM json_each(?)) ORDER BY +seq
"""
"""Both go along `event_by_time`; a bare `seq` would tempt SQLite to walk along all facts, to sort none."""

_PAUSING: Final = """
SELECT item FROM event INDEXED BY event_by_refusal
WHERE kind = 'Refused' AND at >= ? AND json_extract(body, '$.retry_at') > ?
UNION SELECT item FROM event INDEXED BY event_by_doubt
WHERE kind = 'Doubted' AND at >= ? AND json_extract(body, '$.retry_at') > ?
"""

_SAVED_FIRST: Final = """
SELECT item FROM event WHERE kind = 'Saved' AND substr(json_extract(body, '$.artifact.sha256'), 1, 16) = ?
AND json_extract(body, '$.artifact.sha256') = ? ORDER BY seq LIMIT 1
"""

_SHARING_FILES: Final = """
SELECT DISTINCT item FROM event WHERE kind = 'Saved' AND substr(json_extract(body, '$.artifact.sha256'), 1, 16) IN (
  SELECT substr(json_extract(body, '$.artifact.sha256'), 1, 16) FROM event WHERE kind = 'Saved'
  GROUP BY 1 HAVING count(DISTINCT item) > 1
) ORDER BY seq
"""

_BOUGHT: Final = """
SELECT at FROM event AS asked
WHERE seq > ? AND (kind IN ('Settled', 'Purged') OR kind = 'Intended' AND 'Refused' IS NOT (
  SELECT kind FROM event WHERE item = asked.item AND seq > asked.seq ORDER BY seq LIMIT 1
)) ORDER BY seq DESC LIMIT 1
"""
_BOUGHT_AT: Final = """
SELECT 1 FROM event
WHERE at = ? AND kind NOT IN ('Planned', 'Retired') AND kind IN ('Intended', 'Settled', 'Purged') LIMIT 1
"""
"""With the first of the two words on kinds the index by time is used."""


class Annals:
    """An open `state.db`, to be asked what happened. Every method raises FolderError where its page is damaged."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._sql = connection
        self._path = path

    @property
    def header(self) -> Mapping[str, Any]:
        """Return what the header says, by the keys of `header`."""
        return dict(self._rows("SELECT key, value FROM header"))

    @property
    def run_id(self) -> str:
        """Return the id of the run, which its folder keeps wherever it is moved or copied to."""
        return str(self.header[RUN_ID])

    @property
    def durability(self) -> tuple[str, int]:
        """Return SQLite's journal mode and its `synchronous` level; a commit is on disk at ("wal", 2)."""
        ((mode,),) = self._rows("PRAGMA journal_mode")
        ((level,),) = self._rows("PRAGMA synchronous")
        return mode, level

    def history(self, key: str) -> list[Stamped]:
        """Return all facts about one item, oldest first."""
        rows = self._rows("SELECT at, kind, body FROM event WHERE item = ? ORDER BY seq", (key,))
        return [fact_of(self._path, *row) for row in rows]

    def histories(self, keys: Collection[str]) -> dict[str, list[Stamped]]:
        """Return all facts about some items, oldest first, in the order of `keys`; as many at once as fit in memory."""
        told: dict[str, list[Stamped]] = {key: [] for key in keys}
        sql = """SELECT item, at, kind, body FROM event WHERE item IN (SELECT value FROM json_each(?))
                 ORDER BY item, seq"""
        for key, *row in self._rows(sql, (json.dumps([*keys]),)):
            told[key].append(fact_of(self._path, *row))
        return told

    def state(self, key: str) -> State | None:
        """Return what is known of one item, or None when it was never planned."""
        history = self.history(key)
        return state_of(self._path, key, history) if history else None

    def recent(self, since: float) -> Iterator[tuple[str, Stamped]]:
        """Give what happened to items since a moment, newest first, but not what a manifest says of them.

        A fact that was written by a clock that was behind, or came from another journal, hides none before it.
        """
        for item, at, kind, body in self._rows(_RECENT, (since,)):
            yield item, fact_of(self._path, at, kind, body)

    def recent_keys(self, kinds: Collection[str], since: float) -> list[str]:
        """Return the keys of the items to which something of these kinds happened since a moment; reads no fact.

        It takes a second or two for a million facts that are younger, and next to nothing where none are.
        """
        found = self._rows(_RECENT_KEYS, (since, json.dumps([*kinds])))
        return [*dict.fromkeys(item for (item,) in found)]

    def paused_until(self, moment: float, *, since: float) -> list[str]:
        """Return the keys of items whose answers since then asked for a pause that lasts beyond a moment."""
        return [item for (item,) in self._rows(_PAUSING, (since, moment) * 2)]

    def saved_first(self, sha256: str) -> str | None:
        """Return the key of the item for which a file of this digest came home first, None where none did."""
        return next((item for (item,) in self._rows(_SAVED_FIRST, (sha256[:16], sha256))), None)

    def sharing_files(self) -> list[str]:
        """Return the keys of all items for which a file came home that came for another one, too, by when it came."""
        return [item for (item,) in self._rows(_SHARING_FILES)]

    def not_before(self, key: str, at: float) -> float:
        """Return a moment, but none before the newest fact about an item: a clock may be behind for a while."""
        ((newest,),) = self._rows("SELECT max(at) FROM event WHERE item = ?", (key,))
        return at if newest is None else max(at, float(newest))

    def newest(self, kinds: Collection[str], *, most: int) -> list[tuple[str, Stamped]]:
        """Return the newest facts of these kinds with their items' keys, oldest first.

        Only the newest LOOKED_BACK facts of any kind are looked through (more, where many are asked for), so it takes
        milliseconds in any journal.
        """
        sql = (
            "SELECT item, at, kind, body FROM event WHERE seq > ? AND kind IN (SELECT value FROM json_each(?)) "
            "ORDER BY seq DESC LIMIT ?"
        )
        rows = list(self._rows(sql, (self.last_seq() - max(LOOKED_BACK, 10 * most), json.dumps([*kinds]), most)))
        return [(item, fact_of(self._path, *fact)) for item, *fact in reversed(rows)]

    def events(self) -> Iterator[tuple[int, str, Stamped]]:
        """Give every fact of the run with its number and its item's key, oldest first."""
        for seq, item, at, kind, body in self._rows("SELECT seq, item, at, kind, body FROM event ORDER BY seq"):
            yield seq, item, fact_of(self._path, at, kind, body)

    def last_seq(self) -> int:
        """Return the number of the newest fact, 0 before the first."""
        ((seq,),) = self._rows("SELECT coalesce(max(seq), 0) FROM event")
        return int(seq)

    def bought_last(self, *, since: int = 0) -> float | None:
        """Return when that was written behind this number which tells last of a purchase, None where nothing does.

        It is a request without a no, a settled doubt, or a purge: whoever lacks that a call named a job may buy it
        again, and whoever lacks that somebody is purged may buy that person.
        """
        return next((float(at) for (at,) in self._rows(_BOUGHT, (since,))), None)

    def is_bought_at(self, at: float) -> bool:
        """Return whether a request, a settled doubt or a purge of this very moment is told of."""
        return any(self._rows(_BOUGHT_AT, (at,)))

    def _planned(self, key: str) -> Item:
        sql = "SELECT at, kind, body FROM event WHERE item = ? AND kind = 'Planned' ORDER BY seq DESC LIMIT 1"
        return self._item(key, next(self._rows(sql, (key,)), ()))

    def _item(self, key: str, row: Sequence[Any]) -> Item:
        """Return the item of a `Planned` fact; raise FolderError where there is none."""
        if not row or row[0] is None:
            raise damaged(self._path, f"the history of item {key} has no beginning")
        planned = fact_of(self._path, *row).event
        assert isinstance(planned, Planned)
        return planned.item

    def showing(self, portrait: str) -> list[str]:
        """Return the keys of all items that were ever planned with a portrait of this digest (SHA-256, hex)."""
        sql = "SELECT DISTINCT item FROM event WHERE kind = 'Planned' AND instr(body, ?) ORDER BY item"
        keys = [key for (key,) in self._rows(sql, (portrait,))]
        return [key for key in keys if self._planned(key).portrait.sha256 == portrait]

    def shown_in(self, place: str) -> list[str]:
        """Return the keys of all items that were ever planned with a portrait from this file or address."""
        sql = (
            "SELECT DISTINCT item FROM event "
            "WHERE kind = 'Planned' AND json_extract(body, '$.item.portrait.ref') = ? ORDER BY item"
        )
        return [key for (key,) in self._rows(sql, (place,))]

    def doubting(self, words: str) -> list[str]:
        """Return the keys of all items of which a request was ever in doubt, or came to nothing, in these words."""
        sql = "SELECT DISTINCT item FROM event WHERE kind IN ('Doubted', 'Stalled') AND instr(body, ?) ORDER BY item"
        return [key for (key,) in self._rows(sql, (words,))]

    def copy_to(self, path: Path, *, without: Collection[str]) -> None:
        """Write a copy of the journal as it is at this moment into a new file, `without` these rows of the header.

        What was in those rows is in no byte of the copy. It is one file, without a log beside it.
        """
        with translated(path):
            self._sql.execute("VACUUM INTO ?", (str(path),))  # unlike a backup, it leaves out what was overwritten
            with closing(sqlite3.connect(path)) as copy:
                copy.execute("PRAGMA secure_delete = ON")
                copy.executemany("DELETE FROM header WHERE key = ?", [(key,) for key in without])
                copy.commit()

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        with translated(self._path):
            for row in self._sql.execute(sql, values):  # noqa: UP028 - it would close a cursor of a closed connection
                yield row
