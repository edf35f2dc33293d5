"""A flaw is a problem that knows its place as a path; `reporting` turns flaws into problems with positions."""

from __future__ import annotations

from typing import Final, Protocol

from ..values import dataclass
from .words import Path

_COL_BITS: Final = 32


class Mark(Protocol):
    """PyYAML's position; it counts from 0."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place in a text; lines and columns count from 1."""

    line: int
    col: int

    @staticmethod
    def of(mark: Mark | None) -> Spot:
        """Give the place of a parser's mark; the start of the text where it has none."""
        return Spot(line=mark.line + 1, col=mark.column + 1) if mark else Spot(line=1, col=1)

    def pack(self) -> int:
        """Give one number, for a compact array."""
        return self.line << _COL_BITS | self.col

    @staticmethod
    def unpack(packed: int) -> Spot:
        """Give back what was packed."""
        return Spot(line=packed >> _COL_BITS, col=packed & (1 << _COL_BITS) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """Something wrong at `path`.

    `spot` is known when the flaw was found while reading; else the path is looked up, and `on_key` points at its key
    rather than its value. `spoils` says that nothing at the path can be judged any further. `also` is another path
    that has part in it; the message then ends with where its key stands.
    """

    path: Path
    message: str
    hint: str = ""
    spot: Spot | None = None
    on_key: bool = False
    spoils: bool = False
    also: Path | None = None
