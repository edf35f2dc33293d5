"""What a person sees of a prompt: no doubled blanks, no parts of an accent, and no character that is not shown.

Unicode names what is not shown (Default_Ignorable_Code_Point). Most of it leaves a text as it is. The rest does
something to what stands beside it: in scripts that join their letters, in emoji, in variants of a character, where a
text is read from right to left. There its work is seen, and it is kept.
"""

from __future__ import annotations

import re
from typing import Final
from unicodedata import bidirectional, category

from ...spelling import composed

_SHAPERS: Final = (
    "\u180b-\u180f\u200c\u200d\ufe00-\ufe0f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0020-\U000e007f"
    "\U000e0100-\U000e01ef"
)
"""Joiners, variation selectors, the letters of a flag, and what ties notes and shorthand."""
_SHAPER: Final = re.compile(f"[{_SHAPERS}]")
_IDLE: Final = re.compile(f"(?<![^\0-\u024f])(?<![#*0-9\xa9\xae](?=[\ufe00-\ufe0f]))[{_SHAPERS}]+(?![^\0-\u024f])")
"""Those with nothing but Latin letters beside them, which they do nothing to; a few signs have variants."""
_DIRECTIONS: Final = dict.fromkeys(map(ord, "\u200e\u202a\u202c\u202d\u2066\u2068\u2069"))
"""What turns a text to read from left to right, which changes nothing where it is read so anyway."""
_TURNS: Final = frozenset({"R", "AL", "AN", "RLE", "RLO", "RLI"})
"""What is read from right to left, or makes the text behind it so."""


class _Shown(dict[int, int | str | None]):
    """What stands for each character in a text as it is seen; a table for `translate` that fills as it is asked."""

    def __missing__(self, code: int) -> int | None:
        self[code] = shown = None if _is_unseen(code) else code
        return shown


_OTHERS: Final = "\u034f\u115f\u1160\u17b4\u17b5\u2065"
"""Shown nowhere, and no format characters (Other_Default_Ignorable_Code_Point); see `_RESERVED` for the rest."""
_RESERVED: Final = (range(0xFFF0, 0xFFF9), range(0xE0000, 0xE1000))
_SHOWN: Final = _Shown({**dict.fromkeys(map(ord, _OTHERS)), 0x3164: " ", 0xFFA0: " "})  # the latter look like blanks


def _is_unseen(code: int) -> bool:
    letter = chr(code)
    is_format = category(letter) == "Cf" and bidirectional(letter) == "BN"  # all that turns a text has another class
    return (is_format or any(code in each for each in _RESERVED)) and not _SHAPER.match(letter)


def plain(prompt: str) -> str:
    """Return the prompt written as plainly as it looks; the same for all that nobody can tell apart."""
    if prompt.isascii() and prompt.isprintable() and _is_plain(prompt):
        return prompt
    seen = _IDLE.sub("", prompt.translate(_SHOWN))
    if (marked := seen.translate(_DIRECTIONS)) != seen and not any(bidirectional(each) in _TURNS for each in seen):
        seen = marked
    return " ".join(composed(seen).split())


def _is_plain(prompt: str) -> bool:
    return "  " not in prompt and prompt[:1] != " " and prompt[-1:] != " "
