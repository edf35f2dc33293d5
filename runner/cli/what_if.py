"""`--what-if rate=20/1m,in_flight=10`: other limits and another price, as the user types them and as values."""

from __future__ import annotations

import argparse
import re
from dataclasses import replace
from decimal import Decimal
from typing import Final

from ..core.outlook.schedule import Widths
from ..manifest.words import nearest
from ..model import MICROS, Money, Rate
from ..values import dataclass
from .typed import positive, submit_rate

_KEYS: Final = ("rate", "in_flight", "downloads", "price")
_PRICE: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ([A-Z]{3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What would be otherwise, in the user's words and as values; None stays as it is."""

    words: str
    rate: Rate | None = None
    in_flight: int | None = None
    downloads: int | None = None
    price: Money | None = None

    def bounds(self, known: Widths) -> Widths:
        """Return the limits as they would be; a rate takes the place of all that hold now."""
        return replace(
            known,
            rates=known.rates if self.rate is None else (self.rate,),
            in_flight=self.in_flight or known.in_flight,
            downloads=self.downloads or known.downloads,
        )

    def exceeded(self, known: Widths) -> list[str]:
        """Return the limits on submits and jobs, as they are known now, that would not hold."""
        over = [] if self.rate is None else [f"rate {rate}" for rate in known.rates if _is_wider(self.rate, rate)]
        if self.in_flight and known.in_flight and self.in_flight > known.in_flight:
            over.append(f"in_flight {known.in_flight}")
        return over


def what_if(text: str) -> WhatIf:
    """Return what `rate=20/1m,in_flight=10` means; a wrong word is said as argparse says it."""
    values: dict[str, Rate | int | Money] = {}
    for word in text.split(","):
        key, sign, value = (part.strip() for part in word.partition("="))
        if not sign or key not in _KEYS or key in values:
            near = nearest(key, _KEYS)
            raise argparse.ArgumentTypeError(
                f"found '{word.strip()}'{' twice' if key in values else ''}, expected one of "
                f"{', '.join(_KEYS)} with a value, such as rate=20/1m,in_flight=10"
                + (f" (did you mean {near}?)" if near and key not in _KEYS else "")
            )
        values[key] = _value(key, value)
    return WhatIf(words=text, **values)  # type: ignore[arg-type]  # each key has a value of its own type


def _value(key: str, text: str) -> Rate | int | Money:
    match key:
        case "rate":
            return submit_rate(text)
        case "price":
            return _price(text)
        case _:
            return positive(text)


def _price(text: str) -> Money:
    match = _PRICE.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"found price '{text}', expected an amount such as '0.50 USD'")
    return Money(micros=int(Decimal(match[1]) * MICROS), currency=match[2])


def _is_wider(rate: Rate, known: Rate) -> bool:
    """Return whether a rate lets more submits through than the known one, in the long run or at one time."""
    return rate.count / rate.window_s > known.count / known.window_s or rate.count > known.count
