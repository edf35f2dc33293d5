"""Parquet: a VideoFolder whose table has typed columns, so that no loader guesses; pyarrow's one door."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from ..edge.disk.files import halting
from .folder import Table
from .samples import FILE_COLUMNS, Cell

NAME: Final = "metadata.parquet"
_GROUP: Final = 4_096  # rows that are written at one time
_TYPES: Final = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
SCHEMA: Final = pa.schema([pa.field(each.name, _TYPES[each.type], nullable=False) for each in FILE_COLUMNS])


def _write(file: BinaryIO, rows: Iterable[dict[str, Cell]]) -> None:
    left = iter(rows)
    with pq.ParquetWriter(file, SCHEMA) as writer:
        while group := list(islice(left, _GROUP)):
            writer.write_table(pa.Table.from_pylist(group, schema=SCHEMA))


def _read(path: Path) -> Iterator[dict[str, Any]]:
    with halting(path, "read"), pq.ParquetFile(path) as table:
        for batch in table.iter_batches(columns=["file_name", "bytes", "sha256"]):
            yield from batch.to_pylist()


TABLE: Final = Table(name=NAME, write=_write, read=_read)
