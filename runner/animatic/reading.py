"""A prompt, understood: what it asks for in the order in which it happens, what it forbids, and which words say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ..values import dataclass
from .beats import LOOK, MODIFIER, Kind
from .leftover import leftovers, said
from .lexicon.tokens import cut
from .listening import Listener
from .wishes import Wish, in_order


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was understood: wishes in the order in which they happen, kinds forbidden, words obeyed and not obeyed."""

    wishes: tuple[Wish, ...]
    without: frozenset[Kind]
    honoured: tuple[str, ...]
    ignored: tuple[str, ...]


def understand(prompt: str, *, most: int, able: frozenset[Kind]) -> Reading:
    """Return what a prompt asks for; of its happenings the first `most` fit, and the words of the rest are ignored.

    What is forbidden is obeyed by leaving it out; only a *no* that comes after the same thing was asked for is not, and
    is ignored. What is not among the kinds that the portrait is `able` to show is ignored, too, or shown in part.
    """
    tokens = cut(prompt)
    listener = Listener(tokens)
    wishes = [_as_able(wish, able) for wish in _coming_back(listener.wishes)]
    able_wishes = [wish for wish in wishes if wish.is_forbidden or wish.kind in able]
    kept = tuple(_possible(_fitting(able_wishes, most=most)))
    asked = frozenset(wish.kind for wish in kept if not wish.is_forbidden)
    words = sorted({wish.words for wish in kept if wish.is_forbidden or not wish.in_part})
    honoured = tuple(dict.fromkeys(said(prompt, tokens, each) for each in words))
    left = leftovers(prompt, tokens, used={at for each in words for at in each}, roles=listener.roles)
    return Reading(
        wishes=in_order(wish for wish in kept if not wish.is_forbidden),
        without=frozenset(wish.kind for wish in kept if wish.is_forbidden) - asked,
        honoured=honoured,
        ignored=tuple(each for each in left if each not in honoured),
    )


def _as_able(wish: Wish, able: frozenset[Kind]) -> Wish:
    """Before a background that is no layer of its own, a dolly zoom is half of itself: a zoom."""
    is_half = wish.kind == "dolly_zoom" and wish.kind not in able and not wish.is_forbidden
    return replace(wish, kind="zoom_in", in_part=True) if is_half else wish


def _coming_back(wishes: Iterable[Wish]) -> Iterator[Wish]:
    """Give the wishes, and of looks at the camera only those that come after a look elsewhere.

    Before that the photo decides who looks where, and nobody looks at the camera and elsewhere at once.
    """
    is_away = False
    for wish in wishes:
        is_away = is_away or wish.leads_away
        if wish.kind != "look_back" or (is_away and wish.link in {"next", "then"} and not wish.is_forbidden):
            yield wish


def _fitting(wishes: Sequence[Wish], *, most: int) -> Iterator[Wish]:
    """Give the wishes for which there is room; what is repeated too often is repeated as often as fits."""
    room = most
    for wish in wishes:
        if wish.is_forbidden or wish.kind in LOOK | MODIFIER:
            yield wish
        elif wish.count <= room:
            room -= wish.count
            yield wish
        elif room:
            words = tuple(at for at in wish.words if at not in wish.count_words)
            yield replace(wish, count=room, words=words, count_words=())
            room = 0


def _possible(wishes: Iterator[Wish]) -> Iterator[Wish]:
    asked: set[Kind] = set()
    for wish in wishes:
        if not wish.is_forbidden:
            asked.add(wish.kind)
        elif wish.kind in asked:
            continue
        yield wish
