"""Tables: CSV and JSON Lines become rows one by one, whatever the size of the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .csv_table import csv_rows
from .json_table import json_rows
from .source import unread
from .table_lines import Bad, Row, TableError


def rows(file: Path) -> Iterator[Row | Bad]:
    """Yield the rows of a table and what is wrong with it, in the order of the file."""
    reader = csv_rows if file.suffix.lower() == ".csv" else json_rows
    try:
        yield from reader(file)
    except TableError as error:
        yield Bad(line=error.line, message=error.message, hint=error.hint)
    except OSError as error:
        yield Bad(line=1, message=unread(error))
