"""The files that a report consists of: one literal table, name to generator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from ..core.tally import Row, Summary
from .facts import RunFacts
from .junit import junit_xml
from .markdown import report_md
from .page import report_html
from .records import report_json, results_csv, results_jsonl

Paper = Callable[[RunFacts, Summary, Iterable[Row]], Iterator[str]]
"""Yields one file as chunks of text, to be written as UTF-8 with line ends untouched; reads `rows` once, in order."""

PAGE: Final = "report.html"  # the one to look at

PAPERS: Final[Mapping[str, Paper]] = {
    PAGE: report_html,
    "report.md": report_md,
    "report.json": report_json,
    "results.jsonl": results_jsonl,
    "results.csv": results_csv,
    "junit.xml": junit_xml,
}
