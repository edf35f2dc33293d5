"""The signs between words: where a sentence or a list ends, and the commands that stand in brackets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from .beats import KINDS, Kind
from .lexicon.camera import COMMANDS
from .lexicon.matching import Found
from .lexicon.table import Meaning, Role
from .lexicon.tokens import Token

OPENING: Final = frozenset("[【")
CLOSING: Final = frozenset("]】")
QUOTES: Final = {'"': '"', "\u201c": "\u201d", "「": "」"}
"""Signs around what somebody says, each with the one that closes it."""
STOPS: Final = frozenset('.!?;。()"\u201c\u201d') | {"..."} | OPENING | CLOSING
COMMAS: Final = frozenset(",、:\u2014")
LISTING: Final = "、"
"""The Chinese comma between the members of a list: a *no* goes on over it."""
_KIND: Final[Mapping[str, Kind]] = {kind: kind for kind in KINDS}
_ENDS_A_LIST: Final = frozenset({Role.AND, Role.BUT, Role.THEN, Role.WHILE, Role.FORBIDS, Role.FORBIDS_PLAIN})


def commands(tokens: Sequence[Token]) -> Iterator[tuple[int, tuple[Kind, int]]]:
    """Give the commands in brackets, each with its first token, its kind, and the token after it."""
    part: int | None = None
    for at, token in enumerate(tokens):
        if token.key in OPENING:
            part = at + 1
        elif part is not None and (token.key in COMMAS or token.key in CLOSING):
            words = [each.key for each in tokens[part:at]]
            command = COMMANDS.get(" ".join(words)) or COMMANDS.get("".join(words))
            if command is not None:
                yield part, (_KIND[command], at)
            part = at + 1 if token.key in COMMAS else None


def lists_that_end_in_or(tokens: Sequence[Token], found: Mapping[int, Found[Meaning]]) -> frozenset[int]:
    """Return the commas after which, in the same sentence and before any other joint, an *or* comes."""
    goes_on, commas = False, set()
    for at in range(len(tokens) - 1, -1, -1):
        if tokens[at].key in STOPS:
            goes_on = False
        elif tokens[at].key == LISTING or (tokens[at].key in COMMAS and goes_on):
            commas.add(at)
        elif at in found:
            role = found[at].what.role
            goes_on = role is Role.OR or (goes_on and role not in _ENDS_A_LIST)
    return frozenset(commas)
