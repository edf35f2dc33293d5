"""The reports that programs read: `report.json`, `results.jsonl`, `results.csv`; each a stream of text."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from ..core.tally import Row, Summary
from ..judgement import Judgement
from ..model import Money
from .document import VERSION, item_document, judgement_document, run_document, summary_document
from .facts import RunFacts
from .text import amount, csv_cell, iso, json_line, together

MOST_ITEMS: Final = 100_000  # of report.json, some 120 MB

Cell = str | int | float | bool | Decimal | None


def report_json(run: RunFacts, summary: Summary, rows: Iterable[Row]) -> Iterator[str]:
    """Yield `report.json`: one document, one item a line, so that it can be searched and compared.

    Of more items than readers of one document can bear it holds the numbers alone, and names the file with the items.
    """
    yield f'{{\n"version": {VERSION},\n"run": {json_line(run_document(run))},\n'
    yield f'"summary": {json_line(summary_document(summary))},\n'
    if summary.items > MOST_ITEMS:
        yield '"items_in": "results.jsonl",\n"items": []\n}\n'
        return
    yield '"items": ['
    for n, row in enumerate(rows):
        yield f"{',' if n else ''}\n{json_line(item_document(row))}"
    yield "\n]\n}\n"


def results_jsonl(_run: RunFacts, _summary: Summary, rows: Iterable[Row]) -> Iterator[str]:
    """Yield `results.jsonl`: one item a line."""
    for row in rows:
        yield f"{json_line(item_document(row))}\n"


class _Line:
    """What `csv.writer` writes to: keeps the one line that was written last."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


def results_csv(_run: RunFacts, _summary: Summary, rows: Iterable[Row]) -> Iterator[str]:
    """Yield `results.csv` after RFC 4180: lines end in CR LF, UTF-8 without a mark in front, empty cells for null.

    A text cell that a spreadsheet would take for a formula starts with an apostrophe; `results.jsonl` has it as it was.
    """
    line = _Line()
    writer = csv.writer(line, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    yield line.text
    for row in rows:
        writer.writerow([_text(cell) for cell in _cells(row)])
        yield line.text


COLUMNS: Final = (
    "id", "state", "provider", "job_id", "video", "sha256", "bytes", "seconds", "bought", "kept", "lost", "in_review",
    "cost", "currency", "reserved", "attempts", "code", "reason", "decode", "width", "height", "fps", "frames", "codec",
    "audio", "grade", "distance", "coverage", "retakes", "key", "portrait", "portrait_sha256", "prompt",
    "prompt_optimizer", "take", "model", "tags", "metadata",
    "intended", "accepted", "finished", "saved", "ended",
)  # fmt: skip


def _cells(row: Row) -> tuple[Cell, ...]:
    clip, (cost, reserved, currency) = row.checks, _money_cells(row)
    return (
        row.id, str(row.state), row.provider, row.job_id, row.video, row.sha256, row.bytes_, row.seconds,
        row.bought, row.kept, row.lost, row.in_review, cost, currency, reserved,
        row.attempts, row.code, row.reason,
        *(("full" if clip.decoded else "header", clip.width, clip.height, clip.fps, clip.frames, clip.codec,
           clip.has_audio) if clip else (None,) * 7),
        *_judgement_cells(row.judgement), row.retakes,
        row.key, row.portrait, row.portrait_sha256, row.prompt, row.prompt_optimizer, row.take, row.model,
        " ".join(row.tags), _metadata(row), iso(row.intended_at), iso(row.accepted_at), iso(row.finished_at),
        iso(row.saved_at), iso(row.ended_at),
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


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case str():
            return csv_cell(cell)
        case _:
            return str(cell)


def _metadata(row: Row) -> str | None:
    return json.dumps(dict(sorted(row.metadata.items())), ensure_ascii=False, allow_nan=False) if row.metadata else None
