"""Sums of money: amounts of one currency add up, and currencies never mix."""

from __future__ import annotations

from ..model import Money


def totals(*amounts: Money | None) -> tuple[Money, ...]:
    """Return one amount for each currency, sorted by currency; None is a price that nobody knows, and adds nothing.

    An amount of zero stays: what is known to be free is not the same as what has no known price.
    """
    micros: dict[str, int] = {}
    for amount in amounts:
        if amount is not None:
            micros[amount.currency] = micros.get(amount.currency, 0) + amount.micros
    return tuple(Money(micros=micros[currency], currency=currency) for currency in sorted(micros))
