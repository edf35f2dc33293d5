"""What a run has before it: how much is left, whose limits hold, what was learned, and the forecast of it all."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Final

from ...core.life.state import Phase
from ...core.limits.purse import Purse, Till
from ...core.outlook.experience import FACTS, TELLING
from ...core.outlook.forecast import Costs, Forecast, costs
from ...core.outlook.latency import guessed
from ...core.outlook.looking import Polls
from ...core.outlook.outlook import Outlook
from ...core.outlook.schedule import Widths
from ...edge.journal.chronicle import Chronicle
from ...engine.agenda import CHECKS, SUBMITS
from ...model import Money
from ...report.facts import Foretold
from ...values import dataclass
from .offers import Offer
from .planning import Prepared

_KINDS: Final = tuple(kind.__name__ for kind in TELLING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What is left to do at `now`: to be bought, at the provider, and made but not yet home.

    Of the `wanted` purchases, each at one of `prices`, only those are made that the caps of `till` have room for. Each
    item may be taken again `takes_again` times at most, and bought again `resubmits_each` times after a doubt.
    """

    outlook: Outlook
    now: float
    wanted: int
    prices: tuple[Money | None, ...]
    till: Till
    running: int
    fetches: int
    takes_again: int
    resubmits_each: int

    @property
    def buys(self) -> int:
        """Return how many items can be bought at most."""
        return self._within(self.wanted)

    @property
    def sure(self) -> int:
        """Return how many items can be bought whichever provider sells them."""
        rooms = (self.till.room([price]) for price in self.prices)
        return min([self.wanted, *(room for room in rooms if room is not None)])

    @property
    def unaffordable(self) -> int:
        """Return how many of the wanted items the caps have no room for."""
        return self.wanted - self.buys

    @property
    def retakes(self) -> int:
        """Return how many videos may be bought at most in place of those that fail their checks."""
        return self._within(self._takes_again)

    @property
    def resubmits(self) -> int:
        """Return how many videos may be bought at most in place of those that nobody can tell were made."""
        return self._within(self._resubmits)

    @property
    def repurchases(self) -> int:
        """Return how many videos may be bought at most beside those that are asked for."""
        return self._within(self._takes_again + self._resubmits)

    @property
    def repurchased(self) -> str:
        """Return in words which videos they are bought in place of."""
        failed = "that fail their checks" if self._takes_again else ""
        doubted = "whose request is in doubt" if self._resubmits else ""
        return " or ".join(filter(None, (failed, doubted)))

    @property
    def cost(self) -> Costs | None:
        """Return what the purchases cost at least, and with all repurchases at most; None where nobody can say."""
        return costs(self.wanted, self.prices, beside=self._takes_again + self._resubmits, till=self.till)

    @property
    def cap(self) -> Purse | None:
        """Return the cap by which items stay unbought; None where all can be bought."""
        return self.cap_on(self.wanted)

    @property
    def strictest(self) -> Purse | None:
        """Return the cap by which items may stay unbought; None where all can be bought whichever provider sells."""
        if self.sure == self.wanted:
            return None
        known = (price for price in self.prices if price is not None)
        return self.till.tightest(max(known, key=lambda price: price.micros, default=None))

    def told(self, most: int) -> str:
        """Return `3` for so many items with all that can be bought, or `2 to 3` where it matters who sells them."""
        least = most - max(self.buys - self.sure, 0)
        return f"{most}" if least == most else f"{least} to {most}"

    def cap_on(self, purchases: int) -> Purse | None:
        """Return the cap that has no room for so many purchases; None where they can all be made."""
        if self._within(purchases) == purchases:
            return None
        cheapest = min(
            (price for price in self.prices if price is not None), key=lambda price: price.micros, default=None
        )
        return self.till.tightest(cheapest)

    @property
    def items(self) -> int:
        """Return how many items are not yet home."""
        return self.buys + self.running + self.fetches

    def forecast(self, bounds: Widths | None = None) -> Forecast:
        """Return the forecast, under other limits where some are given."""
        outlook = self.outlook if bounds is None else replace(self.outlook, bounds=bounds)
        forecast = outlook.forecast(self.now, buys=self.buys, running=self.running, fetches=self.fetches)
        return replace(forecast, binding=str(self.cap)) if self.cap else forecast

    def foretold(self) -> Foretold:
        """Return the forecast as a run remembers it."""
        forecast = self.forecast()
        return Foretold(
            at=self.now, items=self.items, p50_s=round(forecast.p50_s, 1), p90_s=round(forecast.p90_s, 1),
            binding=forecast.binding,
        )  # fmt: skip

    @property
    def _takes_again(self) -> int:
        return self.takes_again * self.items

    @property
    def _resubmits(self) -> int:
        return self.resubmits_each * (self.items if self.takes_again else self.buys)

    def _within(self, purchases: int) -> int:
        room = self.till.room(self.prices)
        return purchases if room is None else min(purchases, room)


