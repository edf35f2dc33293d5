"""The caps on money: what a purchase costs is reserved before it is sent, so that no cap can be overshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Self

from ...model import Money
from ...values import dataclass
from ..sums.ending import Ending
from .admission import Closed


@dataclass(slots=True)
class Purse:
    """A hard cap on money, called `name`: the price is reserved with the intent, so the cap cannot be overshot.

    `uncounted` are the items bought before at a price that is not known in the cap's currency.
    """

    cap: Money | None
    _committed: dict[str, int] = field(default_factory=dict)
    uncounted: int = 0
    name: str = "limits.budget"

    def __str__(self) -> str:
        """Give `limits.budget 1.50 USD`."""
        return f"{self.name} {self.cap}"

    def ask(self, price: Money | None) -> Closed | None:
        """Say why `price` cannot be spent, or None when it can; without a known price a cap can promise nothing."""
        if self.cap is None:
            return None
        if price is None or (price.currency != self.cap.currency and price.micros):
            return Closed(why=f"the price is not known in {self.cap.currency}", ending=Ending.BUDGET)
        if self.uncounted and price.micros:
            return Closed(why=self._uncounted_words(self.cap), ending=Ending.BUDGET)
        spent = Money(micros=self._committed.get(self.cap.currency, 0), currency=self.cap.currency)
        if spent.micros + price.micros > self.cap.micros:
            name = self.name.removeprefix("limits.")
            return Closed(why=f"{name} of {self.cap}: {spent} spent or reserved", ending=Ending.BUDGET)
        return None

    def _uncounted_words(self, cap: Money) -> str:
        bought = "1 item was bought" if self.uncounted == 1 else f"{self.uncounted} items were bought"
        return (
            f"{bought} here at a price that is not known in {cap.currency}, so a budget of {cap} can promise nothing: "
            "remove limits.budget, and bound each run by --max-cost"
        )

    @property
    def left(self) -> Money | None:
        """Return what may still be spent; None without a cap."""
        if self.cap is None:
            return None
        micros = max(0, self.cap.micros - self._committed.get(self.cap.currency, 0))
        return Money(micros=micros, currency=self.cap.currency)

    def room(self, price: Money | None) -> int | None:
        """Return how many purchases at `price` can still be made; None for any number."""
        left = self.left
        if left is None:
            return None
        if price is None or self.ask(price):
            return 0
        return left.micros // price.micros if price.micros else None

    def reserve(self, price: Money | None) -> None:
        """Hold the price back from the moment of the intent."""
        self._add(price, 1)

    def release(self, price: Money | None) -> None:
        """Give it back: nothing was bought."""
        self._add(price, -1)

    def _add(self, price: Money | None, sign: int) -> None:
        if price is not None:
            self._committed[price.currency] = self._committed.get(price.currency, 0) + sign * price.micros


@dataclass(slots=True, kw_only=True)
class Till:
    """Pays for the requests of one run, under every cap that holds for it.

    What is held back for a request comes back only when nothing was bought by it. A request that an earlier run left
    open is counted by the purses from the start, and stays counted until the next one.
    """

    purses: tuple[Purse, ...]
    _held: dict[str, Money | None] = field(default_factory=dict)

    @classmethod
    def of(
        cls, *, budget: Money | None, max_cost: Money | None, committed: Mapping[str, int], uncounted: int = 0
    ) -> Self:
        """Return the caps of a run: the manifest's counts all that was ever `committed`, `--max-cost` only this run.

        `uncounted` items were bought in this folder at a price that the manifest's cannot count.
        """
        return cls(purses=(Purse(budget, dict(committed), uncounted=uncounted), Purse(max_cost, name="--max-cost")))

    def tightest(self, price: Money | None) -> Purse | None:
        """Return the cap that has room for the fewest purchases at `price`; None where every number is fine."""
        rooms = [(room, purse) for purse in self.purses if (room := purse.room(price)) is not None]
        return min(rooms, key=lambda each: each[0])[1] if rooms else None

    def room(self, prices: Iterable[Money | None]) -> int | None:
        """Return how many purchases can be made at most, each at one of these prices; None for any number."""
        most = 0
        for price in prices:
            tightest = self.tightest(price)
            room = tightest.room(price) if tightest else None
            if room is None:
                return None
            most = max(most, room)
        return most

    def ask(self, price: Money | None) -> Closed | None:
        """Say why `price` cannot be spent, or None when every cap has room for it."""
        return next((closed for purse in self.purses if (closed := purse.ask(price))), None)

    def reserve(self, key: str, price: Money | None) -> None:
        """Hold the price of an item's request back."""
        self._held[key] = price
        for purse in self.purses:
            purse.reserve(price)

    def holds(self, key: str) -> bool:
        """Return whether an item's request has its price already, and nobody knows yet what came of it."""
        return key in self._held

    def spend(self, key: str) -> None:
        """Let go of what was held back: a job was bought for it, or may have been."""
        self._held.pop(key, None)

    def give_back(self, key: str) -> None:
        """Free what this run held back for a request that bought nothing."""
        if key in self._held:
            price = self._held.pop(key)
            for purse in self.purses:
                purse.release(price)
