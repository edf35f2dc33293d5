"""Tables: CSV and JSON Lines become rows one by one, whatever the size of the file.

CSV: UTF-8, commas, a header row with the keys of an item as columns, `metadata.<key>` for each key of metadata; an
empty cell is an absent key, tags are separated by semicolons. JSON Lines: one item as an object on each line.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from ..values import dataclass
from .scalars import EXACT, Unkept, as_written
from .schemas import definition
from .source import forbidden, is_utf16, named, unread
from .words import clipped, did_you_mean, quoted, shown

MOST_LINE_BYTES: Final = 64 * 1024 * 1024
_BLOCK_BYTES: Final = 256 * 1024  # read at one time, and more up to the end of the line
_PLAIN: Final = b"\t\n\r" + bytes(range(0x20, 0x7F))  # ASCII without anything that has no place in a table
TAG_SEPARATOR: Final = ";"
_BLANKS: Final = frozenset(" \t")
_QUOTE: Final = "write the quote right behind the comma; a text that was bought so stays as it is in JSON Lines"
_METADATA: Final = "metadata."
_MOST_DIGITS: Final = 9
_MOST_WHOLE: Final = 20  # characters of a whole number that tell whether it is too large

_Column = tuple[str, Callable[[str], object] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row as a mapping that the schema may judge; `line` is where it starts in the file, from 1."""

    line: int
    item: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """Something wrong in a table; `path` is the column, empty for the row."""

    line: int
    message: str
    hint: str = ""
    path: str = ""


class _TableError(Exception):
    """Reading on makes no sense, or this line cannot be read."""

    def __init__(self, message: str, hint: str = "", *, line: int = 0) -> None:
        self.line = line
        self.message = message
        self.hint = hint
        super().__init__(message)


def rows(file: Path) -> Iterator[Row | Bad]:
    """Yield the rows of a table and what is wrong with it, in the order of the file."""
    reader = _csv_rows if file.suffix.lower() == ".csv" else _json_rows
    try:
        yield from reader(file)
    except _TableError as error:
        yield Bad(line=error.line, message=error.message, hint=error.hint)
    except OSError as error:
        yield Bad(line=1, message=unread(error))


def _lines(file: Path) -> Iterator[str]:
    """Yield the lines with their ends; the byte order mark is dropped."""
    with file.open("rb") as source:
        number = 1
        while block := source.read(_BLOCK_BYTES) + source.readline(MOST_LINE_BYTES):
            yield from _block(block, number)
            number += block.count(b"\n")


def _block(block: bytes, first: int) -> Iterator[str]:
    """Yield the lines of a block, of which the first has the number `first`; a sound block is judged as a whole."""
    text = _sound_text(block, first)
    if text is not None:
        yield from io.StringIO(text, newline="\n")
        return
    lines = io.BytesIO(block)
    for number, raw in enumerate(iter(lambda: lines.readline(MOST_LINE_BYTES), b""), first):
        yield _line(raw, number)


def _sound_text(block: bytes, first: int) -> str | None:
    """Return a block as text, None where one of its lines may be wrong."""
    if len(block) >= MOST_LINE_BYTES or (first == 1 and is_utf16(block)):
        return None
    if not block.translate(None, _PLAIN):
        return block.decode("ascii")
    try:
        text = block.decode("utf-8-sig" if first == 1 else "utf-8")
    except UnicodeDecodeError:
        return None
    return None if forbidden(text) else text


def _line(raw: bytes, number: int) -> str:
    if number == 1 and is_utf16(raw):
        raise _TableError("the table is UTF-16, expected UTF-8", "save it as UTF-8", line=1)
    if len(raw) == MOST_LINE_BYTES:
        raise _TableError(f"a line of more than {MOST_LINE_BYTES // 1024 // 1024} MiB", line=number)
    try:
        text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError:
        raise _TableError("this line is not UTF-8", "save the table as UTF-8", line=number) from None
    found = forbidden(text)
    if found:
        raise _TableError(f"{named(found[0])} is not allowed", "remove it", line=number)
    return text


def _csv_rows(file: Path) -> Iterator[Row | Bad]:
    reader = csv.reader(_lines(file), strict=True)
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
        raise _TableError(*_csv_words(str(error)), line=line) from error
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
    if "portrait" not in columns:
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


def _json_rows(file: Path) -> Iterator[Row | Bad]:
    for number, line in enumerate(_lines(file), 1):
        if number == 1 and line.strip() in {"[", "{"}:
            hint = f"write each object on a line of its own: jq -c '{'.[]' if '[' in line else '.'}' FILE"
            yield Bad(line=1, message="JSON over several lines, expected one object on each line", hint=hint)
            return
        if line.strip():
            yield _json_row(line, number)


def _json_row(line: str, number: int) -> Row | Bad:
    try:
        value = _DECODER.decode(line.strip())
        if "\\u" in line:
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        return Bad(line=number, message=f"not valid JSON at column {error.colno}: {error.msg.lower()}")
    except UnicodeEncodeError:
        return Bad(line=number, message="half of a surrogate pair (\\ud800 to \\udfff) is no character")
    except RecursionError:
        return Bad(line=number, message="nested too deep, expected one flat object")
    except ValueError as error:
        return Bad(line=number, message=str(error))
    if not isinstance(value, dict):
        return Bad(line=number, message=f"found {shown(value)}, expected one object in braces on each line")
    return Row(line=number, item=value)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"key '{clipped(twice)}' stands twice")
    return mapping


def _finite(text: str) -> float:
    number = float(text)  # programs write 0.50, and JSON leaves no doubt that it is 0.5
    if not math.isfinite(number):
        raise ValueError(f"{clipped(text)} is not a finite number")
    return number


def _whole(text: str) -> float | Unkept:
    number = int(text[:_MOST_WHOLE])
    return number if abs(number) <= EXACT else as_written(text, number)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_whole, parse_float=_finite, parse_constant=_finite
)
