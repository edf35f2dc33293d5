"""Every provider's dialect and record: what it was heard to answer, and what its dialect must make of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import lantern
from heard_ai302 import AI302
from heard_lantern import LANTERN
from heard_modellix import MODELLIX
from heard_vapi import VAPI
from transcripts import MINIMAX, Exchange

from runner.dialects.registry import DIALECTS
from runner.dialects.seam import Dialect

SPOKEN: Final[Mapping[str, Dialect]] = {**DIALECTS, "lantern": lantern.DIALECT}
"""The registry, and the provider that was invented to try the guide."""

TRANSCRIPTS: Final[Mapping[str, tuple[Exchange, ...]]] = {
    "local": MINIMAX, "minimax": MINIMAX, "vapi": VAPI, "ai302": AI302, "modellix": MODELLIX, "lantern": LANTERN,
}  # fmt: skip
