"""Durations, rates, back-offs and money, from their text in a manifest to exact values.

All of them have passed the schema; what is left to refuse raises `ValueError` with the words for people.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from ..model import MICROS, Backoff, Money, Rate

_UNIT_S: Final = {"ms": Decimal("0.001"), "s": Decimal(1), "m": Decimal(60), "h": Decimal(3600)}
_DURATION: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)")


def duration_s(text: str) -> float:
    """Return the seconds of `90s`, `60m`, `2h` or `500ms`."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"found '{text}', expected a duration such as 90s")
    return float(Decimal(match[1]) * _UNIT_S[match[2]])


def rate(text: str) -> Rate:
    """Return the rate of `5/1m`: five in any window of a minute."""
    count, _, window = text.partition("/")
    return Rate(count=int(count), window_s=duration_s(window))


def backoff(text: str) -> Backoff:
    """Return the pauses of `2s..2m`."""
    first, _, most = text.partition("..")
    pauses = Backoff(first_s=duration_s(first), most_s=duration_s(most))
    if pauses.first_s > pauses.most_s:
        raise ValueError(f"found '{text}', expected the first pause to be no longer than the longest one")
    return pauses


def money(block: dict[str, Any]) -> Money:
    """Return the amount, exactly: a float's shortest text is what the user wrote, up to a thousand million."""
    micros = Decimal(repr(block["amount"])) * MICROS
    if micros != micros.to_integral_value():
        raise ValueError(f"found {block['amount']}, expected at most six decimals")
    return Money(micros=int(micros), currency=block["currency"])
