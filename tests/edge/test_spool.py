"""A spool gives back every item as it was, in order, and holds little of them in memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.core.life.lifecycle import Outcome
from runner.core.sums.tally import Row
from runner.edge.journal.spool import item_spool, row_spool
from runner.judgement import Judgement, Likeness, Motion
from runner.model import Clip, Item, Money, Portrait

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
    spool = item_spool()
    for each in [*items] * 300:
        spool.append(each)

    assert (len(spool), list(spool)) == (len(items) * 300, items * 300)


AMOUNTS = st.builds(Money, micros=st.integers(), currency=st.sampled_from(["USD", "CNY"]))
SHARES = dict.fromkeys(("frozen", "black", "brightness", "difference"), st.floats(0.0, 255.0))
JUDGEMENTS = st.builds(
    Judgement, motion=st.builds(Motion, **SHARES), likeness=st.none() | st.just(Likeness(distances=(0.25, None)))
).filter(lambda each: "nan" not in repr(each))  # which does not equal itself, and no manifest can ask for
ROWS = st.builds(
    Row, state=st.sampled_from(Outcome), metadata=FACTS, cost=st.tuples(AMOUNTS) | st.just(()),
    reserved=st.tuples(AMOUNTS, AMOUNTS), checks=st.none() | st.builds(Clip, seconds=st.just(5.6), fps=st.just(25.0)),
    tags=st.tuples(st.text()), intended_at=st.none() | st.floats(0, 2e9), accepted_at=st.none(), finished_at=st.none(),
    saved_at=st.none(), ended_at=st.none(), seconds=st.none(), judgement=st.none() | JUDGEMENTS,
)  # fmt: skip


@given(rows=st.lists(ROWS, max_size=3))
def test_every_row_of_a_report_comes_back_as_it_was(rows: list[Row]) -> None:
    spool = row_spool()
    for each in [*rows] * 300:
        spool.append(each)

    assert list(spool) == rows * 300


@pytest.mark.parametrize("count", [0, 1, 511, 512, 513, 2000])
def test_two_readers_at_one_time_do_not_disturb_each_other(count: int) -> None:
    spool = item_spool()
    for each in numbered(count):
        spool.append(each)

    assert list(zip(spool, spool, strict=True)) == [(each, each) for each in numbered(count)]


def test_memory_does_not_grow_with_the_items() -> None:
    def peak_of(count: int) -> int:
        tracemalloc.start()
        spool = item_spool()
        for each in numbered(count):
            spool.append(each)
        assert sum(1 for _ in spool) == count
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    assert peak_of(60_000) < 12_000_000
