"""The stream of wishes: inline items, then tables, then the matrix; may be started anew as often as one likes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, Final

from ..errors import Origin, Problems
from ..marks import Marks
from ..model import Wish
from ..values import dataclass
from .claims import Claims, Clash, claimed
from .complaints import complaints
from .flaws import Spot
from .items import claim_of, is_surely_sound, portrait_alone, sound_claim, wish
from .matrix import Matrix
from .table_lines import Bad, Row
from .tables import rows
from .words import dotted

_TABLE_BITS: Final = 40
"""A place is a line or an item's number, and above these bits the table's number; 0 means the manifest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table that exists: where it is, and what it is called in messages."""

    file: Path
    shown: str


@dataclass(slots=True, kw_only=True)
class Wishes:
    """All that the manifest asks for, without what is bad.

    Bad rows of tables go to `problems` as they are met, and ids that stand twice when the tables are read, both once,
    however often the stream is started. The first stream may hold rows whose id is taken; the next ones do not.
    """

    file: str
    folder: str
    items: Sequence[Any]
    bad: frozenset[int]
    landmarks: Sequence[int]
    defaults: Mapping[str, Any]
    tables: tuple[Table, ...]
    matrix: Matrix
    matrix_spots: Mapping[int, Spot]
    claims: Claims
    problems: Problems
    _reported: dict[int, int] = field(default_factory=dict)
    _clashing: frozenset[int] | None = None

    def __call__(self) -> Iterator[Wish]:
        """Start the stream."""
        yield from self._inline()
        marks = Marks()
        for number, table in enumerate(self.tables, 1):
            yield from self._table(number, table, marks)
        if self._clashing is None:
            self.claims.note(marks)
            self._clashing = self._clashes(marks.doubled())
        yield from self._pairs()

    def flawed(self) -> Iterator[Wish]:
        """Give the portrait of each item and row that is left out, so that it is judged in the same pass."""
        for number in sorted(self.bad):
            if (item := portrait_alone(self.items[number])) is not None:
                origin = self._origin(Spot.unpack(self.landmarks[number]))
                yield wish(item, {}, folder=self.folder, origin=origin, path=f"items[{number}]")
        for number in sorted(self._reported):
            table = self.tables[number - 1]
            for row in rows(table.file):
                if isinstance(row, Bad) or is_surely_sound(row.item):
                    continue
                if (item := portrait_alone(row.item)) is not None:
                    origin = Origin(file=table.shown, line=row.line)
                    yield wish(item, {}, folder=str(table.file.parent), origin=origin, path="row")

    def _inline(self) -> Iterator[Wish]:
        for number, item in enumerate(self.items):
            if number not in self.bad:
                yield wish(
                    item,
                    self.defaults,
                    folder=self.folder,
                    origin=self._origin(Spot.unpack(self.landmarks[number])),
                    path=f"items[{number}]",
                )

    def _table(self, number: int, table: Table, marks: Marks) -> Iterator[Wish]:
        folder = str(table.file.parent)
        known = self._reported.get(number, 0)
        left_out = self._clashing or frozenset[int]()
        takes = self.defaults.get("takes", 1)
        for row in rows(table.file):
            wrongs = [row] if isinstance(row, Bad) else _judged(row)
            if isinstance(row, Row) and (claim := (claim_of if wrongs else sound_claim)(row.item, takes)):
                for name in claimed(*claim):
                    marks.note(name)
            if wrongs:
                if row.line > known:
                    self._report(number, table, wrongs)
            elif isinstance(row, Row) and not (left_out and _packed(number, row) in left_out):
                origin = Origin(file=table.shown, line=row.line)
                yield wish(row.item, self.defaults, folder=folder, origin=origin, path="row")

    def _clashes(self, suspects: frozenset[int]) -> frozenset[int]:
        """Read the tables again where two ids may be one; report each clash, and return the places of the later ids."""
        claims, found = Claims(self.claims, among=suspects), set[int]()
        takes = self.defaults.get("takes", 1)
        for number, table in enumerate(self.tables if suspects else (), 1):
            for row in rows(table.file):
                claim = claim_of(row.item, takes) if isinstance(row, Row) else None
                clash = claims.claim(*claim, _packed(number, row)) if claim else None
                if claim and clash:
                    message, hint = clash_words(claim[0], clash, self._place(clash.place))
                    self.problems.add(Origin(file=table.shown, line=row.line), "id", message, hint)
                    found.add(_packed(number, row))
        return frozenset(found)

    def _report(self, number: int, table: Table, wrongs: Sequence[Bad]) -> None:
        self._reported[number] = wrongs[0].line
        for wrong in wrongs:
            self.problems.add(Origin(file=table.shown, line=wrong.line), wrong.path, wrong.message, wrong.hint)

    def _pairs(self) -> Iterator[Wish]:
        for portrait, entry, prompt in self.matrix.pairs():
            yield wish(
                {"portrait": portrait, "prompt": prompt},
                self.defaults,
                folder=self.folder,
                origin=self._origin(self.matrix_spots[entry]),
                path=f"matrix.portraits[{entry}]",
            )

    def _place(self, place: int) -> str:
        table, line = place >> _TABLE_BITS, place & (1 << _TABLE_BITS) - 1
        if table:
            return f"{self.tables[table - 1].shown}:{line}"
        return f"items[{line}] ({self._origin(Spot.unpack(self.landmarks[line]))})"

    def _origin(self, spot: Spot) -> Origin:
        return Origin(file=self.file, line=spot.line, col=spot.col)


def _judged(row: Row) -> list[Bad]:
    """Return what the schema has against a row."""
    if is_surely_sound(row.item):
        return []
    return [
        Bad(line=row.line, path=dotted(flaw.path), message=flaw.message, hint=flaw.hint)
        for flaw in complaints(row.item, definition="item")
    ]


def _packed(table: int, row: Row | Bad) -> int:
    return table << _TABLE_BITS | row.line


def clash_words(id_: str, clash: Clash, place: str) -> tuple[str, str]:
    """Return what two ids have against each other, and a hint; `place` names the one that stood first."""
    ours = f"take {clash.ours} of it would be '{id_}-take{clash.ours}', which" if clash.ours > 1 else f"id '{id_}'"
    theirs = f"take {clash.theirs} of " if clash.theirs > 1 else ""
    return f"{ours} is taken by {theirs}{place}", "ids must be unique, whatever their case"
