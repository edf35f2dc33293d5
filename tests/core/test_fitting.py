"""Curves through values of which only bounds are known, and what is to be expected of one such value."""

from __future__ import annotations

from collections.abc import Callable
from math import floor, inf
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.core.outlook.fitting import Belief, Between, Normal, fitted

UNSURE = Belief(mu=0.0, sigma=1.0, mu_weight=0.01, sigma_weight=0.01)
VALUES = [Random(n).gauss(3.0, 0.5) for n in range(600)]


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(lambda x: Between(x, x), id="known"),
        pytest.param(lambda x: Between(floor(2 * x) / 2, floor(2 * x) / 2 + 0.5), id="to a half"),
        pytest.param(lambda x: Between(-9.0, 2.7) if x < 2.7 else Between(x, x), id="the low ones not"),
        pytest.param(lambda x: Between(x, x) if x < 3.2 else Between(3.2), id="the high ones not"),
    ],
)
def test_the_curve_is_found_from_what_is_known(known: Callable[[float], Between]) -> None:
    curve = fitted([known(x) for x in VALUES], UNSURE)

    assert curve.mu == pytest.approx(3.0, abs=0.05)
    assert curve.sigma == pytest.approx(0.5, abs=0.05)


def test_weights_count_as_so_many_values() -> None:
    apart = fitted([Between(1.0, 1.0)] * 3 + [Between(2.0)] * 2, UNSURE)
    together = fitted([Between(1.0, 1.0)] * 3 + [Between(2.0, weight=2.0)], UNSURE)

    assert (together.mu, together.sigma) == pytest.approx((apart.mu, apart.sigma))


def test_few_values_leave_what_was_believed_and_many_do_not() -> None:
    before = Belief(mu=0.0, sigma=0.4, mu_weight=10.0, sigma_weight=3.0)

    few, many = (fitted([Between(0.2, 0.2)] * count, before) for count in (1, 1000))

    assert 0.0 < few.mu < 0.1
    assert few.sigma > 0.3
    assert many.mu == pytest.approx(0.2, abs=0.01)
    assert many.sigma < 0.1


bounds = st.floats(min_value=-60.0, max_value=60.0)


@given(low=bounds, high=bounds | st.just(inf), sigma=st.floats(0.01, 5.0), chance=st.floats(0.001, 0.999))
def test_what_is_expected_or_drawn_lies_between_the_bounds(
    low: float, high: float, sigma: float, chance: float
) -> None:
    low, high = sorted((low, high))
    curve = Normal(mu=0.0, sigma=sigma)

    mean, variance = curve.expected(low, high)

    assert low - 1e-6 <= mean <= high + 1e-6
    assert 0.0 <= variance <= sigma**2 * (1 + 1e-9)
    assert low <= curve.drawn(low, high, chance) <= high
