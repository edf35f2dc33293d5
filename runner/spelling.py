"""How a text is spelled: Unicode puts many letters together in two ways, and disks and keyboards differ in which."""

from __future__ import annotations

import re
from typing import Final
from unicodedata import normalize

_VARIANTS: Final = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f]+)")
"""Han characters in another shape, as names are written with; composing would put the usual shape in their place."""


def composed(text: str) -> str:
    """Return a text as Unicode composes it (NFC), so that one that looks the same is the same; variants are kept."""
    if text.isascii():
        return text
    return "".join(part if n % 2 else normalize("NFC", part) for n, part in enumerate(_VARIANTS.split(text)))
