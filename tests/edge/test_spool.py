"""A spool gives back every item as it was, in order, and holds little of them in memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.edge.spool import Spool
from runner.model import Item, Portrait

FACTS = st.dictionaries(st.text(max_size=3), st.text(max_size=3) | st.integers() | st.booleans() | st.floats(-9, 9))
PORTRAITS = st.builds(Portrait, ref=st.text(max_size=3), sha256=st.text("ab", min_size=1), width=st.none())
ITEMS = st.builds(
    Item, key=st.text(), id=st.text(), name=st.text(), portrait=PORTRAITS, prompt=st.none() | st.text(),
    prompt_optimizer=st.booleans(), take=st.integers(1, 9), model=st.text(), tags=st.tuples(st.text()), metadata=FACTS,
)  # fmt: skip


def numbered(count: int, *, portraits: int = 3) -> Iterator[Item]:
    for n in range(count):
        portrait = Portrait(ref=f"p{n % portraits}.png", sha256=f"{n % portraits}" * 64, mime="image/png", bytes_=9)
        yield Item(
            key=f"{n:064x}", id=f"item-{n}", name=f"item-{n}.mp4", portrait=portrait, prompt=f"scene {n}",
            prompt_optimizer=True,
        )  # fmt: skip


@given(items=st.lists(ITEMS, max_size=5))
def test_every_item_comes_back_as_it_was(items: list[Item]) -> None:
    spool = Spool()
    for each in [*items] * 300:
        spool.append(each)

    assert (len(spool), list(spool)) == (len(items) * 300, items * 300)


@pytest.mark.parametrize("count", [0, 1, 511, 512, 513, 2000])
def test_two_readers_at_one_time_do_not_disturb_each_other(count: int) -> None:
    spool = Spool()
    for each in numbered(count):
        spool.append(each)

    assert list(zip(spool, spool, strict=True)) == [(each, each) for each in numbered(count)]


def test_memory_does_not_grow_with_the_items() -> None:
    def peak_of(count: int) -> int:
        tracemalloc.start()
        spool = Spool()
        for each in numbered(count):
            spool.append(each)
        assert sum(1 for _ in spool) == count
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    assert peak_of(60_000) < 12_000_000
