"""The notation of the tables, for people who write no regular expressions.

    wink*            the verb in all its forms: wink, winks, winking, winked
    left/right       one of these words (in Chinese: of these characters)
    (to the)         may be left out; between the bars of (at|to the) stand choices
    [推进|拉远]       one of these
    {his}            one of the words that `grammar.GROUPS` gives under this name
    {side}           left or right, which the beat then has
    {mirrored}       their, her, his: *to her left* is the right of the picture

Between the words of a phrase a prompt may have adverbs and numbers (*turns slowly left*, 眨了两次眼).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Final

from .grammar import GROUPS, SIDES
from .verbs import forms

CAPTURES: Final = frozenset({"{side}", "{mirrored}"})
"""Labels whose word is told to whoever found the phrase."""

Label = str
"""What one step of a phrase accepts: words with slashes between them, or one of `CAPTURES`."""

_SIGN: Final = re.compile(r"\s*(\{\w+\}|[()\[\]|/]|[A-Za-z'&]+\*?|\d+|[\u3400-\u9fff])")


@cache
def sequences(phrase: str) -> tuple[tuple[Label, ...], ...]:
    """Return every way to say a phrase of the tables, as labels; none is empty. Raises `ValueError` for a slip."""
    return tuple(dict.fromkeys(way for way in _Reader(phrase).all() if way))


def words_of(label: Label) -> frozenset[str]:
    """Return the words that a label accepts."""
    if label == "{side}":
        return frozenset(SIDES)
    if label == "{mirrored}":
        return frozenset(word for phrase in GROUPS["mirrored"] for word in phrase.split("/")) | {"她", "他"}
    return frozenset(label.split("/"))


class _Reader:
    """Reads one phrase from left to right; a way is a tuple of labels."""

    def __init__(self, phrase: str) -> None:
        self._phrase = phrase
        self._signs = list(_signs(phrase))
        self._at = 0

    def all(self) -> list[tuple[Label, ...]]:
        ways = self._choices()
        if self._at != len(self._signs):
            raise ValueError(f"{self._phrase!r}: {self._signs[self._at]!r} closes nothing")
        return ways

    def _choices(self) -> list[tuple[Label, ...]]:
        ways = self._sequence()
        while self._peek() == "|":
            self._at += 1
            ways += self._sequence()
        return ways

    def _sequence(self) -> list[tuple[Label, ...]]:
        ways: list[tuple[Label, ...]] = [()]
        while self._peek() not in {"", ")", "]", "|"}:
            ways = [(*one, *other) for one, other in product(ways, self._step())]
        return ways

    def _step(self) -> list[tuple[Label, ...]]:
        sign = self._next()
        if sign in {"(", "["}:
            inside = self._choices()
            if self._next() != {"(": ")", "[": "]"}[sign]:
                raise ValueError(f"{self._phrase!r}: {sign!r} is not closed")
            return inside + ([()] if sign == "(" else [])
        if sign in CAPTURES:
            return [(sign,)]
        if sign.startswith("{"):
            return [way for phrase in GROUPS[sign[1:-1]] for way in sequences(phrase)]
        return [(self._words(sign),)]

    def _words(self, first: str) -> Label:
        words = [*_spelled(first)]
        while self._peek() == "/":
            self._at += 1
            words += _spelled(self._next())
        return "/".join(dict.fromkeys(words))

    def _peek(self) -> str:
        return self._signs[self._at] if self._at < len(self._signs) else ""

    def _next(self) -> str:
        sign = self._peek()
        self._at += 1
        return sign


def _spelled(sign: str) -> tuple[str, ...]:
    if not sign or not (sign[0].isalnum() or sign == "&"):
        raise ValueError(f"a word was expected, and not {sign!r}")
    return forms(sign[:-1]) if sign.endswith("*") else (sign,)


def _signs(phrase: str) -> Iterator[str]:
    at = 0
    while at < len(phrase.rstrip()):
        found = _SIGN.match(phrase, at)
        if found is None:
            raise ValueError(f"{phrase!r}: {phrase[at:]!r} means nothing in the tables")
        yield found.group(1)
        at = found.end()
