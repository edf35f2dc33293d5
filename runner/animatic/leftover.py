"""The words of a prompt, said again: what was obeyed, and what is left when all that was obeyed is taken away."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from .lexicon.table import Role
from .lexicon.tokens import Token
from .lexicon.world import PREPOSITIONS

SMALL: Final = frozenset({Role.FUNCTION, Role.ALLOWS, Role.AND, Role.OR, Role.WITH, Role.FORBIDS, Role.FORBIDS_PLAIN})
"""Words that say nothing alone."""
BETWEEN: Final = frozenset({Role.THEN, Role.WHILE, Role.BUT, Role.AFTER, Role.BEFORE, Role.SUBJECT})
"""Words that part what is left on their two sides."""
PLACES: Final = frozenset("上下里中")
"""Small words that end a Chinese phrase of place, and stay with it."""


def said(prompt: str, tokens: Sequence[Token], words: Sequence[int]) -> str:
    """Return tokens as they were written, with a space (in Chinese none) where something between is left out."""
    text = ""
    for before, at in zip((None, *words), words, strict=False):
        if before is not None:
            gap = prompt[tokens[before].end : tokens[at].start] if at == before + 1 else " "
            text += "" if gap == " " and at != before + 1 and tokens[at].is_han else gap
        text += prompt[tokens[at].start : tokens[at].end]
    return " ".join(text.split())


def leftovers(
    prompt: str, tokens: Sequence[Token], *, used: Collection[int], roles: Mapping[int, Role]
) -> tuple[str, ...]:
    """Return what was asked and not obeyed, each once: *on a beach*; small words at its edges are left out."""
    runs = (_trimmed(run, tokens, roles) for run in _runs(tokens, used, roles))
    return tuple(dict.fromkeys(said(prompt, tokens, run) for run in runs if run))


def _runs(tokens: Sequence[Token], used: Collection[int], roles: Mapping[int, Role]) -> Iterator[list[int]]:
    run: list[int] = []
    for at, token in enumerate(tokens):
        if token.is_word and at not in used and roles.get(at) not in BETWEEN:
            run.append(at)
        else:
            yield run
            run = []
    yield run


def _trimmed(run: list[int], tokens: Sequence[Token], roles: Mapping[int, Role]) -> list[int]:
    if all(roles.get(at) in SMALL for at in run):
        return []
    first, last = 0, len(run)
    while roles.get(run[first]) in _SAID_OF_NOTHING and tokens[run[first]].key not in PREPOSITIONS:
        first += 1
    while roles.get(run[last - 1]) in SMALL and tokens[run[last - 1]].key not in PLACES:
        last -= 1
    return run[first:last]


_SAID_OF_NOTHING: Final = SMALL - {Role.FORBIDS, Role.FORBIDS_PLAIN}
"""What is cut off in front; a *no* stays: *no hat*."""
