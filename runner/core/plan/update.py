"""What a changed manifest means for the journal: which facts are new, one by one as the plan streams by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import tee

from ...events import Event, Planned
from ...model import Item
from ...values import dataclass


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


Tellings = Callable[[Iterable[str]], Iterable[Told | None]]
"""Says for each of these keys, in their order, what the journal was told before; it may read many at one time."""


def updates(placed: Iterable[tuple[int, Item]], tellings: Tellings) -> Iterator[Update]:
    """Give for each item of a plan, or of a part of one, what the journal must learn."""
    here, ahead = tee(placed)
    befores = tellings(item.key for _, item in ahead)
    for (position, item), before in zip(here, befores, strict=True):
        is_known = before is not None and before.wanted and _are_alike(before.item, item)
        yield Update(key=item.key, event=None if is_known else Planned(item=item), position=position, before=before)


def _are_alike(before: Item, item: Item) -> bool:
    """Return whether two items say the same, also to a reader who tells 1, 1.0 and true apart."""
    return before == item and all(type(before.metadata[name]) is type(fact) for name, fact in item.metadata.items())
