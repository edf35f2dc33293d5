"""Plain YAML scalars by the core schema of YAML 1.2, and nothing that YAML 1.1 would read differently.

PyYAML reads 1.1, editors read 1.2, people read neither: `9:16` is 556 to one and text to the other. Where the two
differ, nobody guesses here: the scalar is `Ambiguous`, with what each makes of it and what to write in its place.
"""

from __future__ import annotations

import math
import re
from typing import Final

from ..values import dataclass

_TELLING: Final = frozenset("0123456789+-.~nNtTfFyYoO=")
_MOST_DIGITS: Final = 18  # a number of more digits is a name in disguise, and no longer exact as a float
EXACT: Final = 2**53  # readers of JSON that keep numbers as floats lose digits of larger whole ones

_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_BOOL_11: Final = {"yes": True, "on": True, "y": True, "no": False, "off": False, "n": False}
_INT: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_HEX: Final = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?[0-9]+\.[0-9]*(?:[eE][-+][0-9]+)?|\.[0-9]+(?:[eE][-+][0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ambiguous:
    """A scalar that is refused: why, and what to write in its place."""

    why: str
    write: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unkept:
    """A number that nothing would hand on as it was written: its text, why, and what to write in its place."""

    text: str
    why: str
    write: str

    def __str__(self) -> str:
        """Return what was written."""
        return self.text


_Reading = tuple[re.Pattern[str], str, str]
_TWO_READINGS: Final[tuple[_Reading, ...]] = (
    (re.compile(r"[-+]?0[0-7_]+"), "an octal number in YAML 1.1", "a decimal one in YAML 1.2"),
    (re.compile(r"[-+]?0[0-9]+"), "text in YAML 1.1", "a number in YAML 1.2"),
    (re.compile(r"[-+]?0o[0-7]+"), "text in YAML 1.1", "an octal number in YAML 1.2"),
    (re.compile(r"[-+]?0b[01_]+"), "a binary number in YAML 1.1", "text in YAML 1.2"),
    (re.compile(r"[-+]0x[0-9a-fA-F_]+|0x[0-9a-fA-F]*_[0-9a-fA-F_]*"), "a number in YAML 1.1", "text in YAML 1.2"),
    (re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"), "a number to base 60 in YAML 1.1", "text in 1.2"),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt\s].*)?"), "a date in YAML 1.1", "text in YAML 1.2"),
    (re.compile(r"[-+]?(?:[0-9]|\.[0-9])[0-9.]*_[0-9_.]*(?:[eE][-+]?[0-9]+)?"), "a number in YAML 1.1", "text in 1.2"),
    (re.compile(r"[-+]\.[0-9]+(?:[eE][-+]?[0-9]+)?"), "text to some YAML readers", "a number to others"),
    (re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.?[0-9]*)[eE][-+]?[0-9]+"), "text in YAML 1.1", "a number in YAML 1.2"),
    (re.compile(r"="), "a special value in YAML 1.1", "text in YAML 1.2"),
)


def resolve(text: str) -> str | float | bool | Ambiguous | None:
    """Return what the plain scalar `text` means to every YAML reader alike, or `Ambiguous`."""
    if text and text[0] not in _TELLING:
        return text
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text) if len(text) <= _MOST_DIGITS else _too_long(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else _not_finite(text)
    return _unusual(text)


def as_written(text: str, number: float) -> float | Unkept:
    """Return the number that `text` stands for, or why it is not handed on to others just so: 1.10 becomes 1.1."""
    kept = repr(number)
    is_exact = not kept.removeprefix("-").isdigit() or abs(number) <= EXACT
    if kept == text and is_exact:
        return number
    quoted = f'"{text}" for text' if len(text) <= _MOST_DIGITS else "it in quotes for text"
    return Unkept(
        text=text,
        why=f"is a number that would be kept as {kept}" if is_exact else "is beyond 2^53, where digits get lost",
        write=f"write {kept}, or {quoted}" if is_exact and "e" not in kept else f"write {quoted}",
    )


def _unusual(text: str) -> str | int | Ambiguous:
    if _HEX.fullmatch(text):
        return int(text, 16) if len(text) <= _MOST_DIGITS else _too_long(text)
    if _NOT_FINITE.fullmatch(text):
        return _not_finite(text)
    if text.lower() in _BOOL_11 and text in {text.lower(), text.upper(), text.capitalize()}:
        word = "true" if _BOOL_11[text.lower()] else "false"
        return Ambiguous(why=f"is {word} in YAML 1.1 and text in YAML 1.2", write=f'write {word}, or "{text}" for text')
    for pattern, old, new in _TWO_READINGS:
        if pattern.fullmatch(text):
            return Ambiguous(why=f"is {old} and {new}", write=_advice(text))
    return text


def _advice(text: str) -> str:
    plain = text.replace("_", "").lstrip("+")
    number = plain.lstrip("0") if plain.isdigit() else ""
    return f'write {number}, or "{text}" for text' if number else f'write "{text}" for text'


def _too_long(text: str) -> Ambiguous:
    return Ambiguous(why=f"is a number of {len(text)} characters, which is not read exactly", write="put it in quotes")


def _not_finite(text: str) -> Ambiguous:
    return Ambiguous(why="is not a finite number", write=f'write a number, or "{text}" for text')
