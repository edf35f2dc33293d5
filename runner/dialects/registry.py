"""The one literal list of providers; the manifest schema's names equal its keys, by test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import ai302, local, minimax, modellix, vapi
from .seam import Dialect

DIALECTS: Final[Mapping[str, Dialect]] = {
    "local": minimax.speak(local.TRAITS, extras=local.seed, read=local.notes),
    "minimax": minimax.speak(minimax.TRAITS),
    "vapi": vapi.speak(),
    "ai302": ai302.speak(),
    "modellix": modellix.speak(),
}
