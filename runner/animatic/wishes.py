"""What a prompt asks for, before it has a time: the wishes, and the order in which they follow one another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, Literal

from ..values import dataclass
from .beats import Kind, Side
from .lexicon.matching import Found
from .lexicon.table import Meaning

Link = Literal["next", "then", "with", "earlier"]
"""How a wish follows the one before it: in its turn, only after its end, together with it, or ahead of it."""

AWAY: Final[frozenset[Kind]] = frozenset({"turn", "look_aside", "look_up", "look_down", "close_eyes"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One happening that a prompt asks for, or forbids.

    `words` are the tokens that say so, `count_words` those among them that say how often; `length` and `strength` are
    factors; `is_lasting` tells *smiling* from *smiles*. What is shown only `in_part`, as weeping is by a sad face
    without tears, is not obeyed by that.
    """

    kind: Kind
    link: Link
    words: tuple[int, ...]
    count_words: tuple[int, ...] = ()
    side: Side | None = None
    length: float = 1.0
    strength: float = 1.0
    count: int = 1
    is_forbidden: bool = False
    is_lasting: bool = False
    in_part: bool = False

    @property
    def leads_away(self) -> bool:
        """Return whether head or eyes leave where they are in the portrait, so that they can come back."""
        return self.kind in AWAY and not self.is_forbidden

    def modified(self, by: Found[Meaning]) -> Wish:
        """Return the wish as an adverb or a number changes it."""
        manner, words = by.what.manner, tuple(sorted({*self.words, *by.words}))
        if by.what.count is not None:
            return replace(self, words=words, count=max(1, by.what.count), count_words=by.words)
        length, strength = self.length * manner.length, self.strength * manner.strength
        return replace(self, words=words, length=length, strength=strength)


def in_order(wishes: Iterable[Wish]) -> tuple[Wish, ...]:
    """Return the wishes as they happen: what is *earlier* goes ahead of the one before it, and of all bound to that."""
    ordered: list[Wish] = []
    for wish in wishes:
        if wish.link != "earlier" or not ordered:
            ordered.append(wish)
            continue
        at = len(ordered) - 1
        while at > 0 and ordered[at].link == "with":
            at -= 1
        ordered[at:at] = [replace(wish, link=ordered[at].link)]
        ordered[at + 1] = replace(ordered[at + 1], link="then")
    return tuple(ordered)
