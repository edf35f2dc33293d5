"""May an item be bought once more without being asked for, by this run and at this moment?

The manifest may say so of a video that did not pass, and of a request that is in doubt. Either is an ordinary purchase:
it waits in the queue like one that was refused, and its own intent reserves its price. Until then its price is only
spoken for, so that two videos judged at one time do not both count on the last of the budget; an item that was refused
before may still be served first, and then this one stays planned.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import field

from ..core.life.state import Phase, State
from ..core.limits.admission import Closed
from ..core.limits.purse import Till
from ..events import Stamped
from ..model import Money
from ..values import dataclass
from .ledger import Ledger
from .provider import Provider


@dataclass(slots=True, kw_only=True)
class Repurchases:
    """Knows what stands against another purchase.

    `sellers` are the providers of the route; `closed` says why buying ended.
    `is_cancelled` says whether a person wants no more of an item while the run goes on. `selected` None means every
    item; without `buys` this run buys nothing. `resubmits` is how often an item in doubt may be bought again.
    """

    ledger: Ledger
    till: Till
    sellers: Collection[Provider]
    closed: Callable[[], Closed | None]
    is_cancelled: Callable[[State], bool]
    selected: Collection[str] | None
    buys: bool
    resubmits: int
    _promised: dict[str, Money] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ledger.watch(self._note)

    def is_resubmitted(self, state: State) -> bool:
        """Return whether an item that rests in doubt is bought again now; then its price is spoken for."""
        return state.is_resubmitted(self.resubmits) and self.obstacle(state) is None

    def obstacle(self, state: State) -> str | None:
        """Say why an item may not be bought once more now; None when one may, and then its price is spoken for."""
        key = state.item.key
        if not state.wanted:
            return "it is no longer in the manifest"
        if not self.buys or (self.selected is not None and key not in self.selected):
            return "this run was not asked to buy it"
        if self.is_cancelled(state):
            return "it was cancelled while the run went on"
        if closed := self.closed():
            return closed.why
        price = max((each.price for each in self.sellers if each.price), key=lambda price: price.micros, default=None)
        asked = self._with_promises(price)
        if closed := self.till.ask(asked):
            return f"{closed.why}{_for_others(price, asked)}"
        if price is not None:
            self._promised[key] = price
        return None

    def _with_promises(self, price: Money | None) -> Money | None:
        if price is None:
            return None
        waiting = (each for key, each in self._promised.items() if self._is_still_spoken_for(key))
        promised = sum(each.micros for each in waiting if each.currency == price.currency)
        return Money(micros=price.micros + promised, currency=price.currency)

    def _is_still_spoken_for(self, key: str) -> bool:
        """Return whether nothing holds a promised price back yet; what was cancelled since is in the ledger no more."""
        return key in self.ledger and not self.till.holds(key)

    def _note(self, state: State, _stamped: Stamped) -> None:
        """Forget a promise as soon as the purchase is intended: its price is held back since it was admitted."""
        if state.phase is not Phase.PLANNED:
            self._promised.pop(state.item.key, None)


def _for_others(price: Money | None, asked: Money | None) -> str:
    """Say what of the money that was asked for is not this item's price; nothing where that is all."""
    if price is None or asked is None or asked == price:
        return ""
    promised = Money(micros=asked.micros - price.micros, currency=price.currency)
    return f", and {promised} spoken for by others that are bought once more"
