"""The manifest that `s2v init` writes: small, commented, and sound."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final

from ..errors import UsageError
from .schemas import definition
from .words import shown

_PROMPTS: Final = (
    "The person looks into the camera and smiles.",
    "The person turns slowly to the left.",
    "The camera pushes in slowly while the person winks.",
)
_HEAD: Final = """\
# What this batch should be. s2v check judges it, s2v plan says what it costs, s2v run makes it so.
version: 1
name: {name}                # names the run; its folder is runs/{plain} unless output.dir says otherwise
provider: local             # the embedded service: no key, no network, no cost; later: minimax

defaults:                   # hold for every item that does not say otherwise
  prompt_optimizer: true    # let the provider rewrite the prompt
  takes: 1                  # videos from each pair; every take is a purchase of its own

"""
_ITEMS: Final = "items:                      # one video each; portraits are relative to this file\n"
_MATRIX: Final = "matrix:                     # every portrait with every prompt; patterns are relative to this file\n"
_TAIL: Final = """
# include: [more.csv]       # tables with the same keys, for thousands of items
# limits:                   # what the run may use at most
#   in_flight: 3
#   budget: {amount: 5.00, currency: USD}   # a hard cap, reserved before each paid call
"""


def starter(name: str, portraits: Sequence[str], *, is_matrix: bool) -> str:
    """Return a commented manifest that makes one video of each portrait; `name` names the run.

    Portraits are written as they are given: relative to the folder in which the manifest will stand. In a matrix they
    may be patterns.
    """
    rule = definition("id")
    if not re.search(rule["pattern"], name):
        raise UsageError(f"the name {shown(name)} does not do, expected {rule['x-expected']}")
    head = _HEAD.format(name=_quoted(name), plain=name)
    if is_matrix:
        return f"{head}{_MATRIX}  portraits: {_quoted(list(portraits))}\n  prompts:\n    - {_PROMPTS[0]}\n{_TAIL}"
    entries = portraits or ["portraits/anna.jpg"]
    items = "".join(
        f"  - portrait: {_quoted(portrait)}\n    prompt: {_PROMPTS[number % len(_PROMPTS)]}\n"
        for number, portrait in enumerate(entries)
    )
    return head + _ITEMS + items + _TAIL


def _quoted(value: str | list[str]) -> str:
    return json.dumps(value, ensure_ascii=False)
