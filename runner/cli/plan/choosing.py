"""From flags to a selection, with a clear word for an id or a tag that no item has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from ...core.life.identity import label
from ...core.plan.plan import Items
from ...core.plan.selection import Selection, unknown_ids
from ...edge.journal.journal import Journal
from ...errors import ConfigError, UsageError
from ...manifest.words import nearest
from ...model import MICROS, Money
from ...report.text import some_of
from ..args import Args
from ..naming import named
from .offers import Offer

_SHOWN: Final = 9  # tags
_AMOUNT: Final = re.compile(r"(\d{1,9}(?:\.\d{1,6})?) ?([A-Z]{3})?")


def selection_of(args: Args, items: Items) -> Selection:
    """Return the selection that the flags ask for; raise UsageError for one that would be passed over."""
    if args.seed is not None and args.sample is None:
        raise UsageError("--seed is the seed of --sample; add --sample N, or leave it out")
    selection = Selection(
        only=tuple(args.only), tags=tuple(args.tag), failed=args.failed, codes=tuple(args.code),
        sample=args.sample, seed=args.seed or 0, limit=args.limit,
    )  # fmt: skip
    for name in unknown_ids(selection, items) if selection.only else ():
        raise no_item(args, name, (item.id for item in items))
    tags = {tag for item in items for tag in item.tags} if selection.tags else set[str]()
    for tag in selection.tags:
        if tag not in tags:
            known = sorted(tags)
            hint = guess(tag, known) or (f"; tags are {some_of(known[:_SHOWN], len(known))}" if known else "")
            raise UsageError(f"--tag: no item has the tag '{tag}'{hint}")
    return selection


def no_item(args: Args, name: str, known: Iterable[str]) -> UsageError:
    """Return what to raise for a name that no item has: the nearest one, or the command that lists them."""
    hint = guess(name, known) or f"; s2v plan {named(args)} lists them"
    return UsageError(f"no item is called '{name}'{hint}")


def keys_of_ids(args: Args, book: Journal) -> list[str]:
    """Return the keys of the items that are named as in a report; raise UsageError for what none is called."""
    keys = {label(entry.id, key, wanted=entry.wanted): key for key, entry in book.index()}
    for id_ in args.ids:
        if id_ not in keys:
            raise no_item(args, id_, keys)
    return [keys[id_] for id_ in args.ids]


def max_cost_of(text: str | None, offers: Sequence[Offer]) -> Money | None:
    """Return the cap of `--max-cost`, such as `5` or `5.00 USD`; raise when it could promise nothing at a provider."""
    if text is None:
        return None
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"--max-cost: found '{text}', expected an amount such as 5 or '5.00 USD'")
    currency = match[2] or _currency(offers)
    for offer in offers:
        if offer.price is None:
            raise ConfigError(
                f"--max-cost: the price at {offer.name} is not known; set providers.{offer.name}.price in the manifest"
            )
        if currency != offer.price.currency and offer.price.micros:
            raise UsageError(f"--max-cost: found {currency}, but the price at {offer.name} is {offer.price}")
    return Money(micros=int(Decimal(match[1]) * MICROS), currency=currency)


def _currency(offers: Sequence[Offer]) -> str:
    """Return the currency that an amount alone is meant in: that of the first provider that costs something."""
    prices = [offer.price for offer in offers if offer.price is not None]
    return next((price.currency for price in prices if price.micros), prices[0].currency if prices else "USD")


def guess(word: str, candidates: Iterable[str]) -> str:
    """Return a hint at the nearest word, or the first that begins so, with a blank before it; empty when none does."""
    known = list(candidates)
    near = nearest(word, known) or next((each for each in known if each.casefold().startswith(word.casefold())), None)
    return f" (did you mean {near}?)" if near else ""
