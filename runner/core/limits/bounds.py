"""The limits of submits to one provider as values: all of a side as one, to be replaced, and each with who set it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Self

from ...model import Rate
from ...values import dataclass

MINUTE_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How many jobs may be in flight, None for any number, and the rates that hold, all of them at once."""

    in_flight: int | None = None
    rates: tuple[Rate, ...] = ()

    @classmethod
    def of(cls, in_flight: int | None, rate: Rate | None) -> Self:
        """Return what one side sets; None sets nothing."""
        return cls(in_flight=in_flight, rates=() if rate is None else (rate,))

    def within(self, other: Bounds) -> Bounds:
        """Return the tighter of the two: the smaller number in flight, and the rates of both."""
        caps = [cap for cap in (self.in_flight, other.in_flight) if cap is not None]
        rates = tuple(dict.fromkeys([*self.rates, *other.rates]))
        return Bounds(in_flight=min(caps, default=None), rates=rates)


class Source(StrEnum):
    """Who set a limit."""

    MANIFEST = "manifest"  # the user
    PROVIDER = "provider"  # its traits, as far as they are known
    LEARNED = "learned"  # nobody told us: it took so many, and refused one more


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """At most `count` submits in any `window_s` seconds, or at most `count` jobs at one time where that is None."""

    count: int
    window_s: float | None = None
    source: Source

    def __str__(self) -> str:
        """Give `3 in flight (learned)` or `5 a minute (provider)`."""
        if self.window_s is None:
            return f"{self.count} in flight ({self.source})"
        window = "a minute" if self.window_s == MINUTE_S else f"in {self.window_s:g} s"
        return f"{self.count} {window} ({self.source})"
