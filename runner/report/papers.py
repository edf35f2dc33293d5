"""The files that a report consists of: one literal table, name to what is written in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Final

from ..core.sums.tally import Row, Summary
from .facts import RunFacts
from .junit import Junit
from .markdown import Markdown
from .page import Page
from .records import Csv, Document, Lines
from .sheet import Paper, Record

PAGE: Final = "report.html"  # the one to look at

PAPERS: Final[Mapping[str, Paper]] = {
    PAGE: Page,
    "report.md": Markdown,
    "report.json": Document,
    "results.jsonl": Lines,
    "results.csv": Csv,
    "junit.xml": Junit,
}


def pieces(paper: Paper, run: RunFacts, summary: Summary, rows: Iterable[Row]) -> Iterator[str]:
    """Yield one file piece by piece, to be written as UTF-8 with line ends untouched; read `rows` once, in order."""
    for (piece,) in pieces_together([paper], run, summary, rows):
        yield piece


def pieces_together(
    papers: Iterable[Paper], run: RunFacts, summary: Summary, rows: Iterable[Row]
) -> Iterator[tuple[str, ...]]:
    """Yield several files side by side, a piece of each at a time; read `rows` once, in order."""
    sheets = [paper(run, summary) for paper in papers]
    yield from zip_longest(*(sheet.head() for sheet in sheets), fillvalue="")
    for row in rows:
        record = Record(row)
        yield tuple([sheet.line(record) for sheet in sheets])
    yield from zip_longest(*(sheet.tail() for sheet in sheets), fillvalue="")
