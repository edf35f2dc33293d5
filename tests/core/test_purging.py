"""What a purge takes out of facts changes nothing about where an item stands, what it cost, or what it bought."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lives import CAN_FOLLOW, PASTS, PRICE, PURGED, item, told

from runner.core.life.lifecycle import Outcome, Rest, fold, next_step
from runner.core.life.purging import emptied
from runner.core.life.state import Phase, index_of
from runner.core.sums.tally import row
from runner.events import Event, Planned, Stamped

LIVES = [
    pytest.param((*PASTS[phase], *after), id=f"{phase} {n}")
    for phase in Phase
    for n, after in enumerate([(), *((event,) for event, _ in CAN_FOLLOW[phase])])
]


@pytest.mark.parametrize("life", LIVES)
def test_an_emptied_life_leads_to_the_same_place_at_the_same_price(life: tuple[Event, ...]) -> None:
    her = item(prompt="She smiles.", tags=("anna",), metadata={"consent": "press"})
    history = [Stamped(at=float(n), event=event) for n, event in enumerate((Planned(item=her), *life, PURGED))]

    state = fold(history)
    less = fold([replace(each, event=emptied(each.event)) for each in history])

    before = fold(history[:-1])
    assert (state.phase, less.item) == (Phase.PURGED, state.item)
    assert index_of(less) == index_of(state)
    assert row(less) == row(state)
    assert (state.bought, state.spent, state.unpriced) == (before.bought, before.spent, before.unpriced)
    assert state.reserved == before.reserved
    assert next_step(state, now=0.0, wait_until=9.0) == Rest(outcome=Outcome.SKIPPED, why="removed by s2v purge")


def test_what_was_paid_for_and_purged_counts_as_lost_and_says_why() -> None:
    purged = row(told(*PASTS[Phase.PURGED]))

    assert (purged.bought, purged.kept, purged.lost, purged.cost, purged.counts) == (1, 0, 1, (PRICE,), False)
    assert (purged.bytes_, purged.seconds, purged.purged) == (None, None, True)
