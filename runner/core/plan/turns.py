"""The order in which planned items are bought: that of the plan, shared out by turns among its tags.

Nothing is known that makes one video of S2V-01 take longer than another: one model, one length, and an item's own
earlier tries only say how busy its provider was. So none goes first for being long. Providers take no turns either: a
list of them is for failover, not for sharing load (see `engine.route`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import TypeVar

from ...model import Item

T = TypeVar("T")


def group_of(item: Item) -> str | None:
    """Return what an item takes turns as: its first tag, or None for those without any.

    The first alone, because that is the one word by which a person can foretell the order: with all of them together
    every odd combination would be a group of its own, and jump the queue.
    """
    return item.tags[0] if item.tags else None


def by_turns(window: Iterable[tuple[T, Hashable]]) -> list[T]:
    """Return a window of the plan so that the next one is always the first of the group that was served least.

    Of groups served equally often, that which the plan names first; one group alone keeps the plan's order. The same
    window gives the same order, so a resume goes on by turns with what is left.
    """
    served: Counter[Hashable] = Counter()
    ranked = list[tuple[int, int, T]]()
    for position, (each, group) in enumerate(window):
        ranked.append((served[group], position, each))
        served[group] += 1
    ranked.sort(key=lambda entry: entry[:2])
    return [each for _, _, each in ranked]
