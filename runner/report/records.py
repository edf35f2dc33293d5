"""The reports that programs read: `report.json`, `results.jsonl`, `results.csv`; each a stream of text."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from ..core.sums.tally import Row, Summary
from ..judgement import Judgement
from ..model import Money
from .document import VERSION, judgement_document, run_document, summary_document
from .facts import RunFacts
from .sheet import Record
from .text import amount, csv_cell, json_line, together

MOST_ITEMS: Final = 100_000  # of report.json, some 120 MB

Cell = str | int | float | bool | Decimal | None


class Document:
    """`report.json`: one document, one item a line, so that it can be searched and compared.

    Of more items than readers of one document can bear it holds the numbers alone, and names the file with the items.
    """

    def __init__(self, run: RunFacts, summary: Summary) -> None:
        self._run, self._summary = run, summary
        self._lists = summary.items <= MOST_ITEMS
        self._between = "\n"

    def head(self) -> Iterator[str]:
        """See `Sheet`."""
        yield f'{{\n"version": {VERSION},\n"run": {json_line(run_document(self._run))},\n'
        yield f'"summary": {json_line(summary_document(self._summary))},\n'
        yield '"items": [' if self._lists else '"items_in": "results.jsonl",\n"items": ['

    def line(self, record: Record) -> str:
        """See `Sheet`."""
        if not self._lists:
            return ""
        between, self._between = self._between, ",\n"
        return between + record.line

    def tail(self) -> Iterator[str]:
        """See `Sheet`."""
        yield "\n]\n}\n" if self._lists else "]\n}\n"


class Lines:
    """`results.jsonl`: one item a line."""

    def __init__(self, _run: RunFacts, _summary: Summary) -> None:
        pass

    def head(self) -> Iterator[str]:
        """See `Sheet`."""
        yield ""

    def line(self, record: Record) -> str:
        """See `Sheet`."""
        return f"{record.line}\n"

    def tail(self) -> Iterator[str]:
        """See `Sheet`."""
        yield ""


class Csv:
    """`results.csv` after RFC 4180: lines end in CR LF, UTF-8 without a mark in front, empty cells for null.

    A text cell that a spreadsheet would take for a formula starts with an apostrophe; `results.jsonl` has it as it was.
    """

    def __init__(self, _run: RunFacts, _summary: Summary) -> None:
        self._last = _Last()
        self._writer = csv.writer(self._last, lineterminator="\r\n")

    def head(self) -> Iterator[str]:
        """See `Sheet`."""
        yield self._text(COLUMNS)

    def line(self, record: Record) -> str:
        """See `Sheet`."""
        return self._text([cell if type(cell) in _AS_IT_IS else _cell(cell) for cell in _cells(record)])

    def tail(self) -> Iterator[str]:
        """See `Sheet`."""
        yield ""

    def _text(self, cells: Iterable[Cell]) -> str:
        self._writer.writerow(cells)
        return self._last.text


class _Last:
    """What `csv.writer` writes to: keeps the one line that was written last."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


COLUMNS: Final = (
    "id", "state", "provider", "job_id", "video", "sha256", "bytes", "seconds", "bought", "kept", "lost", "in_review",
    "cost", "currency", "reserved", "attempts", "code", "reason", "decode", "width", "height", "fps", "frames", "codec",
    "audio", "grade", "distance", "coverage", "retakes", "key", "portrait", "portrait_sha256", "prompt",
    "prompt_optimizer", "take", "model", "tags", "metadata",
    "intended", "accepted", "finished", "saved", "ended",
)  # fmt: skip


def _cells(record: Record) -> tuple[Cell, ...]:
    row, times = record.row, record.document["times"]
    clip, (cost, reserved, currency) = row.checks, _money_cells(row)
    return (
        row.id, str(row.state), row.provider, row.job_id, row.video, row.sha256, row.bytes_, row.seconds,
        row.bought, row.kept, row.lost, row.in_review, cost, currency, reserved,
        row.attempts, row.code, row.reason,
        *(("full" if clip.decoded else "header", clip.width, clip.height, clip.fps, clip.frames, clip.codec,
           clip.has_audio) if clip else (None,) * 7),
        *_judgement_cells(row.judgement), row.retakes,
        row.key, row.portrait, row.portrait_sha256, row.prompt, row.prompt_optimizer, row.take, row.model,
        " ".join(row.tags), metadata_of(row),
        times["intended"], times["accepted"], times["finished"], times["saved"], times["ended"],
    )  # fmt: skip


def _judgement_cells(judgement: Judgement | None) -> tuple[Cell, Cell, Cell]:
    """Return grade, median distance and coverage, empty where nobody looked."""
    if judgement is None:
        return None, None, None
    identity = judgement_document(judgement)["identity"] or {}
    return judgement.grade, identity.get("distance"), identity.get("coverage")


def _money_cells(row: Row) -> tuple[Cell, Cell, Cell]:
    """Return cost, reserved and currency; amounts of several currencies carry their own, and no cell speaks for all."""
    currencies = {money.currency for money in (*row.cost, *row.reserved)}
    if len(currencies) > 1:
        return _told(row.cost), _told(row.reserved), None
    return _units(row.cost), _units(row.reserved), next(iter(currencies), None)


def _units(purse: tuple[Money, ...]) -> Decimal | None:
    return amount(purse[0]) if purse else None


def _told(purse: tuple[Money, ...]) -> str | None:
    return together(purse) if purse else None


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return csv_cell(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return str(cell)


_AS_IT_IS: Final = frozenset({int, float, Decimal, type(None)})
"""What `csv` writes as every reader knows it."""


def metadata_of(row: Row) -> str | None:
    """Return an item's metadata as a line of JSON, None where it has none."""
    return json.dumps(dict(sorted(row.metadata.items())), ensure_ascii=False, allow_nan=False) if row.metadata else None
