"""Shards of a plan are disjoint, hold everything, and share a limit without a rest."""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from lives import item

from runner.core.plan.plan import Plan, digest_of
from runner.core.plan.shard import holds, missing, narrowed, share
from runner.core.plan.update import Told, updates
from runner.model import Item, Shard

NAMES = st.lists(st.text("abcdef", min_size=1, max_size=6), unique=True, max_size=30)
COUNTS = st.integers(1, 9)


def shards(count: int) -> list[Shard]:
    return [Shard(index=index, count=count) for index in range(1, count + 1)]


def items_of(names: list[str]) -> list[Item]:
    return [item(key=sha256(name.encode()).hexdigest(), id=name) for name in names]


def plan_of(items: list[Item]) -> Plan:
    return Plan(items=tuple(items), digest=digest_of(items))


@given(NAMES, COUNTS)
def test_every_item_is_in_exactly_one_shard(names: list[str], count: int) -> None:
    plan = plan_of(items_of(names))

    held = [each for shard in shards(count) for each in narrowed(plan, shard).items]

    assert sorted(each.id for each in held) == sorted(names)


@given(NAMES, NAMES, COUNTS, st.randoms(use_true_random=False))
def test_inserting_and_sorting_move_nothing_between_shards(
    names: list[str], others: list[str], count: int, dice: Random
) -> None:
    changed = list(dict.fromkeys([*names, *others]))
    dice.shuffle(changed)

    for shard in shards(count):
        before = {each.key for each in narrowed(plan_of(items_of(names)), shard).items}
        after = {each.key for each in narrowed(plan_of(items_of(changed)), shard).items}
        assert before == {each.key for each in items_of(names)} & after


@given(NAMES, COUNTS)
def test_a_part_is_counted_and_told_as_the_items_that_it_gives(names: list[str], count: int) -> None:
    for part in (narrowed(plan_of(items_of(names)), shard) for shard in shards(count)):
        assert (len(part.items), part.digest) == (len(list(part.items)), digest_of(part.items))


@given(NAMES, COUNTS)
def test_an_item_keeps_its_place_in_the_whole(names: list[str], count: int) -> None:
    plan = plan_of(items_of(names))

    news = [
        each
        for shard in shards(count)
        for each in updates(narrowed(plan, shard).placed(), partial(map, dict[str, Told]().get))
    ]
    placed = [(each.position, each.key) for each in news]

    assert sorted(placed) == [(place, each.key) for place, each in enumerate(plan.items)]


@given(st.integers(0, 10**12), COUNTS)
def test_the_parts_of_a_limit_are_the_limit_and_as_equal_as_can_be(whole: int, count: int) -> None:
    parts = [share(whole, shard) for shard in shards(count)]

    assert sum(parts) == whole
    assert max(parts) - min(parts) <= 1


def test_a_shard_is_the_same_in_every_version_of_the_program() -> None:
    """Machines with different versions share a manifest; a division that changed would buy items twice or never."""
    keys = [sha256(str(n).encode()).hexdigest() for n in range(12)]

    assert [next(shard.index for shard in shards(4) if holds(shard, key)) for key in keys] == [
        2,
        4,
        2,
        3,
        3,
        2,
        4,
        2,
        4,
        4,
        2,
        1,
    ]


def test_a_shard_that_is_not_there_is_missed() -> None:
    assert missing([Shard(index=2, count=3)]) == (Shard(index=1, count=3), Shard(index=3, count=3))
    assert missing(shards(4)) == ()
