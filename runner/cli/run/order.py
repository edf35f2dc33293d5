"""What a run, a retry or a fetch was asked for, and what it would come to, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import tee
from pathlib import Path

from ...core.life.state import PAID_PHASES, Phase, State
from ...core.limits.purse import Purse
from ...core.outlook.forecast import costs
from ...core.plan.plan import is_refetched
from ...core.plan.selection import Selection
from ...dialects.registry import DIALECTS
from ...edge.journal.journal import Journal
from ...model import Money
from ...report.text import counted
from ...values import dataclass
from ..args import Args
from ..plan.planning import Prepared
from ..plan.prospect import Prospect, prospect_of
from ..plan.seal import is_entered
from ..screen import Screen

Asked = frozenset[str] | None
"""The keys of the items that a run is asked for; None means all of the plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was asked for, of the items `asked` alone. Without `buys` nothing is ever submitted."""

    args: Args
    screen: Screen
    environ: Mapping[str, str]
    prepared: Prepared
    folder: Path
    selection: Selection
    asked: Asked
    max_cost: Money | None
    buys: bool


def purchases(order: Order, book: Journal) -> int:
    """Return how many items this run may buy."""
    if not order.buys:
        return 0
    if order.asked is None and is_entered(book.header, order.prepared.plan):
        return book.counts().get(Phase.PLANNED, 0) + _resubmits(order, book)
    if order.asked is None and not book.last_seq():
        return len(order.prepared.plan.items)
    here, ahead = tee(keys_of(order))
    return sum(_may_be_bought(order, book, *each) for each in zip(here, book.phases(ahead), strict=True))


def _resubmits(order: Order, book: Journal) -> int:
    """Return how many doubts a run buys again, as the manifest says."""
    if not (most := order.prepared.manifest.retry.resubmits):
        return 0
    return sum(state.is_resubmitted(most) for state in book.states_in([Phase.IN_DOUBT]))


def keys_of(order: Order) -> Iterable[str]:
    """Return the keys of the items that are asked for."""
    return (item.key for item in order.prepared.plan.items) if order.asked is None else order.asked


def may_be_bought(order: Order, book: Journal, key: str) -> bool:
    """Return whether this run may buy an item that is asked for."""
    (phase,) = book.phases([key])
    return _may_be_bought(order, book, key, phase)


def may_be_taken_again(order: Order, book: Journal, key: str) -> bool:
    """Return whether this run may buy an item that is under way once more, where its video fails the checks."""
    (phase,) = book.phases([key])
    return takes_again(order) and phase in PAID_PHASES


def takes_again(order: Order) -> bool:
    """Return whether this run may buy videos in place of those that fail their checks."""
    return order.buys and order.prepared.manifest.checks.retakes > 0


def _may_be_bought(order: Order, book: Journal, key: str, phase: str | None) -> bool:
    if not order.buys or phase is None or phase == Phase.PLANNED:
        return order.buys
    most = order.prepared.manifest.retry.resubmits
    is_tried_again = phase == Phase.FAILED and order.selection.tries_again
    may_be_repeated = phase == Phase.IN_DOUBT and most > 0
    state = book.state(key) if is_tried_again or may_be_repeated else None
    if state is None:
        return False
    if state.phase is Phase.IN_DOUBT:
        return state.is_resubmitted(most)
    return not is_refetched(state, named=is_named(order, state))


def is_named(order: Order, state: State) -> bool:
    """Return whether a person wrote out the id of the item, and did not mean it among others."""
    return state.item.id in order.selection.only


def is_under_way(order: Order, book: Journal, now: float) -> bool:
    """Return whether something is bought and not yet home, or in a doubt that a run may settle by itself."""
    if book.keys_in(PAID_PHASES):
        return True
    return any(_may_be_settled(order, state, now) for state in book.states_in([Phase.IN_DOUBT]))


def _may_be_settled(order: Order, state: State, now: float) -> bool:
    """Return whether a doubt may end by itself: by asking again under its key, or because its provider calls back."""
    if state.idempotency_key is not None:
        return order.buys
    unseen_job_s = DIALECTS[state.provider or ""].traits.unseen_job_s.value
    return order.prepared.manifest.callback is not None and now < state.called_until(unseen_job_s)


def is_agreed(order: Order, book: Journal, buys: int) -> bool:
    """Ask a person before money is spent; a script, or --yes, has agreed already, and without room nothing is spent."""
    price = order.prepared.price
    if order.args.yes or not order.screen.answers or (price is not None and not price.micros):
        return True
    return not (question := _question(order, book, buys)) or order.screen.ask(question)


def _question(order: Order, book: Journal, wanted: int) -> str:
    """Return what is asked: what can be bought under the caps and what it costs; empty when that is nothing."""
    prospect = prospect_of(order.prepared, book, buys=wanted, max_cost=order.max_cost)
    buys, again, cap = prospect.buys, prospect.repurchases, prospect.cap_on(wanted + prospect.repurchases)
    if not buys:
        return ""
    few = f"{buys} of {wanted} videos" if buys < wanted else counted(buys, "video")
    cost = costs(buys, prospect.prices, till=prospect.till)
    words = f"for at most {cost.most}" if cost else order.prepared.price_words
    within = f", within {cap}" if cap else ""
    return f"buy up to {few} at {order.prepared.sellers} {words}{_beside(prospect, again, cap)}{within}?"


def _beside(prospect: Prospect, again: int, cap: Purse | None) -> str:
    """Return in words what may be bought beside, in place of what came to nothing."""
    if not again:
        return ""
    beside = f", and up to {again} in place of those {prospect.repurchased}"
    if cap is not None and prospect.cost:
        return f"{beside}, for at most {prospect.cost.most} in all"
    more = costs(again, prospect.prices)
    return f"{beside} for at most {more.most} more" if more else beside
