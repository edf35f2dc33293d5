"""What a listener keeps in mind from one word to the next: a *no*, the clause, the sentence, the last wish.

A *no* holds for the next happening of its clause, over at most two unknown words. It goes on over *or*, over the commas
of a list that ends in *or*, and over *and* where grammar says so: *without smiling and blinking*, *does not smile and
blink*. Otherwise it ends with the clause: *she never smiles and winks* winks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from ..values import dataclass
from .lexicon.matching import Found
from .lexicon.table import Meaning, Role
from .wishes import Link, Wish

FORGOTTEN: Final = 2
"""A *no* holds over so many unknown words."""
LINKS: Final[Mapping[Role, tuple[Link, Link]]] = {
    Role.WITH: ("with", "with"),
    Role.WHILE: ("with", "with"),
    Role.AFTER: ("then", "earlier"),
    Role.BEFORE: ("earlier", "then"),
    Role.BUT: ("next", "next"),
}
"""How the second clause follows if the joint stands at the head of the sentence, and how the next does inside it."""


@dataclass(slots=True)
class No:
    """A *no* that still holds."""

    words: tuple[int, ...]
    is_plain: bool
    """It came with a helping verb (*does not*), after which verbs stand in their plain form."""
    unknown: int = 0
    is_used: bool = False
    is_lasting: bool = False
    after_and: bool = False

    def holds(self, verb: str, *, is_lasting: bool) -> bool:
        """Return whether it forbids a happening that begins with that word."""
        if not self.after_and:
            return True
        return is_lasting if self.is_lasting else self.is_plain and not verb.endswith(("s", "ing", "ed"))


@dataclass(slots=True)
class Clause:
    """What was heard since the last sign, and since the last happening."""

    link: Link = "next"
    waiting: list[Found[Meaning]] = field(default_factory=list)
    """Adverbs and numbers before their happening."""
    is_near: bool = False
    """Nothing but adverbs was heard since the last happening."""
    has_actor: bool = False
    is_of_another: bool = False
    after_with: bool = False
    """Who is named after *with* acts in *with her hair dancing*, and not in *with dark hair dances*."""
    is_joined: bool = False
    """An *and* was heard since the last happening."""

    def is_done_by_another(self, *, is_lasting: bool) -> bool:
        """Return whether the next happening is not the person's."""
        return self.is_of_another and (is_lasting or not self.after_with)


@dataclass(slots=True)
class Sentence:
    """What was heard since the last full stop."""

    fronted: Link | None = None
    """It began with *while*, *after* or *before*: so its second clause follows the first."""
    had_comma: bool = False
    is_bracket: bool = False


@dataclass(slots=True)
class Memory:
    """All of it; `last` is the last wish of the sentence that is not forbidden."""

    no: No | None = None
    clause: Clause = field(default_factory=Clause)
    sentence: Sentence = field(default_factory=Sentence)
    last: Wish | None = None

    def no_for(self, verb: str, *, is_lasting: bool) -> No | None:
        """Return the *no* that forbids a happening which begins with that word; it is used by that."""
        no = self.no
        if no is None or not no.holds(verb, is_lasting=is_lasting):
            self.no = None
            return None
        no.is_used, no.is_lasting, no.unknown, no.after_and = True, is_lasting, 0, False
        return no

    def link(self, *, is_lasting: bool) -> Link:
        """Return how the next happening follows the last, and use up what was heard about it."""
        sentence, clause = self.sentence, self.clause
        if self.last is None:
            return clause.link
        if sentence.fronted and (sentence.had_comma or not clause.is_joined):
            link, sentence.fronted = sentence.fronted, None
            return link
        if clause.link != "next":
            return clause.link
        return "with" if sentence.is_bracket or self.last.is_lasting != is_lasting else "next"

    def new_actor(self) -> None:
        """Take in a *she*: a *no* that was used does not hold for what she does now."""
        if self.no is not None and self.no.is_used:
            self.no = None

    def unknown(self, word: str) -> None:
        """Take in what is not known: it ends what touched or waited; after *wearing* no noun is the one who acts."""
        clause = self.clause
        clause.is_near = False
        clause.waiting.clear()
        clause.has_actor = clause.has_actor or word.endswith("ing")
        if clause.link == "with" and not self.sentence.fronted:
            clause.link = "next"
        if self.no is not None:
            self.no.unknown += 1
            self.no = self.no if self.no.unknown <= FORGOTTEN else None

    def join(self, role: Role) -> None:
        """Take in a joint."""
        clause = self.clause
        clause.is_near, clause.has_actor, clause.is_of_another, clause.is_joined = False, False, False, True
        if role in {Role.AND, Role.OR}:
            self._go_on(is_or=role is Role.OR)
            return
        self.no = None
        clause.waiting.clear()
        clause.after_with = role is Role.WITH
        if role is Role.THEN:
            self.clause = Clause(link="then", is_joined=True)
        elif self.last is None:
            self.sentence.fronted = LINKS[role][0]
        else:
            clause.link = LINKS[role][1]

    def _go_on(self, *, is_or: bool) -> None:
        """*Or* carries a *no* on; after *and* grammar decides."""
        if self.no is not None and is_or:
            self.no.unknown = 0
        elif self.no is not None and self.no.is_used:
            self.no.after_and = True
        else:
            self.no = None

    def comma(self, *, waiting: list[Found[Meaning]], ends_no: bool) -> None:
        """Take in a comma, over which some adverbs still wait: *Slowly, she turns*."""
        self.no = None if ends_no else self.no
        if self.last is not None:
            self.sentence.had_comma = True
        else:
            self.sentence.fronted = None
        self.clause = Clause(link="then" if self.clause.link == "then" else "next", waiting=waiting)

    def stop(self, *, is_bracket: bool) -> None:
        """Take in the end of a sentence; before a bracket a joint and a *no* hold: *then [Pan left]*, *no [Shake]*."""
        self.no = self.no if is_bracket else None
        self.clause = Clause(link=self.clause.link if is_bracket else "next")
        self.sentence, self.last = Sentence(is_bracket=is_bracket), None
