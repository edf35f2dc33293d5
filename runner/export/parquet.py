"""Parquet: a VideoFolder whose table has typed columns, so that no loader guesses; pyarrow's one door."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from ..core.tally import Row
from ..edge.files import halting
from .placing import Film, Press
from .samples import FILE_COLUMNS, cells, video_name
from .videofolder import VIDEOS, require_even

_GROUP: Final = 4_096  # rows that are written at one time
_TYPES: Final = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
SCHEMA: Final = pa.schema([pa.field(each.name, _TYPES[each.type], nullable=False) for each in FILE_COLUMNS])


def fill(press: Press, table: Path, videos: Iterable[tuple[Row, Film]]) -> None:
    """Bring the videos of one side into the folder of its table, and write that beside them."""
    folder = table.parent
    press.make_folder(folder)
    press.make_folder(folder / VIDEOS)
    rows = iter(videos)
    with press.anew(table) as file, pq.ParquetWriter(file, SCHEMA) as writer:
        while group := list(islice(rows, _GROUP)):
            for row, film in group:
                press.place(folder / video_name(row), film)
            writer.write_table(pa.Table.from_pylist([cells(row, FILE_COLUMNS) for row, _ in group], schema=SCHEMA))
    require_even(folder, lambda: _read(table))


def _read(path: Path) -> Iterator[dict[str, Any]]:
    with halting(path, "read"), pq.ParquetFile(path) as table:
        for batch in table.iter_batches(columns=["file_name", "bytes"]):
            yield from batch.to_pylist()
