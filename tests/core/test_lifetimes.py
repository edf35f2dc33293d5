"""How long jobs live: the estimate against the textbook's, on what is exact, censored, and known between two looks."""

from __future__ import annotations

from math import exp

import pytest

from runner.core.outlook.lifetimes import MEMORY, Lifetimes, lateness


def alive_at(lifetimes: Lifetimes, age: float) -> float:
    """Return the chance of a job to be pending at an age."""
    alive, at = 1.0, 0.0
    for seconds, hazard in lifetimes.ahead(0.0):
        alive *= exp(-hazard * min(seconds, age - at))
        at += seconds
        if at >= age:
            return alive
    raise AssertionError("the stretches ahead come to an end")


def test_the_estimate_is_kaplan_and_meiers() -> None:
    lifetimes = Lifetimes()
    for end in (30.0, 50.0, 50.0, 90.0):
        lifetimes.outlived(0.0, end)
        lifetimes.ended(end, end)
    lifetimes.outlived(0.0, 70.0)  # and then nobody asked any more

    product_limit = {40.0: 4 / 5, 65.0: 4 / 5 * 2 / 4, 120.0: 0.0}
    assert {age: alive_at(lifetimes, age) for age in product_limit} == pytest.approx(product_limit, abs=0.06)


def test_an_end_between_two_looks_is_shared_out_by_what_was_believed() -> None:
    lifetimes = Lifetimes()
    for _ in range(20):
        lifetimes.outlived(0.0, 60.0)
        lifetimes.ended(60.0, 60.0)

    lifetimes.ended(0.0, 200.0)  # somewhere in there: most likely where the others ended

    assert alive_at(lifetimes, 50.0) == pytest.approx(1.0, abs=0.05)
    assert alive_at(lifetimes, 75.0) < 0.05


def test_what_was_seen_long_ago_counts_no_more() -> None:
    lifetimes = Lifetimes()
    for age in (*[60.0] * 50, *[240.0] * int(5 * MEMORY)):
        lifetimes.outlived(0.0, age)
        lifetimes.ended(age, age)

    assert alive_at(lifetimes, 120.0) > 0.95


@pytest.mark.parametrize(("since", "until"), [(-5.0, -1.0), (10.0, 5.0), (0.0, 0.0), (1e9, 2e9), (-1e9, 1e9)], ids=str)
def test_absurd_ages_are_taken(since: float, until: float) -> None:
    lifetimes = Lifetimes()
    lifetimes.outlived(since, until)
    lifetimes.ended(since, until)

    assert 0.0 <= alive_at(lifetimes, 100.0) <= 1.0


def test_an_end_is_taken_where_next_to_none_was_believed_possible() -> None:
    """As after a clock without a battery: taken in 1970, known to be pending ever since, and then called about."""
    lifetimes = Lifetimes()
    lifetimes.outlived(0.0, 1.7e9)
    lifetimes.ended(1.7e9, 1.7e9)
    assert 0.0 < lifetimes.alive(1.7e9, 1.8e9) < 1.0


def test_lateness_grows_with_the_square_of_a_short_gap() -> None:
    hazard, gap_s = 1e-4, 10.0

    assert lateness(gap_s, alive=1.0, hazard=hazard) == pytest.approx(hazard * gap_s**2 / 2, rel=1e-3)
