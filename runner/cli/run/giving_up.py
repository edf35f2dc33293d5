"""Doubts that were given up: many at one time are never bought anew, because each of them may be paid for already."""

from __future__ import annotations

from ...core.life.state import Phase
from ...core.plan.plan import Items
from ...core.plan.selection import Selection, given_up
from ...edge.journal.chronicle import Chronicle
from ..args import Args
from ..naming import named
from ..screen import Screen


def tell_given_up(args: Args, screen: Screen, selection: Selection, items: Items, book: Chronicle | None) -> None:
    """Say of how many items that were asked for among others the doubt was given up, and how one is bought anew."""
    if book is None or not selection.tries_again:
        return
    failed = {key for _, key in book.places([Phase.FAILED])}
    left = [item.id for item in given_up(selection, (item for item in items if item.key in failed), book.state)]
    if len(left) == 1:
        why = f"the doubt about '{left[0]}' was given up: it may be paid for, so it is not tried again among others"
        screen.tell(f"{why}; to buy it anew, name it: s2v retry {named(args)} {left[0]}")
    elif left:
        why = f"the doubts about {len(left)} items were given up: they may be paid for, so they are not tried again"
        screen.tell(f"{why} among others; to buy one anew, name it: s2v retry {named(args)} ID")
