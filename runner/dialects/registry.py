"""The one literal list of providers; the manifest schema's names equal its keys, by test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import local, minimax
from .seam import Dialect

DIALECTS: Final[Mapping[str, Dialect]] = {
    "local": minimax.speak(local.traits(minimax.PORTRAIT), extras=local.seed),
    "minimax": minimax.speak(minimax.TRAITS),
}
