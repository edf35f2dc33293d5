"""What was to be tried again and is not: an item that is named and did not fail, a code that nothing failed with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ...core.life.state import Phase
from ...edge.journal.journal import Journal
from ...model import Item
from ...report.text import some_of
from ..naming import named
from ..plan.choosing import guess
from .order import Asked, Order

_WHY: Final[Mapping[str, str]] = {
    Phase.PLANNED: "is not bought yet, so there is nothing to try again: s2v run {target} --only {id}",
    Phase.IN_DOUBT: "is in doubt and may be paid for, so it is not tried again: s2v resolve {target}",
    Phase.RUNNING: "is paid for and still to come home, so it is not tried again",
    Phase.READY: "is paid for and still to come home, so it is not tried again",
    Phase.SAVED: "is paid for and still to be checked, so it is not tried again",
    Phase.REVIEW: "waits for you to look at it, so it is not tried again: s2v review {target}",
    Phase.DONE: "is done, so there is nothing to try again",
    Phase.FAILED: "failed, but not with what was asked for, so it is not tried again",
}


def answered_for(order: Order) -> Asked:
    """Return the items by which a run is judged: those that it was asked for, and each that was named to be retried."""
    return order.asked if order.asked is None else order.asked.union(item.key for item in _named(order))


def tell_untried(order: Order, book: Journal) -> None:
    """Say of each item that was named to be tried again why it is not, and of codes that nothing failed with them."""
    if order.asked is None or not order.selection.tries_again:
        return
    left = [item for item in _named(order) if item.key not in order.asked]
    for item, phase in zip(left, book.phases(item.key for item in left), strict=True):
        why = _WHY.get(phase or Phase.PLANNED, "is not tried again")
        order.screen.tell(f"{item.id} {why.format(target=named(order.args), id=item.id)}")
    if not order.asked and not left:
        order.screen.tell(_nothing_failed(order.selection.codes, book))


def _nothing_failed(codes: tuple[str, ...], book: Journal) -> str:
    """Say that nothing that was asked for failed, or failed so, and which codes there are."""
    if not codes:
        return "no item that was asked for has failed"
    known = sorted({each.code for each in book.troubles() if each.phase is Phase.FAILED and each.code})
    hint = guess(codes[0], known) or (f"; codes are {some_of(known[:_SHOWN], len(known))}" if known else "")
    return f"no item that was asked for failed with {' or '.join(codes)}{hint}"


_SHOWN: Final = 9  # codes


def _named(order: Order) -> Iterator[Item]:
    """Give the items that were named to be tried again, by no pattern."""
    if order.selection.tries_again and order.selection.sample is None and order.selection.limit is None:
        names = set(order.selection.only)
        yield from (item for item in order.prepared.plan.items if item.id in names)
