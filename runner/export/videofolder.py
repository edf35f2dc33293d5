"""VideoFolder: `videos/ID.mp4` and one line of `metadata.jsonl` for each, as Hugging Face's loaders read it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from ..core.sums.tally import Row
from ..edge.disk.files import halting
from ..errors import UsageError
from ..report.text import json_line
from .folder import Table
from .samples import FILE_COLUMNS, Cell, cells, exported

_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}(:[0-9]{2}(:[0-9]{2})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?"
)


def readable(rows: Iterable[Row]) -> Iterator[Row]:
    """Give the rows as they are; raise UsageError at a text that a loader of JSON lines would take for a time.

    Loaders guess the types of JSON lines: a consent of `2026-05-01` becomes a midnight, and the data set does not load
    at all where one side holds dates alone and another does not.
    """
    for row in rows:
        for video in exported([row]):
            for name, cell in cells(video, FILE_COLUMNS).items():
                if isinstance(cell, str) and _TIME.fullmatch(cell):
                    raise UsageError(
                        f"'{video.id}' has '{cell}' as {name}, which loaders of JSON lines take for a time and not for "
                        "a text: --to parquet has no such doubt, or write it otherwise in the manifest"
                    )
        yield row


def _write(file: BinaryIO, rows: Iterable[dict[str, Cell]]) -> None:
    file.writelines(f"{json_line(row)}\n".encode() for row in rows)


def _read(path: Path) -> Iterator[dict[str, Any]]:
    with halting(path, "read"), path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


TABLE: Final = Table(name="metadata.jsonl", write=_write, read=_read)
