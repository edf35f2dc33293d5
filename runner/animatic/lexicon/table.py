"""All tables in two trees: the phrases, and the modifiers that may stand between their words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum, auto
from functools import cache
from typing import Final

from ...values import dataclass
from ..beats import Kind
from . import body, camera, face, grammar, look, world
from .grammar import Manner
from .matching import Found, Tree, longest
from .notation import sequences
from .tokens import Token

BEATS: Final[tuple[Mapping[str, tuple[str, ...]], ...]] = (face.PHRASES, body.PHRASES, camera.PHRASES, look.PHRASES)
"""What can be shown, by the name of its kind."""


class Role(IntEnum):
    """What a phrase does in a sentence; of two meanings of the same words, the lower role counts."""

    IMPOSSIBLE = auto()
    """Holds a known word and means another thing."""
    BEAT = auto()
    """Asks for something that can be shown."""
    UNMOVED = auto()
    """Forbids something, in one word: *unblinking*."""
    ALLOWS = auto()
    """Looks like a *no*, and forbids nothing."""
    FORBIDS = auto()
    """Says that what follows must not happen."""
    FORBIDS_PLAIN = auto()
    """The same, before a verb in its plain form."""
    THEN = auto()
    """What follows comes later."""
    WHILE = auto()
    """Two clauses happen together."""
    AFTER = auto()
    """What follows comes before what was said."""
    BEFORE = auto()
    """What follows comes after what was said; at the head of a sentence, after its second clause."""
    WITH = auto()
    """What follows happens together with what was said."""
    BUT = auto()
    """Ends what a *no* forbids."""
    AND = auto()
    """Joins."""
    OR = auto()
    """Joins, and carries a *no* on."""
    SIDE = auto()
    """A side that stands alone: *then right*."""
    MODIFIER = auto()
    """How, or how often."""
    SUBJECT = auto()
    """Whom the film shows."""
    OTHER = auto()
    """Whom it does not show."""
    FUNCTION = auto()
    """Asks for nothing."""


AS_IT_IS: Final = Manner()


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a phrase means: its role, and what goes with the role."""

    role: Role
    kind: str = ""
    kinds: tuple[Kind, ...] = ()
    manner: Manner = AS_IT_IS
    count: int | None = None


def find(tokens: Sequence[Token]) -> list[Found[Meaning]]:
    """Return the phrases of a prompt, in order and without overlap; what stands between them is not known."""
    phrases, modifiers = _phrases(), _modifiers()
    inside = {at: ends for at in range(len(tokens)) if (ends := _stepped_over(tokens, at)) > at}
    found = [one for at in range(len(tokens)) for one in phrases.at(tokens, at, modifiers=inside)]
    found += [one for at in range(len(tokens)) for one in (*modifiers.at(tokens, at), *_counted(tokens, at))]
    return longest(found, tokens, rank=lambda meaning: meaning.role)


def modifier_at(tokens: Sequence[Token], at: int) -> Found[Meaning] | None:
    """Return the longest modifier that begins at a token."""
    found = [*_modifiers().at(tokens, at), *_counted(tokens, at)]
    return max(found, key=lambda one: one.end, default=None)


def _stepped_over(tokens: Sequence[Token], at: int) -> int:
    """Return the token after what a phrase may step over at a token; the token itself, if it may step over nothing.

    An adverb that we do not know (*happily*) is stepped over, too; it stays unread.
    """
    if (modifier := modifier_at(tokens, at)) is not None:
        return modifier.end
    return at + 1 if tokens[at].key in grammar.PARTICLES or tokens[at].key.endswith("ly") else at


def _counted(tokens: Sequence[Token], at: int) -> Iterator[Found[Meaning]]:
    """Give how often, where a number stands before *times*."""
    number = number_of(tokens[at].key)
    if number is not None and at + 1 < len(tokens) and tokens[at + 1].key in grammar.TIMES:
        yield Found(what=Meaning(role=Role.MODIFIER, count=number), words=(at, at + 1))


def number_of(word: str) -> int | None:
    """Return the number that a word means."""
    return int(word[:6]) if word.isascii() and word.isdigit() else grammar.NUMBERS.get(word)


@cache
def _phrases() -> Tree[Meaning]:
    tree: Tree[Meaning] = Tree()
    for table in BEATS:
        for kind, phrases in table.items():
            _teach(tree, Meaning(role=Role.BEAT, kind=kind), phrases)
    for kinds, phrases in grammar.UNMOVED.items():
        _teach(tree, Meaning(role=Role.UNMOVED, kinds=kinds), phrases)
    for role, words in _GRAMMAR.items():
        _teach(tree, Meaning(role=role), words)
    return tree


@cache
def _modifiers() -> Tree[Meaning]:
    tree: Tree[Meaning] = Tree()
    for manner, phrases in grammar.MANNERS:
        _teach(tree, Meaning(role=Role.MODIFIER, manner=manner), phrases)
    for count, phrases in grammar.COUNTS.items():
        _teach(tree, Meaning(role=Role.MODIFIER, count=count), phrases)
    return tree


def _teach(tree: Tree[Meaning], meaning: Meaning, phrases: Iterable[str]) -> None:
    for phrase in phrases:
        for way in sequences(phrase):
            tree.add(way, meaning)


_GRAMMAR: Final[Mapping[Role, tuple[str, ...]]] = {
    Role.IMPOSSIBLE: world.IMPOSSIBLE,
    Role.ALLOWS: grammar.NO_FORBIDS,
    Role.FORBIDS: grammar.FORBIDS,
    Role.FORBIDS_PLAIN: grammar.FORBIDS_PLAIN,
    Role.THEN: grammar.THEN,
    Role.WHILE: grammar.WHILE,
    Role.AFTER: grammar.AFTER,
    Role.BEFORE: grammar.BEFORE,
    Role.WITH: grammar.WITH,
    Role.BUT: grammar.BUT,
    Role.AND: grammar.AND,
    Role.OR: grammar.OR,
    Role.SIDE: ("{to_side}", "with/using {his} {side} (eye/one)", "({his}) {side} eye"),
    Role.SUBJECT: world.SUBJECTS,
    Role.OTHER: world.OTHERS,
    Role.FUNCTION: world.FUNCTION_WORDS,
}
