"""What a changed manifest means for the journal: which facts are new, one by one as the plan streams by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..events import Event, Planned
from ..model import Item
from .plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the journal was told of an item last, and the place in the plan that it had then."""

    item: Item
    wanted: bool
    position: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What is new about one item of a plan: a fact, or none when at most its place changed."""

    key: str
    event: Event | None
    position: int
    before: Told | None

    @property
    def is_news(self) -> bool:
        """Return whether anything is to be written."""
        return self.event is not None or self.before is None or self.before.position != self.position


def updates(plan: Plan, told: Callable[[str], Told | None]) -> Iterator[Update]:
    """Give for each item of a plan what the journal must learn; `told` says what it was told before."""
    for position, item in plan.placed():
        before = told(item.key)
        is_known = before is not None and before.wanted and before.item == item
        yield Update(key=item.key, event=None if is_known else Planned(item=item), position=position, before=before)
