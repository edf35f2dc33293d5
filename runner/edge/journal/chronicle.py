"""Where the items stand: the questions to an open `state.db` that need the index beside its facts.

The index is the `item` table, a row for each item, and the `tally`, which counts the rows that stand alike; asking them
costs the same however long the histories are. For one item it tells its row (`index_entry`), a `glance` at it, and what
the plan said of it last (`told`, for many of them `tellings`). By phase it tells the items of the plan with their
places in it (`places`), or those that left it as well (`keys_in`, `states_in`); by names whose they are; and all sums.
Phases are words in a column. What happened is asked of `annals`. Nothing here writes to the file.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from heapq import merge
from itertools import chain, islice
from typing import Any, Final

from ...core.life.money import totals
from ...core.life.possession import was_had_before
from ...core.life.state import TROUBLE, Index, Phase, State
from ...core.plan.update import Told
from ...core.sums.sums import Pile, Trouble, times
from ...core.sums.tally import matters
from ...model import Item
from .annals import Annals
from .rows import ENTRY, PILE, index_of_row, pile_of_row, state_of, trouble_of_row
from .state_file import translated

_PAGE: Final = 256  # items that are read at one time
_MISCOUNTED: Final = """
WITH told AS (
  SELECT phase, wanted, has_job, provider, bought, unpriced, spent, reserved, items, bytes, millis, flagged
  FROM tally
  WHERE items <> 0
), counted AS (
  SELECT phase, wanted, job NOT NULL, coalesce(provider, ''), bought, unpriced, spent, reserved, count(*), sum(bytes),
    sum(millis), sum(flagged)
  FROM item GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
)
SELECT 1 FROM (SELECT * FROM told EXCEPT SELECT * FROM counted)
UNION ALL SELECT 1 FROM (SELECT * FROM counted EXCEPT SELECT * FROM told) LIMIT 1
"""


_TOLD: Final = """
SELECT key, wanted, position, at, kind, body
FROM item LEFT JOIN event ON event.item = item.key AND kind = 'Planned'
WHERE key IN (SELECT value FROM json_each(?)) ORDER BY seq
"""

_BEGUN: Final = """
SELECT key FROM item WHERE key IN (SELECT value FROM json_each(?))
AND NOT (phase = 'planned' AND bought = 0 AND unpriced = 0 AND spent = '{}' AND reserved = '{}')
"""

_TAKEN: Final = """
SELECT item FROM event WHERE kind IN ('Accepted', 'Settled') AND json_extract(body, '$.job_id') = ?
"""

_GIVEN_UP_UNPRICED: Final = """
SELECT count(*) FROM item WHERE phase = 'failed' AND job IS NULL AND code IS NULL AND reserved = '{}' AND unpriced = 0
"""
"""A doubt that a person gave up, alone, fails without a job and without a code."""

_MARKED_BY_KEY: Final = """
SELECT 1 FROM item WHERE key BETWEEN ? AND ? AND key NOT IN (SELECT value FROM json_each(?)) LIMIT 1
"""
_MARKED_BY_DIGEST: Final = """
SELECT 1 FROM event WHERE kind = 'Saved' AND instr(body, ?) AND item NOT IN (SELECT value FROM json_each(?)) LIMIT 1
"""


class Chronicle(Annals):
    """An open `state.db`, to be asked where its items stand as well as what happened to them."""

    def places(self, phases: Collection[str], *, after: int = -1, most: int = 1 << 62) -> list[tuple[int, str]]:
        """Return (position, key) of the plan's items in these phases, in its order, from behind position `after`."""
        sql = "SELECT position, key FROM item WHERE phase = ? AND wanted = 1 AND position > ? ORDER BY position LIMIT ?"
        pages = (self._rows(sql, (phase, after, most)) for phase in phases)  # each is a walk along the index, unsorted
        return list(islice(merge(*pages), most))

    def keys_in(self, phases: Collection[str]) -> list[str]:
        """Return the keys of all items in these phases, also of those no longer in the manifest."""
        sql = "SELECT key FROM item WHERE phase IN (SELECT value FROM json_each(?)) ORDER BY position, key"
        return [key for (key,) in self._rows(sql, (json.dumps([*phases]),))]

    def states_in(self, phases: Collection[str]) -> Iterator[State]:
        """Give the states of all items in these phases, also of those no longer in the manifest."""
        return (state for key in self.keys_in(phases) if (state := self.state(key)) is not None)

    def asked_again(self) -> Iterator[State]:
        """Give the states of all items of the plan that were asked for before, and are yet to be bought."""
        sql = "SELECT key FROM item WHERE phase = 'planned' AND wanted = 1 AND provider IS NOT NULL ORDER BY position"
        keys = [key for (key,) in self._rows(sql)]
        return (state for key in keys if (state := self.state(key)) is not None)

    def states(self) -> Iterator[State]:
        """Give the state of every item: those of the plan in its order, then those that left it, by key."""
        keys = self._rows("SELECT key FROM item ORDER BY wanted DESC, position, key")
        while page := [key for (key,) in islice(keys, _PAGE)]:
            for key, history in self.histories(page).items():
                yield state_of(self._path, key, history)

    def bearer(self, provider: str, job_id: str) -> str | None:
        """Return the key of the item that has this job of a provider, or had it before; None where none ever did."""
        sql = "SELECT key FROM item WHERE provider = ? AND job = ?"
        former = (key for (key,) in self._rows(_TAKEN, (job_id,)))
        had = (key for key in former if was_had_before(self.history(key), provider, job_id))
        return next(chain((key for (key,) in self._rows(sql, (provider, job_id))), had), None)

    def open_providers(self, phases: Collection[str]) -> list[str]:
        """Return the providers that items in these phases are with."""
        sql = (
            "SELECT DISTINCT provider FROM tally WHERE phase IN (SELECT value FROM json_each(?)) "
            "AND provider <> '' AND items > 0 ORDER BY 1"
        )
        return [provider for (provider,) in self._rows(sql, (json.dumps([*phases]),))]

    def counts(self) -> dict[str, int]:
        """Return how many wanted items are in each phase, from the tally alone."""
        return dict(self._rows("SELECT phase, sum(items) FROM tally WHERE wanted AND items > 0 GROUP BY phase"))

    def committed(self) -> dict[str, int]:
        """Return the money spent and reserved so far, in millionths, by currency."""
        purses = (times((*pile.spent, *pile.reserved), pile.items) for pile in self.piles())
        return {money.currency: money.micros for money in totals(*chain.from_iterable(purses))}

    def uncounted(self, currency: str) -> int:
        """Return how many items were bought, or may have been, at a price that is not known in this currency."""
        bought = sum(pile.items for pile in self.piles() if not pile.is_priced_in(currency))
        ((given_up,),) = self._rows(_GIVEN_UP_UNPRICED)
        return bought + int(given_up)

    def piles(self) -> Iterator[Pile]:
        """Give the counts of all items that stand alike, which are few however many items there are."""
        for row in self._rows(f"SELECT {PILE} FROM tally WHERE items > 0"):  # noqa: S608 - names of columns
            yield pile_of_row(self._path, row)

    def troubles(self) -> Iterator[Trouble]:
        """Give every item that came to no good end and counts for how the run ended, in the order of `states`."""
        sql = (
            "SELECT id, key, wanted, phase, code, reason FROM item WHERE phase IN (SELECT value FROM json_each(?)) "
            "ORDER BY wanted DESC, position, key"
        )
        for row in self._rows(sql, (json.dumps([*TROUBLE]),)):
            _, _, wanted, phase, *_ = row
            if matters(Phase(phase), wanted=bool(wanted)):
                yield trouble_of_row(self._path, row)

    def span(self) -> tuple[float | None, float | None]:
        """Return the first and the last moment at which anything happened to an item."""
        ((first, last),) = self._rows("SELECT min(first_at), max(last_at) FROM item")
        return first, last

    def is_miscounted(self) -> bool:
        """Return whether the tally does not follow from the index, which it always should."""
        return any(self._rows(_MISCOUNTED))

    def index(self) -> Iterator[tuple[str, Index]]:
        """Give every item's index entry as stored, by key; `verify --journal` holds it against the events."""
        for key, *row in self._rows(f"SELECT key, {ENTRY} FROM item ORDER BY key"):  # noqa: S608 - names of columns
            yield key, index_of_row(self._path, row)

    def stray(self) -> str | None:
        """Return the key of an item that has facts and no entry in the index; there should be none."""
        sql = "SELECT item FROM event WHERE item NOT IN (SELECT key FROM item) LIMIT 1"
        return next((key for (key,) in self._rows(sql)), None)

    def index_entry(self, key: str) -> Index | None:
        """Return one item's index entry, or None when it was never planned."""
        sql = f"SELECT {ENTRY} FROM item WHERE key = ?"  # noqa: S608 - names of columns
        return next((index_of_row(self._path, row) for row in self._rows(sql, (key,))), None)

    def told(self, key: str) -> Told | None:
        """Return what the journal was told of an item last, or None when it was never planned."""
        (told,) = self.tellings([key])
        return told

    def tellings(self, keys: Iterable[str]) -> Iterator[Told | None]:
        """Give for each of these keys, in their order, what the journal was told of its item last, if it ever was."""
        for page in _pages(keys):
            found = {key: told for key, *told in self._rows(_TOLD, (json.dumps(page),))}  # of several the newest
            for key in page:
                yield self._told(key, found[key]) if key in found else None

    def _told(self, key: str, row: Sequence[Any]) -> Told:
        wanted, position, *planned = row
        return Told(item=self._item(key, planned), wanted=bool(wanted), position=position)

    def phases(self, keys: Iterable[str]) -> Iterator[str | None]:
        """Give for each of these keys, in their order, the phase of its item, or None when it was never planned."""
        sql = "SELECT key, phase FROM item WHERE key IN (SELECT value FROM json_each(?))"
        for page in _pages(keys):
            found = dict(self._rows(sql, (json.dumps(page),)))
            yield from map(found.get, page)

    def begun(self, keys: Iterable[str]) -> Iterator[str]:
        """Give those of these keys, in their order, whose item is not merely planned, with nothing paid for it."""
        for page in _pages(keys):
            found = {key for (key,) in self._rows(_BEGUN, (json.dumps(page),))}
            yield from (key for key in page if key in found)

    def glance(self, key: str) -> tuple[str, str, bool] | None:
        """Return an item's phase, its id and whether it is wanted, or None when it was never planned."""
        for phase, id_, wanted in self._rows("SELECT phase, id, wanted FROM item WHERE key = ?", (key,)):
            return phase, id_, bool(wanted)
        return None

    def called(self, id_: str) -> Item | None:
        """Return the item that has an id, one of the plan rather than one that left it.

        The first question sorts all ids into a temporary table, for they have no index of their own.
        """
        if not list(self._rows("SELECT 1 FROM sqlite_temp_master WHERE name = 'called'")):
            with translated(self._path):
                self._sql.execute("CREATE TEMP TABLE called AS SELECT id, wanted, key FROM item")
                self._sql.execute("CREATE INDEX called_by_id ON called (id, wanted, key)")
        sql = "SELECT key FROM called WHERE id = ? ORDER BY wanted DESC, key LIMIT 1"
        return next((self._planned(key) for (key,) in self._rows(sql, (id_,))), None)

    def is_marked(self, mark: str, *, but: Collection[str]) -> bool:
        """Return whether the fingerprint of an item, or the digest of a video it ever had, begins so; `but` these."""
        rest = json.dumps([*but])
        return any(self._rows(_MARKED_BY_KEY, (mark, f"{mark}g", rest))) or any(
            self._rows(_MARKED_BY_DIGEST, (f'"{mark}', rest))
        )

    def taken(self, names: Collection[str], *, but: Collection[str]) -> list[str]:
        """Return which of these file names belong to items of the plan, those with the keys `but` left aside."""
        sql = (
            "SELECT DISTINCT name FROM item WHERE wanted AND name IN (SELECT value FROM json_each(?)) "
            "AND key NOT IN (SELECT value FROM json_each(?))"
        )
        return [name for (name,) in self._rows(sql, (json.dumps([*names]), json.dumps([*but])))]

    def nobodys(self, names: Iterable[str]) -> list[str]:
        """Return which of these file names, of which there may be many, belong to no item of the plan."""
        with translated(self._path):
            self._sql.execute("DROP TABLE IF EXISTS temp.lying")
            self._sql.execute("CREATE TEMP TABLE lying (name TEXT PRIMARY KEY) WITHOUT ROWID")
            self._sql.executemany("INSERT OR IGNORE INTO lying VALUES (?)", ((name,) for name in names))
        sql = "SELECT name FROM lying EXCEPT SELECT name FROM item WHERE wanted"
        return [name for (name,) in self._rows(sql)]

    def finished(self, phase: str) -> Iterator[tuple[str, str]]:
        """Give key and file name of every wanted item in a phase, in no order."""
        yield from self._rows("SELECT key, name FROM item WHERE phase = ? AND wanted", (phase,))

    def left(self, phase: str) -> Iterator[str]:
        """Give the key of every item in a phase that left the manifest, in no order."""
        return (key for (key,) in self._rows("SELECT key FROM item WHERE phase = ? AND NOT wanted", (phase,)))

    def sized(self, phase: str) -> Iterator[tuple[str, str, int]]:
        """Give file name, key and size of every wanted item in a phase, by name as its bytes sort."""
        sql = "SELECT name, key, bytes FROM item WHERE phase = ? AND wanted ORDER BY name"
        yield from self._rows(sql, (phase,))

    def wanted(self) -> Iterator[str]:
        """Give the key of every item of the plan, in its order."""
        return (key for (key,) in self._rows("SELECT key FROM item WHERE wanted ORDER BY position"))

    def standings(self) -> Iterator[tuple[str, bool, bool, int]]:
        """Give phase, whether wanted, whether there is a job, and how many items are so."""
        sql = "SELECT phase, wanted, has_job, sum(items) FROM tally WHERE items > 0 GROUP BY 1, 2, 3"
        return ((phase, bool(wanted), bool(bought), count) for phase, wanted, bought, count in self._rows(sql))


def _pages(keys: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(keys)
    while page := list(islice(rest, _PAGE)):
        yield page
