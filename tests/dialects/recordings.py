"""Every provider's record: what it was heard to answer, and what its dialect must make of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from heard_ai302 import AI302
from heard_modellix import MODELLIX
from heard_vapi import VAPI
from transcripts import MINIMAX, Exchange

TRANSCRIPTS: Final[Mapping[str, tuple[Exchange, ...]]] = {
    "local": MINIMAX, "minimax": MINIMAX, "vapi": VAPI, "ai302": AI302, "modellix": MODELLIX,
}  # fmt: skip
