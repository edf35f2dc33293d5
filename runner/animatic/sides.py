"""Left and right in a phrase, turned into the side that a beat has (see `beats`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .beats import Kind, Side
from .lexicon.grammar import SIDES
from .lexicon.matching import Found
from .lexicon.table import Meaning

SIDED: Final[frozenset[Kind]] = frozenset({"wink", "turn", "tilt_head", "look_aside", "orbit"})
"""Kinds that have a side beside their name."""
MIRRORED: Final[Mapping[Side, Side]] = {"left": "right", "right": "left"}


def named_side(found: Found[Meaning]) -> Side | None:
    """Return the side that a phrase names."""
    return next((SIDES[word] for label, word in found.captured if label == "{side}"), None)


def side_of(kind: Kind, found: Found[Meaning]) -> Side | None:
    """Return the side that a beat of a kind has: *to her left* is the right of the picture, but *her left eye* hers."""
    side = named_side(found)
    if side is None or kind not in SIDED:
        return None
    is_own = any(label == "{mirrored}" for label, _ in found.captured)
    return MIRRORED[side] if is_own and kind != "wink" else side
