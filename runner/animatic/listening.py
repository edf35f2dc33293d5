"""From phrases to wishes: what is asked for and forbidden, how, on which side, and bound to what.

The listener goes through the phrases of a prompt once, from left to right, and keeps what a person would keep in mind:
whether a *no* still holds, whether what comes next comes later or together, which adverb waits for its verb, and
whether somebody else is acting.

A *no* holds for the next happening of its clause, over at most two unknown words. It goes on over *or*, over the commas
of a list that ends in *or*, and over *and* where grammar says so: *without smiling and blinking*, *does not smile and
blink*. Otherwise it ends with the clause: *she never smiles and winks* winks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from .beats import KINDS, Kind, Side
from .lexicon.grammar import NOMINATIVES, PREPOSITIONS, SIDES
from .lexicon.matching import Found
from .lexicon.table import Meaning, Role, find, modifier_at, number_of
from .lexicon.tokens import Token
from .signs import COMMAS, OPENING, STOPS, commands, lists_that_end_in_or
from .wishes import Link, Wish

SIDED: Final[frozenset[Kind]] = frozenset({"wink", "turn", "tilt_head", "look_aside", "orbit"})
"""Kinds that have a side beside their name."""
KIND: Final[Mapping[str, Kind]] = {kind: kind for kind in KINDS}
MIRRORED: Final[Mapping[Side, Side]] = {"left": "right", "right": "left"}
FORGOTTEN: Final = 2
"""A *no* holds over so many unknown words."""


@dataclass(slots=True)
class _No:
    """A *no* that still holds."""

    words: tuple[int, ...]
    is_plain: bool
    """It came with a helping verb (*does not*), after which verbs stand in their plain form."""
    unknown: int = 0
    is_used: bool = False
    is_lasting: bool = False
    after_and: bool = False


@dataclass(slots=True)
class _Clause:
    """What was heard since the last sign, and since the last happening."""

    link: Link = "next"
    waiting: list[Found[Meaning]] = field(default_factory=list)
    """Adverbs and numbers before their happening."""
    is_near: bool = False
    """Nothing but adverbs was heard since the last happening."""
    has_actor: bool = False
    is_of_another: bool = False
    is_joined: bool = False
    """An *and* was heard since the last happening."""


@dataclass(slots=True)
class _Sentence:
    """What was heard since the last full stop."""

    fronted: Link | None = None
    """It began with *while*, *after* or *before*: so its second clause follows the first."""
    had_comma: bool = False
    is_bracket: bool = False


class Listener:
    """Goes through a prompt's tokens once, when it is made.

    `wishes` stand in order of mention; `roles` tells what each token was taken for, and lacks what is not known.
    """

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.wishes: list[Wish] = []
        self._tokens = tokens
        self._found = {one.start: one for one in find(tokens)}
        self.roles = {at: one.what.role for one in self._found.values() for at in one.words}
        self._commands = dict(commands(tokens))
        self._goes_on = lists_that_end_in_or(tokens, self._found)
        self._no: _No | None = None
        self._clause = _Clause()
        self._sentence = _Sentence()
        self._last: Wish | None = None
        at = 0
        while at < len(tokens):
            at = self._hear(at)

    def _hear(self, at: int) -> int:
        """Take in what begins at a token, and return the token after it."""
        token = self._tokens[at]
        if at in self._commands:
            kind, end = self._commands[at]
            self._wish(kind, words=tuple(range(at, end)))
            return end
        if (found := self._found.get(at)) is not None:
            self._phrase(found)
            return found.end
        if not token.is_word:
            self._sign(at)
        elif (number := number_of(token.key)) is not None and not token.is_han:
            self._clause.waiting.append(Found(what=Meaning(role=Role.MODIFIER, count=number), words=(at,)))
            self._clause.is_near = False
        else:
            self._unknown(token.key)
        return at + 1

    def _phrase(self, found: Found[Meaning]) -> None:
        match found.what.role:
            case Role.BEAT:
                self._beat(found)
            case Role.UNMOVED:
                self._wish(KIND[found.what.kind], words=found.words, is_forbidden=True)
            case Role.MODIFIER:
                self._modifier(found)
            case Role.FORBIDS | Role.FORBIDS_PLAIN:
                self._no = _No(words=found.words, is_plain=found.what.role is Role.FORBIDS_PLAIN)
                self._clause.is_near = False
            case Role.SIDE:
                self._side(found)
            case Role.SUBJECT | Role.OTHER | Role.FUNCTION | Role.ALLOWS:
                self._noun(found)
            case Role.IMPOSSIBLE:
                self._unknown(self._tokens[found.start].key)
            case _:
                self._join(found)

    def _beat(self, found: Found[Meaning]) -> None:
        if self._clause.is_of_another:
            self._unknown("")
            return
        side = next((SIDES[word] for label, word in found.captured if label == "{side}"), None)
        kind = KIND[found.what.kind.format(side=side)]
        if side and kind != "wink" and any(label == "{mirrored}" for label, _ in found.captured):
            side = MIRRORED[side]
        inside = [self._tokens[at].key for at in (*found.words, *found.over)]
        after = self._tokens[found.end].key if found.end < len(self._tokens) else ""
        is_lasting = "着" in {*inside, after} or any(word.endswith("ing") for word in inside)
        self._wish(kind, words=found.words, side=side if kind in SIDED else None, is_lasting=is_lasting)
        for at in found.over:
            if (modifier := modifier_at(self._tokens, at)) is not None:
                self._change_last(self.wishes[-1].modified(modifier))

    def _change_last(self, wish: Wish) -> None:
        self._last = wish if self._last is self.wishes[-1] else self._last
        self.wishes[-1] = wish

    def _wish(
        self, kind: Kind, *, words: tuple[int, ...], side: Side | None = None, is_lasting: bool = False,
        is_forbidden: bool = False,
    ) -> None:  # fmt: skip
        no = self._no_for(words[0], is_lasting=is_lasting)
        is_forbidden = is_forbidden or no is not None
        wish = Wish(
            kind=kind, link="next" if is_forbidden else self._link(is_lasting=is_lasting), side=side,
            is_lasting=is_lasting, words=(*no.words, *words) if no else words, is_forbidden=is_forbidden,
        )  # fmt: skip
        for modifier in self._clause.waiting:
            wish = wish.modified(modifier)
        self.wishes.append(wish)
        self._last = self._last if is_forbidden else wish
        self._clause = _Clause(link=self._clause.link if is_forbidden else "next", is_near=True, has_actor=True)

    def _no_for(self, first: int, *, is_lasting: bool) -> _No | None:
        """Return the *no* that forbids a happening which begins with that token."""
        no = self._no
        if no is None:
            return None
        is_same_form = is_lasting if no.is_lasting else no.is_plain and _is_plain(self._tokens[first].key)
        if no.is_used and no.after_and and not is_same_form:
            self._no = None
            return None
        no.is_used, no.is_lasting, no.unknown, no.after_and = True, is_lasting, 0, False
        return no

    def _link(self, *, is_lasting: bool) -> Link:
        """Return how the next happening follows the last, and use up what was heard about it."""
        sentence, clause = self._sentence, self._clause
        if self._last is None:
            return clause.link
        if sentence.fronted and (sentence.had_comma or not clause.is_joined):
            link, sentence.fronted = sentence.fronted, None
            return link
        if clause.link != "next":
            return clause.link
        return "with" if sentence.is_bracket or self._last.is_lasting != is_lasting else "next"

    def _modifier(self, found: Found[Meaning]) -> None:
        """In Chinese an adverb stands before its verb; else it belongs to the happening that it touches."""
        is_before = self._tokens[found.start].is_han and found.what.count is None
        is_before = is_before and self._tokens[found.start].key != "得"
        if self._clause.is_near and not is_before:
            self._change_last(self.wishes[-1].modified(found))
        else:
            self._clause.waiting.append(found)

    def _side(self, found: Found[Meaning]) -> None:
        """A side alone completes the last happening, or repeats it on the other side: *looks left, then right*."""
        side = next(SIDES[word] for label, word in found.captured if label == "{side}")
        is_mirrored = any(label == "{mirrored}" for label, _ in found.captured)
        last = self.wishes[-1] if self.wishes else None
        if last is None or last is not self._last or last.kind not in SIDED:
            self._unknown("")
            return
        side = MIRRORED[side] if is_mirrored and last.kind != "wink" else side
        is_another = self._clause.is_joined or self._clause.link != "next" or self._sentence.had_comma
        if last.side is None and not is_another:
            self._change_last(replace(last, side=side, words=(*last.words, *found.words)))
        elif last.side is not None and is_another:
            link: Link = "then" if self._clause.link == "then" else "next"
            self._last = replace(last, side=side, words=found.words, link=link, count=1, count_words=())
            self.wishes.append(self._last)
            self._clause = _Clause(is_near=True, has_actor=True)
        else:
            self._unknown("")

    def _noun(self, found: Found[Meaning]) -> None:
        """Somebody or a small word: adjectives that waited were about them, and no happening is touched any more."""
        clause = self._clause
        clause.is_near = False
        if found.what.role is Role.SUBJECT or self._tokens[found.start].key in NOMINATIVES:
            self._no = None if self._no and self._no.is_used else self._no
        if found.what.role is Role.OTHER:
            clause.is_of_another = not clause.has_actor
            clause.waiting.clear()
        elif found.what.role is Role.SUBJECT:
            clause.waiting = [one for one in clause.waiting if self._tokens[one.words[-1]].key.endswith(("ly", "地"))]
            clause.has_actor, clause.is_of_another = True, False
        elif any(self._tokens[at].key in PREPOSITIONS for at in found.words):
            clause.has_actor = True

    def _unknown(self, word: str) -> None:
        """What is not known ends what touched or waited; after *wearing* no noun is the one who acts."""
        clause = self._clause
        clause.is_near = False
        clause.waiting.clear()
        clause.has_actor = clause.has_actor or word.endswith("ing")
        if clause.link == "with" and not self._sentence.fronted:
            clause.link = "next"
        if self._no is not None:
            self._no.unknown += 1
            if self._no.unknown > FORGOTTEN:
                self._no = None

    def _join(self, found: Found[Meaning]) -> None:
        clause, role = self._clause, found.what.role
        clause.is_near, clause.has_actor, clause.is_of_another = False, False, False
        clause.is_joined = True
        if role in {Role.AND, Role.OR}:
            self._go_on(is_or=role is Role.OR)
            return
        self._no = None
        if role is Role.THEN:
            self._clause = _Clause(link="then", is_joined=True)
        elif role in _LINKS:
            fronted, inside = _LINKS[role]
            if self._last is None:
                self._sentence.fronted = fronted
            else:
                clause.link = inside

    def _go_on(self, *, is_or: bool) -> None:
        """*Or* carries a *no* on; after *and* grammar decides."""
        if self._no is not None and is_or:
            self._no.unknown = 0
        elif self._no is not None and self._no.is_used:
            self._no.after_and = True
        else:
            self._no = None

    def _sign(self, at: int) -> None:
        key = self._tokens[at].key
        if key in STOPS:
            is_bracket = key in OPENING
            self._no = self._no if is_bracket else None
            self._sentence, self._last = _Sentence(is_bracket=is_bracket), None
            self._clause = _Clause(link=self._clause.link if is_bracket else "next")
        elif key in COMMAS:
            self._comma(at)
        else:
            self._clause.is_near = False

    def _comma(self, at: int) -> None:
        if at not in self._goes_on:
            self._no = None
        if self._last is not None:
            self._sentence.had_comma = True
        else:
            self._sentence.fronted = None
        waiting = [one for one in self._clause.waiting if self._tokens[one.words[-1]].key.endswith("ly")]
        self._clause = _Clause(link="then" if self._clause.link == "then" else "next", waiting=waiting)


_LINKS: Final[Mapping[Role, tuple[Link, Link]]] = {
    Role.WITH: ("with", "with"),
    Role.WHILE: ("with", "with"),
    Role.AFTER: ("then", "earlier"),
    Role.BEFORE: ("earlier", "then"),
    Role.BUT: ("next", "next"),
}
"""How the second clause follows when the joint stands at the head of the sentence, and how the next does inside it."""


def _is_plain(verb: str) -> bool:
    return not verb.endswith(("s", "ing", "ed"))
