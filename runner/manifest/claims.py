"""Who has which id: unique over the whole manifest, up to case, with the ids of further takes counted in."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Final

from ..marks import Marks
from ..values import dataclass

_TAKE: Final = re.compile(r"(.+)-take([1-9][0-9]{0,2})")
_TAKE_BITS: Final = 7  # at most 100 takes
_TAKES: Final = (1 << _TAKE_BITS) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """An id that is already taken, by `place`: take number `theirs` of it, against take `ours` of the new one."""

    place: int
    ours: int = 1
    theirs: int = 1


def claimed(id_: str, takes: int) -> list[str]:
    """Return every name that a claim takes, without letter case: no two claims clash that have none in common."""
    folded = id_.lower()
    return [folded, *(f"{folded}-take{take}" for take in range(2, takes + 1))] if takes > 1 else [folded]


class Claims:
    """Explicit ids with the places that claimed them; `below` are claims that hold too, and are not changed.

    A place is a number that only the caller understands. With `among`, claims are kept only where one of their marks
    is in it; a clash that was not to be found then is not found.
    """

    def __init__(self, below: Claims | None = None, *, among: Container[int] | None = None) -> None:
        """Start without any claim but those below."""
        self._below = below
        self._among = among
        self._taken: dict[str, int] = {}

    def claim(self, id_: str, takes: int, place: int) -> Clash | None:
        """Claim `id_` and the ids of its further takes, or return the clash and claim nothing."""
        folded = id_.lower()
        if self._among is not None and not any(Marks.of(name) in self._among for name in claimed(id_, takes)):
            return None
        clash = self._clash(folded, takes)
        if clash is None:
            self._taken[folded] = place << _TAKE_BITS | takes
        return clash

    def note(self, marks: Marks) -> None:
        """Note the names of every claim."""
        for folded, packed in self._taken.items():
            for name in claimed(folded, packed & _TAKES):
                marks.note(name)

    def _clash(self, folded: str, takes: int) -> Clash | None:
        found = self._find(folded)
        if found is not None:
            return Clash(place=found >> _TAKE_BITS)
        match = _TAKE.fullmatch(folded)
        if match:
            base, take = self._find(match[1]), int(match[2])
            if base is not None and 1 < take <= base & _TAKES:
                return Clash(place=base >> _TAKE_BITS, theirs=take)
        for take in range(2, takes + 1):
            found = self._find(f"{folded}-take{take}")
            if found is not None:
                return Clash(place=found >> _TAKE_BITS, ours=take)
        return None

    def _find(self, folded: str) -> int | None:
        found = self._taken.get(folded)
        return self._below._find(folded) if found is None and self._below else found  # noqa: SLF001 -- the same class
