"""Which of very many texts may stand twice, at eight bytes each: a cheap first look, before an exact one at those few.

Equal texts have equal marks; two different texts have equal ones once in a million runs of a million texts, and then
the exact look, which compares the texts, finds nothing wrong with them.
"""

from __future__ import annotations

from array import array
from itertools import pairwise
from typing import Final

_BUCKETS: Final = 64  # looked through one by one, so that looking needs little memory


class Marks:
    """The marks of all texts that were noted."""

    def __init__(self) -> None:
        """Start without any."""
        self._buckets = tuple(array("q") for _ in range(_BUCKETS))

    @staticmethod
    def of(text: str) -> int:
        """Return the mark of a text; it holds for the life of this process."""
        return hash(text)

    def note(self, text: str) -> None:
        """Note one more text."""
        mark = hash(text)
        self._buckets[mark % _BUCKETS].append(mark)

    def doubled(self) -> frozenset[int]:
        """Return the marks that were noted more than once."""
        ordered = (sorted(bucket) for bucket in self._buckets if len(set(bucket)) < len(bucket))
        return frozenset(one for bucket in ordered for one, next_ in pairwise(bucket) if one == next_)
