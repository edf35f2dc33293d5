"""Rows of JSON Lines: one item as an object on each line."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from .scalars import EXACT, Unkept, as_written
from .table_lines import Bad, Row, lines
from .words import clipped, shown

_MOST_WHOLE: Final = 20  # characters of a whole number that tell whether it is too large


def json_rows(file: Path) -> Iterator[Row | Bad]:
    """Yield the objects line by line, and what is wrong; raise TableError where reading on makes no sense."""
    for number, line in enumerate(lines(file), 1):
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
