"""The order of purchases within a window of the plan."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.core.plan.turns import by_turns


@pytest.mark.parametrize(
    ("window", "order"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("x0 x1 x2", "x0 x1 x2", id="one tag is the plan's order"),
        pytest.param("x0 x1 x2 y0", "x0 y0 x1 x2", id="a small group does not wait for a large one"),
        pytest.param("y0 x0 y1 x1", "y0 x0 y1 x1", id="as fair as it stands"),
        pytest.param("x0 y0 y1 z0 x1", "x0 y0 z0 y1 x1", id="of groups served equally often the plan's first"),
    ],
)
def test_the_next_one_is_of_the_group_that_was_served_least(window: str, order: str) -> None:
    assert by_turns((word, word[0]) for word in window.split()) == order.split()


@given(st.lists(st.sampled_from("abc"), max_size=40))
def test_nothing_is_lost_each_group_keeps_its_order_and_none_is_ahead_while_another_waits(groups: list[str]) -> None:
    window = [(number, group) for number, group in enumerate(groups)]

    order = by_turns(window)

    assert sorted(order) == list(range(len(groups)))
    served, left = Counter[str](), Counter(groups)
    for number in order:
        group = groups[number]
        assert served[group] == min(served[each] for each in left if left[each])
        served[group] += 1
        left[group] -= 1
    for group in "abc":
        own = [number for number in order if groups[number] == group]
        assert own == sorted(own)
