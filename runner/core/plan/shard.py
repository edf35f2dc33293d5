"""Which items a shard holds, and what part of a limit is its own: arithmetic, the same on every machine.

A shard goes by an item's fingerprint alone, so inserting and sorting move nothing from one machine to another. The n
shards of a manifest are disjoint and hold everything. They share one account, so what is limited is divided: the parts
of a limit add up to it, and no shard needs to know how far the others are.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Iterator

from ...model import Item, Shard
from ...values import dataclass
from .plan import Items, Plan, told


def holds(shard: Shard, key: str) -> bool:
    """Return whether the item with this fingerprint (hex) belongs to the shard."""
    return int(key, 16) % shard.count == shard.index - 1


def share(whole: int, shard: Shard) -> int:
    """Return the shard's part of a whole number: the parts of all shards add up to it, and differ by one at most."""
    part, rest = divmod(whole, shard.count)
    return part + (shard.index <= rest)


def narrowed(plan: Plan, shard: Shard) -> Plan:
    """Return the shard's part of a plan, read from the whole; every item keeps its place in that."""
    places, sha = array("Q"), hashlib.sha256()
    for place, item in plan.placed():
        if holds(shard, item.key):
            places.append(place)
            sha.update(told(item))
    items = _Held(every=plan.items, shard=shard, count=len(places))
    return Plan(items=items, digest=sha.hexdigest(), places=places)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """The items of a plan that a shard holds; a million of them are not held twice."""

    every: Items
    shard: Shard
    count: int

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Item]:
        return (item for item in self.every if holds(self.shard, item.key))


def missing(shards: Iterable[Shard]) -> tuple[Shard, ...]:
    """Return the shards that are not among these, for each number of shards that these were cut into."""
    found = set(shards)
    counts = sorted({shard.count for shard in found})
    every = (Shard(index=index, count=count) for count in counts for index in range(1, count + 1))
    return tuple(shard for shard in every if shard not in found)
