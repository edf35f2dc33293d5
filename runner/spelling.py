"""How a text is spelled: Unicode puts many letters together in two ways, and disks and keyboards differ in which."""

from __future__ import annotations

import re
from typing import Final
from unicodedata import normalize

_VARIANTS: Final = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f]+)")
"""Han characters in another shape, as names are written with; composing would put the usual shape in their place."""


_COMBINING: Final = re.compile("[\u0300-\u036f]+")
_ONE_LETTER: Final = str.maketrans(
    {"æ": "ae", "ð": "d", "ø": "o", "þ": "th", "đ": "d", "ħ": "h", "\u0131": "i", "ł": "l", "œ": "oe"}
)
"""Small Latin letters that Unicode takes apart into nothing, as they are written where there is ASCII alone."""


def latin(text: str) -> str:
    """Return a text in small letters, those of Latin scripts as ASCII has them: `Zoë` as `zoe`; others stay."""
    if text.isascii():
        return text.lower()
    return _COMBINING.sub("", normalize("NFKD", text.casefold())).translate(_ONE_LETTER)


def composed(text: str) -> str:
    """Return a text as Unicode composes it (NFC), so that one that looks the same is the same; variants are kept."""
    if text.isascii():
        return text
    return "".join(part if n % 2 else normalize("NFC", part) for n, part in enumerate(_VARIANTS.split(text)))
