"""Amounts: money, rates and pauses."""

from __future__ import annotations

from math import isclose

from ..values import dataclass

MICROS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An exact amount: `micros` millionths of one unit of `currency` (ISO 4217, or a provider's own such as PTC)."""

    micros: int
    currency: str

    def __str__(self) -> str:
        """Give `0.65 USD`: at least two decimals, more only when they are not zero."""
        whole, rest = divmod(abs(self.micros), MICROS)
        decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
        return f"{'-' if self.micros < 0 else ''}{whole}.{decimals} {self.currency}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """At most `count` submits in any window of `window_s` seconds."""

    count: int
    window_s: float

    def __str__(self) -> str:
        """Give the form of a manifest: `5/1m`."""
        units = (("h", 3600.0), ("m", 60.0), ("s", 1.0))
        unit, length_s = next((each for each in units if self.window_s % each[1] == 0), ("ms", 0.001))
        return f"{self.count}/{self.window_s / length_s:.9g}{unit}"


def spelled(seconds: float) -> str:
    """Return a length of time that somebody set, in the largest unit in which it needs no long fraction: `1.5 min`."""
    for unit, length_s in (("min", 60.0), ("s", 1.0), ("ms", 0.001)):
        count = round(seconds / length_s, 1)
        if count >= 1 and isclose(count * length_s, seconds):
            return f"{count:.12g} {unit}"
    return f"{seconds:.9g} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Pauses between tries: starts at `first_s`, doubles, never exceeds `most_s`."""

    first_s: float
    most_s: float
