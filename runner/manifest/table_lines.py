"""The lines of a table, whatever the size of the file, and what every reader of them gives: rows, and what is wrong."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ..values import dataclass
from .source import forbidden, is_utf16, named

MOST_LINE_BYTES: Final = 64 * 1024 * 1024
_BLOCK_BYTES: Final = 256 * 1024  # read at one time, and more up to the end of the line
_PLAIN: Final = b"\t\n\r" + bytes(range(0x20, 0x7F))  # ASCII without anything that has no place in a table


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


class TableError(Exception):
    """Reading on makes no sense, or this line cannot be read."""

    def __init__(self, message: str, hint: str = "", *, line: int = 0) -> None:
        self.line = line
        self.message = message
        self.hint = hint
        super().__init__(message)


def lines(file: Path) -> Iterator[str]:
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
    raws = io.BytesIO(block)
    for number, raw in enumerate(iter(lambda: raws.readline(MOST_LINE_BYTES), b""), first):
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
        raise TableError("the table is UTF-16, expected UTF-8", "save it as UTF-8", line=1)
    if len(raw) == MOST_LINE_BYTES:
        raise TableError(f"a line of more than {MOST_LINE_BYTES // 1024 // 1024} MiB", line=number)
    try:
        text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError:
        raise TableError("this line is not UTF-8", "save the table as UTF-8", line=number) from None
    found = forbidden(text)
    if found:
        raise TableError(f"{named(found[0])} is not allowed", "remove it", line=number)
    return text
