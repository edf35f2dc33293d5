"""Rows of CSV: UTF-8, commas, a header row with the keys of an item as columns, `metadata.<key>` for each of metadata.

An empty cell is an absent key, tags are separated by semicolons.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from .schemas import definition
from .table_lines import Bad, Row, TableError, lines
from .words import clipped, did_you_mean, nearest, quoted

TAG_SEPARATOR: Final = ";"
_BLANKS: Final = frozenset(" \t")
_QUOTE: Final = "write the quote right behind the comma; a text that was bought so stays as it is in JSON Lines"
_METADATA: Final = "metadata."
_MOST_DIGITS: Final = 9

_Column = tuple[str, Callable[[str], object] | None]


def csv_rows(file: Path) -> Iterator[Row | Bad]:
    """Yield the rows behind the header, and what is wrong; raise TableError where reading on makes no sense."""
    reader = csv.reader(lines(file), strict=True)
    header: list[str] | None = None
    columns: list[_Column] | None = None
    line = 1
    try:
        for cells in reader:
            if cells and columns is None:
                header, columns = cells, [_column(name) for name in cells]
                wrong = list(_header_flaws(cells, line))
                yield from wrong
                if wrong:
                    return
            elif cells == header:
                yield Bad(line=line, message="the header stands here a second time", hint="remove this row")
            elif cells and columns is not None:
                yield _csv_row(columns, cells, line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise TableError(*_csv_words(str(error)), line=line) from error
    if columns is None:
        yield Bad(line=1, message="the table is empty, expected a header row", hint="for example id,portrait,prompt")


def _csv_row(columns: list[_Column], cells: list[str], line: int) -> Row | Bad:
    if len(cells) != len(columns):
        return _wrong_number(len(columns), cells, line)
    item: dict[str, Any] = {}
    for (key, read), cell in zip(columns, cells, strict=True):
        if not cell:
            continue
        if cell[0] in _BLANKS and _is_late(cell):
            return _late_quote(cell, line)
        if read is None:
            item.setdefault("metadata", {})[key] = cell
        else:
            item[key] = read(cell)
    return Row(line=line, item=item) if item else Bad(line=line, message="a row without any text", hint="remove it")


def _wrong_number(expected: int, cells: list[str], line: int) -> Bad:
    if late := next(filter(_is_late, cells), None):
        return _late_quote(late, line)
    found = f"found {len(cells)} {'cell' if len(cells) == 1 else 'cells'}, expected {expected} as in the header"
    hint = "put text with a comma in double quotes" if len(cells) > expected else "an empty cell wants its comma, too"
    return Bad(line=line, message=found, hint=hint)


def _is_late(cell: str) -> bool:
    """Return whether a quote stands behind blanks, where CSV takes it for text: `anna.png, "She smiles"`."""
    return cell[:1] in _BLANKS and cell.lstrip(" \t")[:1] == '"'


def _late_quote(cell: str, line: int) -> Bad:
    message = f"found {quoted(cell)}: a quote behind a blank is text in CSV"
    return Bad(line=line, message=message, hint=_QUOTE)


def _column(name: str) -> _Column:
    """Return the key of a column and how its cells are read; None where they are metadata."""
    return (name.removeprefix(_METADATA), None) if name.startswith(_METADATA) else (name, _CELLS.get(name, str))


def _takes(cell: str) -> int | str:
    return int(cell) if cell.isascii() and cell.isdigit() and len(cell) <= _MOST_DIGITS else cell


def _flag(cell: str) -> bool | str:
    return cell.lower() == "true" if cell.lower() in {"true", "false"} else cell


def _tags(cell: str) -> list[str]:
    return [tag.strip() for tag in cell.split(TAG_SEPARATOR)]


_CELLS: Final[dict[str, Callable[[str], object]]] = {"takes": _takes, "prompt_optimizer": _flag, "tags": _tags}
"""How a cell becomes a value; what cannot be read is left as text, for the schema to complain about."""


def _header_flaws(columns: list[str], line: int) -> Iterator[Bad]:
    if len(columns) == 1 and (separator := _separator(columns[0])):
        yield Bad(
            line=line,
            message=f"columns are separated by {separator}, expected commas",
            hint="save it as CSV with commas",
        )
        return
    if columns[0].lower().startswith("sep="):
        yield Bad(line=line, message="found the line by which Excel names a separator", hint="remove it")
        return
    known = [key for key in definition("item")["properties"] if key != "metadata"]
    seen: set[str] = set()
    for number, column in enumerate(columns, 1):
        if not column:
            hint = "remove the comma at the end of the row" if number == len(columns) else "name it, or remove it"
            yield Bad(line=line, path=f"column {number}", message="a column without a name", hint=hint)
        elif column in seen:
            yield Bad(line=line, path=clipped(column), message=f"column {number} has the same name as an earlier one")
        elif column not in known and not (column.startswith(_METADATA) and column != _METADATA):
            is_known = column.strip() in known
            hint = "remove the blanks around it" if is_known else did_you_mean(column, [*known, "metadata.<key>"])
            yield Bad(line=line, path=clipped(column), message="unknown column", hint=hint)
        seen.add(column)
    if "portrait" not in columns and nearest("portrait", seen.difference(known)) is None:
        yield Bad(line=line, message="column 'portrait' is missing", hint="the first row names the columns")


def _separator(header: str) -> str:
    return "semicolons" if ";" in header else "tabs" if "\t" in header else ""


def _csv_words(said: str) -> tuple[str, str]:
    if "field larger" in said:
        size = csv.field_size_limit() // 1024
        return f"a cell of more than {size} KiB", "put the picture into a file, or use a .jsonl table"
    if "new-line character" in said:
        return "a carriage return alone ends a line", "save the table with LF or CRLF line ends"
    if "unexpected end" in said:
        return "the quote opened in this row is never closed", "close it, and write quotes in a text twice"
    if "expected after" in said:
        return "text after a closing quote", 'put the whole cell in quotes, and write quotes in it twice ("")'
    return f"not valid CSV: {said}", ""
