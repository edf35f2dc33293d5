"""A prompt cut into words: a Chinese character is a word, a hyphen or slash inside a word is a space."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from ...values import dataclass

_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN: Final = re.compile(rf"[{_HAN}]|\d+|[^\W\d_{_HAN}]+(?:['\u2019][^\W\d_{_HAN}]+)*|[^\w\s]")
_JOINTS: Final = "-\u2010\u2011/"
TRADITIONAL: Final = str.maketrans(
    "轉頭臉對鏡頭開閉嘆邊後來進遠拉動搖點跑過間對著時語說話講聲張環顧雙聳無沒別從緩輕輕慢燦爛驚訝嚇難過傷憤惱皺視線蹦躍飄",
    "转头脸对镜头开闭叹边后来进远拉动摇点跑过间对着时语说话讲声张环顾双耸无没别从缓轻轻慢灿烂惊讶吓难过伤愤恼皱视线蹦跃飘",
)
"""Traditional characters of the tables, as the simplified ones in which the tables are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One word or sign: `key` is what the tables know, `start` to `end` its place in the prompt."""

    key: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        """Return whether it is a word or a number, and no sign."""
        return self.key[0].isalnum()

    @property
    def is_han(self) -> bool:
        """Return whether it is a Chinese character."""
        return self.key[0] >= "\u3400"


def cut(text: str) -> tuple[Token, ...]:
    """Return the words and signs of a text, in order."""
    found = [Token(key=_key(m.group()), start=m.start(), end=m.end()) for m in _TOKEN.finditer(text)]
    return tuple(token for token in _without_joints(found) if token.key)


def _key(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold().replace("\u2019", "'").translate(TRADITIONAL).strip()


def _without_joints(tokens: list[Token]) -> Iterator[Token]:
    """A joint stands between two words, and touches both."""
    for i, token in enumerate(tokens):
        is_joint = token.key in _JOINTS and 0 < i < len(tokens) - 1
        if is_joint and tokens[i - 1].end == token.start and token.end == tokens[i + 1].start:
            continue
        yield token
