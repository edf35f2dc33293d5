"""Sums of money: amounts of one currency add up, and currencies never mix."""

from __future__ import annotations

from ...model import Money
from ...values import replace


def totals(*amounts: Money | None) -> tuple[Money, ...]:
    """Return one amount for each currency, sorted by currency; None is a price that nobody knows, and adds nothing.

    An amount of zero stays: what is known to be free is not the same as what has no known price.
    """
    micros: dict[str, int] = {}
    for amount in amounts:
        if amount is not None:
            micros[amount.currency] = micros.get(amount.currency, 0) + amount.micros
    return tuple(Money(micros=micros[currency], currency=currency) for currency in sorted(micros))


def less(amounts: tuple[Money, ...], price: Money | None) -> tuple[Money, ...]:
    """Return the amounts without a price that is one of those they sum; a currency of which nothing is left is gone."""
    if price is None or not price.micros:
        return amounts
    left = totals(*amounts, replace(price, micros=-price.micros))
    return tuple(each for each in left if each.micros or each.currency != price.currency)
