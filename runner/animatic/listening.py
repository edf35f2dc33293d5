"""From phrases to wishes: what is asked for and forbidden, how, on which side, and bound to what.

The listener goes through the phrases of a prompt once, from left to right, and keeps what a person would keep in mind:
whether a *no* still holds, whether what comes next comes later or together, which adverb waits for its verb, and
whether somebody else is acting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from .beats import KINDS, Kind, Side
from .lexicon.grammar import PARTICLES
from .lexicon.matching import Found
from .lexicon.table import Meaning, Role, find, modifier_at, number_of
from .lexicon.tokens import Token
from .lexicon.world import NOMINATIVES, PREPOSITIONS
from .memory import Clause, Memory, No
from .sides import named_side, side_of
from .signs import COMMAS, OPENING, QUOTES, STOPS, commands, lists_that_end_in_or
from .wishes import Link, Wish

KIND: Final[Mapping[str, Kind]] = {kind: kind for kind in KINDS}
BOTH_SIDES: Final[Mapping[str, Kind]] = {"look_around": "look_aside", "turn_both": "turn"}
"""In the tables kinds of their own: the same to one side, then to the other."""
IN_PART: Final[Mapping[str, Kind]] = {"cry": "sad"}
"""In the tables kinds of their own, of which a face can show that much."""


class Listener:
    """Goes through a prompt's tokens once, when it is made.

    `wishes` stand in order of mention; `roles` tells what each token was taken for, and lacks what is not known.
    """

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.wishes: list[Wish] = []
        self._tokens = tokens
        self._found = {one.start: one for one in find(tokens)}
        self.roles = {at: Role.FUNCTION for at, token in enumerate(tokens) if token.key in PARTICLES}
        self.roles |= {at: one.what.role for one in self._found.values() for at in one.words}
        self._commands = dict(commands(tokens))
        self._goes_on = lists_that_end_in_or(tokens, self._found)
        self._memory = Memory()
        at = 0
        while at < len(tokens):
            at = self._hear(at)
        self._bind_the_last_two()

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
            return self._sign(at)
        if (number := number_of(token.key)) is not None and not token.is_han:
            self._memory.clause.waiting.append(Found(what=Meaning(role=Role.MODIFIER, count=number), words=(at,)))
            self._memory.clause.is_near = False
        else:
            self._memory.unknown(token.key)
        return at + 1

    def _phrase(self, found: Found[Meaning]) -> None:
        match found.what.role:
            case Role.BEAT:
                self._beat(found)
            case Role.UNMOVED:
                for kind in found.what.kinds:
                    self._wish(kind, words=found.words, is_forbidden=True)
            case Role.MODIFIER:
                self._modifier(found)
            case Role.FORBIDS | Role.FORBIDS_PLAIN:
                self._memory.no = No(words=found.words, is_plain=found.what.role is Role.FORBIDS_PLAIN)
                self._memory.clause.is_near = False
            case Role.SIDE:
                self._side(found)
            case Role.FUNCTION if self._tokens[found.start].key in PARTICLES:
                pass  # it belongs to the verb before it
            case Role.SUBJECT | Role.OTHER | Role.FUNCTION | Role.ALLOWS:
                self._noun(found)
            case Role.IMPOSSIBLE:
                self._memory.unknown(self._tokens[found.start].key)
            case _:
                self._memory.join(found.what.role)

    def _beat(self, found: Found[Meaning]) -> None:
        if self._memory.clause.is_done_by_another(is_lasting=self._is_lasting(found)):
            self._memory.unknown("")
            return
        is_both = found.what.kind in BOTH_SIDES
        kind = self._kind(found)
        side = "left" if is_both else side_of(kind, found)
        self._wish(
            kind, words=found.words, side=side, is_lasting=self._is_lasting(found), in_part=found.what.kind in IN_PART
        )
        for at in found.over:
            if (modifier := modifier_at(self._tokens, at)) is not None:
                self._change_last(self.wishes[-1].modified(modifier))
        if is_both and not self.wishes[-1].is_forbidden:
            self._repeat(self.wishes[-1], side="right", link="next")

    def _kind(self, found: Found[Meaning]) -> Kind:
        """Return the kind of beat that is meant: who looked away, and turns to the camera, comes back."""
        named = found.what.kind
        if named == "turn_to_camera":
            return "look_back" if any(wish.leads_away for wish in self.wishes) else "turn"
        return BOTH_SIDES.get(named) or IN_PART.get(named) or KIND[named.format(side=named_side(found))]

    def _is_lasting(self, found: Found[Meaning]) -> bool:
        after = [self._tokens[found.end].key] if found.end < len(self._tokens) else []
        inside = [self._tokens[at].key for at in (*found.words, *found.over)]
        return "着" in {*inside, *after} or any(word.endswith("ing") for word in inside)

    def _repeat(self, wish: Wish, *, side: Side, link: Link) -> None:
        self._memory.last = replace(wish, side=side, link=link)
        self.wishes.append(self._memory.last)
        self._memory.clause = Clause(is_near=True, has_actor=True)

    def _change_last(self, wish: Wish) -> None:
        self._memory.last = wish if self._memory.last is self.wishes[-1] else self._memory.last
        self.wishes[-1] = wish

    def _wish(
        self, kind: Kind, *, words: tuple[int, ...], side: Side | None = None, is_lasting: bool = False,
        is_forbidden: bool = False, in_part: bool = False,
    ) -> None:  # fmt: skip
        no = self._memory.no_for(self._tokens[words[0]].key, is_lasting=is_lasting)
        is_forbidden = is_forbidden or no is not None
        wish = Wish(
            kind=kind, link="next" if is_forbidden else self._memory.link(is_lasting=is_lasting), side=side,
            words=(*no.words, *words) if no else words, is_lasting=is_lasting, is_forbidden=is_forbidden,
            in_part=in_part,
        )  # fmt: skip
        for modifier in self._memory.clause.waiting:
            wish = wish.modified(modifier)
        self.wishes.append(wish)
        self._memory.last = self._memory.last if is_forbidden else wish
        self._memory.clause = Clause(
            link=self._memory.clause.link if is_forbidden else "next", is_near=True, has_actor=True
        )

    def _modifier(self, found: Found[Meaning]) -> None:
        """In Chinese an adverb stands before its verb; else it belongs to the happening that it touches."""
        is_before = self._tokens[found.start].is_han and found.what.count is None
        is_before = is_before and self._tokens[found.start].key != "得"
        if self._memory.clause.is_near and not is_before:
            self._change_last(self.wishes[-1].modified(found))
        else:
            self._memory.clause.waiting.append(found)

    def _side(self, found: Found[Meaning]) -> None:
        """A side alone completes the last happening, or repeats it on the other side: *looks left, then right*."""
        clause, last = self._memory.clause, self._memory.last
        side = side_of(last.kind, found) if last is not None and last is self.wishes[-1] else None
        is_another = clause.is_joined or clause.link != "next" or self._memory.sentence.had_comma
        if last is None or side is None or (last.side is not None) is not is_another:
            self._memory.unknown("")
        elif is_another:
            link: Link = "then" if clause.link == "then" else "next"
            self._repeat(replace(last, words=found.words, count=1, count_words=()), side=side, link=link)
        else:
            self._change_last(replace(last, side=side, words=(*last.words, *found.words)))

    def _noun(self, found: Found[Meaning]) -> None:
        """Somebody or a small word: adjectives that waited were about them, and no happening is touched any more."""
        clause = self._memory.clause
        clause.is_near = False
        if found.what.role is Role.SUBJECT or self._tokens[found.start].key in NOMINATIVES:
            self._memory.new_actor()
        if found.what.role is Role.OTHER:
            clause.is_of_another = not clause.has_actor
            clause.waiting.clear()
        elif found.what.role is Role.SUBJECT:
            clause.waiting = [one for one in clause.waiting if self._is_adverb(one)]
            clause.has_actor, clause.is_of_another = True, False
        elif any(self._tokens[at].key in PREPOSITIONS for at in found.words):
            clause.has_actor = True

    def _sign(self, at: int) -> int:
        """Take in a sign, and what is quoted after *says*, which is no happening; return the token after it."""
        key = self._tokens[at].key
        says = self._memory.last is not None and self._memory.last.kind == "talk"
        self._bind_the_last_two()
        if says and key in QUOTES and (end := self._quote_end(at)) is not None:
            return end
        if key in STOPS:
            self._memory.stop(is_bracket=key in OPENING)
        elif key in COMMAS:
            waiting = [one for one in self._memory.clause.waiting if self._is_adverb(one)]
            self._memory.comma(waiting=waiting, ends_no=at not in self._goes_on)
        else:
            self._memory.clause.is_near = False
        return at + 1

    def _quote_end(self, at: int) -> int | None:
        closing = QUOTES[self._tokens[at].key]
        ends = (end + 1 for end in range(at + 1, len(self._tokens)) if self._tokens[end].key == closing)
        return next(ends, None)

    def _is_adverb(self, modifier: Found[Meaning]) -> bool:
        """Return whether it can stand apart from its verb: *slowly, she turns*, but not *a little girl*."""
        return self._tokens[modifier.words[-1]].key.endswith(("ly", "地"))

    def _bind_the_last_two(self) -> None:
        """*Nods and smiles at the same time*: what ends a clause binds what it had."""
        last = self._memory.last
        if self._memory.clause.link == "with" and last is not None and last is self.wishes[-1] and last.link == "next":
            self._change_last(replace(last, link="with"))
