"""What a `#` hides from a reader of YAML, and what a person may have meant as text: `prompt: She smiles #1 fan`.

To YAML a `#` behind a blank begins a comment, so that prompt is `She smiles`. Where any text may stand, no later rule
would miss the rest. A `#` with no blank behind it is refused there, for nobody can tell which was meant. One that has a
blank behind it looks like a comment; behind a prompt, which is what is paid for, it is told all the same. An id or a
tag, which holds no blank, is whole before it: what may be meant as a part of it is told, and refused by nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain
from typing import Final

from yaml.events import ScalarEvent

from .flaws import Flaw, Spot
from .schemas import definition
from .words import Path, clipped, quoted

_EACH: Final = 0
_PROMPTS: Final[frozenset[Path]] = frozenset(
    {("items", _EACH, "prompt"), ("defaults", "prompt"), ("matrix", "prompts", _EACH)}
)
_PORTRAITS: Final[frozenset[Path]] = frozenset({("items", _EACH, "portrait"), ("matrix", "portraits", _EACH)})
_PLACES: Final[frozenset[Path]] = frozenset({("output", "dir"), ("output", "name")})
_REFERENCES: Final = _PORTRAITS | _PLACES
_METADATA: Final[frozenset[Path]] = frozenset({("items", _EACH, "metadata"), ("defaults", "metadata")})
_WORDS: Final[Mapping[Path, str]] = {
    ("name",): "name", ("items", _EACH, "id"): "id",
    ("items", _EACH, "tags", _EACH): "tag", ("defaults", "tags", _EACH): "tag",
}  # fmt: skip
"""What holds no blank, so that text behind one would be no part of it."""
_SIGNS: Final = (re.compile(" #"), re.compile("\t#"))  # ten times as fast as one pattern for both
_CLEAR: Final = re.compile(r"#+[ \t]+\S")
"""A comment as most people write one."""
_HARMLESS: Final = re.compile(r" {0,99}(?:- {1,9}){0,9}(?:#|(?!prompt:)[A-Za-z_][\w-]{0,99}:[ \t]{1,99}[^{\[\s])")
"""The line of a clear comment that hides no prompt: it is all comment, or has another key with a value of its own.

Bounded, as a line may be of any length."""
_IN_BRACKETS: Final = re.compile(r"(?:#[^\n]*+\s*+)++[,\]}]")
"""Comments, and what can follow a text only in brackets."""
_FILE: Final = re.compile(r"\.(?:jpe?g|png|webp|mp4)\s*$", re.IGNORECASE)
"""How the name of a portrait or a video ends."""
_URLS: Final = ("http://", "https://", "s3://")
_REMINDER: Final = (
    "quote all of it if it is one text; quotes around the prompt, or a line of its own, say that it is a comment"
)


class Comments:
    """The comments of a text; `ends` has for each where the text before it ends, and where its `#` stands."""

    def __init__(self, text: str) -> None:
        """Look for them."""
        self._text = text
        self.ends = dict(_ends(text))

    def hidden(self, event: ScalarEvent, path: Path) -> Flaw | None:
        """Return what a comment hides behind the plain text of `event`, where one of `ends` is; None for nothing.

        What is to be refused spoils its place; the rest is worth a word.
        """
        start, end = event.start_mark, event.end_mark
        assert start is not None
        assert end is not None
        sign = self.ends[end.index]
        shape = tuple(_EACH if isinstance(step, int) else step for step in path)
        is_prompt, word = shape in _PROMPTS, _WORDS.get(shape)
        if not (is_prompt or word or shape in _REFERENCES or shape[:-1] in _METADATA):
            return None
        comment = self._line_from(sign)
        is_clear = bool(_CLEAR.match(comment)) or (shape in _REFERENCES and _is_whole(event.value, comment))
        is_below = "\n" in self._text[end.index : sign]
        if is_below and (is_clear or word or _is_entry(comment, shape) or not self._may_go_on(sign, start.index, path)):
            return None
        if is_clear and not is_prompt:
            return None
        return Flaw(
            path=path,
            message=f"found {quoted(event.value)}, and behind it {quoted(comment)}, which is a comment to YAML",
            hint=_REMINDER if is_clear else _advice(comment, word),
            spot=Spot(line=end.line + 1 + is_below, col=self._col(sign)),
            spoils=not is_clear and not word,
        )

    def _may_go_on(self, sign: int, start: int, path: Path) -> bool:
        """Return whether the text that begins at `start` could go on at `sign`: further in than its key or its dash.

        In brackets it could anywhere.
        """
        if _IN_BRACKETS.match(self._text, sign):
            return True
        opener = "- " if isinstance(path[-1], int) else f"{path[-1]}:"
        found = self._text.rfind(opener, 0, start)
        return found >= 0 and self._col(sign) > self._col(found)

    def _line_from(self, sign: int) -> str:
        end = self._text.find("\n", sign)
        return self._text[sign : end if end >= 0 else None].rstrip()

    def _col(self, index: int) -> int:
        return index - self._text.rfind("\n", 0, index)


def _is_whole(reference: str, comment: str) -> bool:
    """Return whether a reference ends before its comment beyond doubt: a URL has no blank, and a name ends once."""
    is_name = _FILE.search(reference) is not None and _FILE.search(comment) is None
    return is_name or reference.startswith(_URLS)


def _is_entry(comment: str, shape: Path) -> bool:
    """Return whether a comment begins as an entry that was commented out does: with a dash, or a key of its place."""
    return (_ENTRY if shape[:-1] in _METADATA else _entry_of_an_item()).match(comment) is not None


_ENTRY: Final = re.compile(r"#+(?:-[ \t]|[A-Za-z_][\w-]*:(?:[ \t]|$))")


@cache
def _entry_of_an_item() -> re.Pattern[str]:
    return re.compile(rf"#+(?:-[ \t]|(?:{'|'.join(definition('item')['properties'])}):(?:[ \t]|$))")


def _advice(comment: str, word: str | None) -> str:
    """Return what to do about what may be text."""
    rest = clipped(comment.lstrip("#").strip())
    otherwise = f"write # {rest} for a comment" if rest else "remove the #"
    return f"{otherwise}; no {word} holds a blank" if word else f"quote all of it if it is one text, or {otherwise}"


def _ends(text: str) -> Iterator[tuple[int, int]]:
    """Yield where a text would end, and where the `#` stands that begins a comment behind it or in the next line.

    What is surely harmless is left out, so that most manifests have none to look for.
    """
    for line, sign in chain.from_iterable(_signs(text, pattern) for pattern in _SIGNS):
        if _CLEAR.match(text, sign) and _HARMLESS.match(text, line):
            continue
        end = _without_blanks(text, sign)
        if text[end - 1 : end] == "\n":
            end = _without_blanks(text, end - 1 - text.endswith("\r", 0, end - 1))
        yield end, sign


def _signs(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield the beginning of the line and the place of each `#` behind a blank; a line may have millions."""
    line = seen = 0
    for found in pattern.finditer(text):
        line = text.rfind("\n", seen, found.start()) + 1 or line
        seen = found.end()
        yield line, seen - 1


def _without_blanks(text: str, end: int) -> int:
    while end and text[end - 1] in " \t":
        end -= 1
    return end
