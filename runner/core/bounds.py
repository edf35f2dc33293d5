"""The limits of submits to one provider as a value, so that they can be replaced as a whole while a run goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from ..model import Rate


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
