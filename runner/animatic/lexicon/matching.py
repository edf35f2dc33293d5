"""Phrases found in a prompt: a tree of words, walked once from each word; of what overlaps, the longest wins.

A phrase has at most a dozen words, and between two of them at most three modifiers are stepped over, so that the work
for each word of a prompt is bounded, and the whole grows as the prompt does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Final, Generic, TypeVar

from ...values import dataclass
from .notation import CAPTURES, Label, words_of
from .tokens import Token

STEPPED_OVER: Final = 3
"""Modifiers that may stand inside one phrase."""

NO_MODIFIERS: Final[Mapping[int, int]] = {}

What = TypeVar("What")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found(Generic[What]):
    """A phrase in a prompt, from its first token to its last.

    `words` are the tokens of the phrase itself, `over` those at which a modifier begins that stands inside.
    """

    what: What
    words: tuple[int, ...]
    over: tuple[int, ...] = ()
    captured: tuple[tuple[Label, str], ...] = ()

    @property
    def start(self) -> int:
        """Return the first token."""
        return self.words[0]

    @property
    def end(self) -> int:
        """Return the token after the last."""
        return self.words[-1] + 1


@dataclass(slots=True)
class _Node(Generic[What]):
    steps: dict[Label, _Node[What]] = field(default_factory=dict)
    meanings: list[What] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk(Generic[What]):
    """How far one reading of the tokens has come."""

    node: _Node[What]
    at: int
    words: tuple[int, ...] = ()
    over: tuple[int, ...] = ()
    captured: tuple[tuple[Label, str], ...] = ()


class Tree(Generic[What]):
    """All phrases of a lexicon, with what each means."""

    def __init__(self) -> None:
        self._root: _Node[What] = _Node()
        self._labels: dict[str, list[Label]] = {}

    def add(self, way: Sequence[Label], what: What) -> None:
        """Teach one way to say a thing."""
        node = self._root
        for label in way:
            for word in words_of(label):
                labels = self._labels.setdefault(word, [])
                if label not in labels:
                    labels.append(label)
            node = node.steps.setdefault(label, _Node())
        if what not in node.meanings:
            node.meanings.append(what)

    def at(
        self, tokens: Sequence[Token], start: int, *, modifiers: Mapping[int, int] = NO_MODIFIERS
    ) -> Iterator[Found[What]]:
        """Give every phrase that begins at a token; `modifiers` tells where one begins, and the token after it."""
        walks = [_Walk(node=self._root, at=start)]
        while walks:
            walk = walks.pop()
            if walk.words and walk.words[-1] == walk.at - 1:
                for what in walk.node.meanings:
                    yield Found(what=what, words=walk.words, over=walk.over, captured=walk.captured)
            if walk.at < len(tokens):
                walks += self._further(walk, tokens[walk.at].key)
            if walk.words and walk.at in modifiers and len(walk.over) < STEPPED_OVER:
                walks.append(replace(walk, at=modifiers[walk.at], over=(*walk.over, walk.at)))

    def _further(self, walk: _Walk[What], word: str) -> Iterator[_Walk[What]]:
        for label in self._labels.get(word, ()):
            if (node := walk.node.steps.get(label)) is not None:
                captured = ((label, word),) if label in CAPTURES else ()
                yield _Walk(
                    node=node, at=walk.at + 1, words=(*walk.words, walk.at), over=walk.over,
                    captured=walk.captured + captured,
                )  # fmt: skip


def longest(found: Iterable[Found[What]], tokens: Sequence[Token], *, rank: Callable[[What], int]) -> list[Found[What]]:
    """Return phrases that do not overlap, in order: the longest in letters wins, then the first, then the rank."""

    def order(one: Found[What]) -> tuple[int, int, int, int]:
        letters = tokens[one.end - 1].end - tokens[one.start].start
        return (-letters, one.start, rank(one.what), -len(one.words))

    taken = [False] * len(tokens)
    kept = []
    for one in sorted(found, key=order):
        if not any(taken[one.start : one.end]):
            taken[one.start : one.end] = [True] * (one.end - one.start)
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)
