"""On which side of a split a person stands: a function of the person and the shares alone.

A keyed hash of who is shown, taken as a number between 0 and 1, falls into one of the shares. So all videos of a person
are on one side, nobody changes sides when the set grows or shrinks, and two sets that show the same portrait agree.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Final

from ..values import dataclass

_KEY: Final = b"s2v-split-1"  # another key would be another split
_BITS: Final = 64
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,29}")  # what data set libraries take for the name of a split
_RESERVED: Final = frozenset({"all"})  # what they call all splits together
_EXAMPLE: Final = "train=0.8,validation=0.1,test=0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The sides and their shares, which add up to 1; `text` is how it was typed."""

    shares: tuple[tuple[str, Fraction], ...]
    text: str

    @property
    def sides(self) -> Sequence[str]:
        """Return the names of all sides, in the order in which they were typed."""
        return [name for name, _ in self.shares]

    def side(self, whom: str) -> str:
        """Return the side on which a person stands; `whom` is a portrait's digest or a person's name."""
        digest = hashlib.blake2b(whom.encode("utf-8", "surrogatepass"), key=_KEY, digest_size=_BITS // 8).digest()
        left = Fraction(int.from_bytes(digest), 1 << _BITS)
        for name, share in self.shares:
            if left < share:
                return name
            left -= share
        raise AssertionError("the shares add up to 1")


def split_of(text: str) -> Split:
    """Return the split of `train=0.8,validation=0.1,test=0.1`; raise ValueError with the words for people."""
    shares = tuple(_share(part) for part in text.split(","))
    names = [name for name, _ in shares]
    if len(set(names)) < len(names):
        raise ValueError(f"found '{text}', expected each name once, such as {_EXAMPLE}")
    if (whole := sum(share for _, share in shares)) != 1:
        raise ValueError(f"found '{text}', expected shares that add up to 1, not to {float(whole):.6g}")
    return Split(shares=shares, text=text)


def _share(part: str) -> tuple[str, Fraction]:
    name, _, number = part.partition("=")
    try:
        share = Fraction(Decimal(number))
    except (InvalidOperation, ValueError, OverflowError):
        share = Fraction(0)
    if not _NAME.fullmatch(name) or name in _RESERVED or not 0 < share <= 1:
        raise ValueError(
            f"found '{part}', expected NAME=SHARE, the name in small letters and not all, such as {_EXAMPLE}"
        )
    return name, share
