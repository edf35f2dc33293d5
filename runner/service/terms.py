"""The terms of business: what a job costs, how much an account has, how many jobs it may submit and have open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from ..model import MICROS, Money, Rate
from ..values import dataclass

PRICES: Final[Mapping[str, Money]] = {
    "minimax": Money(micros=650_000, currency="USD"),  # historic; S2V-01 is not on the current price page (C)
    "vapi": Money(micros=650_000, currency="USD"),  # not published; as MiniMax (I)
    "ai302": Money(micros=700_000, currency="PTC"),  # 302.ai, S2V-01 product page: 0.7 PTC / call (D)
    "modellix": Money(micros=650_000, currency="USD"),  # not published; as MiniMax (I)
}
FREE: Final = Money(micros=0, currency="USD")
LINK_S: Final = 3600.0  # MiniMax: one hour (D); the relays are taken to pass the same links on (I)
LINKS_S: Final[Mapping[str, float]] = {"modellix": 86_400.0}  # Modellix's REST page: 24 h (D)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for every account, each for itself. The default, the embedded service's, is free and unlimited.

    A job costs its price when it is taken, whatever becomes of it. `balance_micros` are millionths of
    the unit of each dialect's price.
    """

    prices: Mapping[str, Money] = field(default_factory=dict)
    balance_micros: int | None = None
    rate: Rate | None = None
    in_flight: int | None = None
    link_lifetime_s: float | None = None

    def price(self, dialect: str) -> Money:
        """Return what a job costs."""
        return self.prices.get(dialect, FREE)

    def lifetime_s(self, dialect: str) -> float:
        """Return how long a download link works."""
        return self.link_lifetime_s or LINKS_S.get(dialect, LINK_S)

    def left(self, spent_micros: int) -> float | None:
        """Return what an account still has, in units, or None when it never runs out."""
        return None if self.balance_micros is None else (self.balance_micros - spent_micros) / MICROS