def prospect_of(
    prepared: Prepared,
    book: Chronicle | None,
    *,
    buys: int,
    collects: int | None = None,
    now: float | None = None,
    max_cost: Money | None,
) -> Prospect:
    """Return what a run of this plan has before it, as the first provider of its route would do it.

    `buys` are wanted, within the manifest's budget and `max_cost`. `collects` are the paid items that are to come home;
    None means all of the journal. `now` is the clock of a run; None means the moment of the journal's newest fact, so
    that a plan depends on nothing but the journal.
    """
    outlook, newest = _outlook_of(prepared), 0.0
    if book is not None:
        facts = book.newest(_KINDS, most=FACTS)
        outlook.take(facts)
        newest = facts[-1][1].at if facts else 0.0
    running, made = _paid(book, collects)
    return Prospect(
        outlook=outlook, now=newest if now is None else now, wanted=buys, prices=prepared.prices,
        till=till_of(prepared, book, max_cost), running=running, fetches=made,
        takes_again=prepared.manifest.checks.retakes, resubmits_each=prepared.manifest.retry.resubmits,
    )  # fmt: skip


def _paid(book: Chronicle | None, collects: int | None) -> tuple[int, int]:
    """Return how many paid items are at the provider, and made but not yet home; `collects` in all, where told."""
    phases = Counter[str]()
    for phase, _, _, count in book.standings() if book else ():
        phases[phase] += count
    made, running = phases[Phase.READY] + phases[Phase.SAVED], phases[Phase.RUNNING]
    if collects is None:
        return running, made
    made = min(made, collects)
    return collects - made, made


def till_of(prepared: Prepared, book: Chronicle | None, max_cost: Money | None) -> Till:
    """Return the caps: the manifest's counts all that was ever spent in this folder, `--max-cost` only this run."""
    cap = prepared.manifest.limits.budget
    return Till.of(
        budget=cap, max_cost=max_cost, committed=book.committed() if book else {},
        uncounted=book.uncounted(cap.currency) if book and cap else 0,
    )  # fmt: skip


def _outlook_of(prepared: Prepared) -> Outlook:
    """Return the outlook on the first provider of the route, and on the others, before anything was learned."""
    first, *others = (_outlook_on(seller, prepared) for seller in prepared.offers)
    return replace(first, stand_ins=tuple(others))


def _outlook_on(seller: Offer, prepared: Prepared) -> Outlook:
    traits = seller.dialect.traits
    polls = Polls(first_s=seller.poll.first_s, every_s=seller.poll.every_s, learns=seller.learns)
    return Outlook(
        provider=seller.name,
        bounds=Widths(
            rates=seller.rates, in_flight=seller.in_flight, downloads=prepared.manifest.limits.downloads,
            requests=SUBMITS, checks=CHECKS,
        ),
        guess=guessed(traits.job_s.value, polls),
        unseen_job_s=traits.unseen_job_s.value,
    )  # fmt: skip


def bound_by(binding: str, prepared: Prepared) -> str:
    """Return what holds a run up, with whose limit it is: `rate 5/1m of minimax`."""
    limits = prepared.manifest.limits
    own = {f"downloads {limits.downloads}", f"in_flight {limits.in_flight}"}
    if limits.rate is not None:
        own.add(f"rate {limits.rate}")
    if binding in own:
        return f"{binding} of the manifest"
    return f"{binding} of {prepared.seller.name}" if binding in _limits(prepared.seller) else binding


def _limits(offer: Offer) -> set[str]:
    return {f"in_flight {offer.in_flight}", *(f"rate {rate}" for rate in offer.rates)}
