"""Pauses between tries: exact, bounded, spread, and the same when a run is told again."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.core.limits.retry import RETRY_AFTER_MOST_S, jitter, pause_s
from runner.model import Backoff

BACKOFF = Backoff(first_s=2.0, most_s=120.0)
ALMOST_ONE = 1.0 - 2**-32


@pytest.mark.parametrize(
    ("tries", "least", "most"),
    [(1, 1.0, 2.0), (2, 2.0, 4.0), (3, 4.0, 8.0), (6, 32.0, 64.0), (7, 60.0, 120.0), (8, 60.0, 120.0),
     (10_000, 60.0, 120.0)],
)  # fmt: skip
def test_a_pause_doubles_up_to_its_most_and_is_spread_over_its_upper_half(
    tries: int, least: float, most: float
) -> None:
    assert pause_s(BACKOFF, tries, jitter=0.0) == least
    assert least <= pause_s(BACKOFF, tries, jitter=0.5) < pause_s(BACKOFF, tries, jitter=ALMOST_ONE) < most


@pytest.mark.parametrize(
    ("asked_s", "pause"),
    [
        pytest.param(None, 1.0, id="no wish"),
        pytest.param(60.0, 60.0, id="longer than our own"),
        pytest.param(0.5, 1.0, id="shorter than our own"),
        pytest.param(-5.0, 1.0, id="in the past"),
        pytest.param(RETRY_AFTER_MOST_S + 1, RETRY_AFTER_MOST_S, id="longer than any batch should park"),
        pytest.param(inf, RETRY_AFTER_MOST_S, id="for ever"),
    ],
)
def test_the_longer_of_our_pause_and_the_providers_wish_holds(asked_s: float | None, pause: float) -> None:
    assert pause_s(BACKOFF, 1, jitter=0.0, asked_s=asked_s) == pause


@given(st.text(), st.integers(1, 10**6))
def test_a_spread_is_a_share_of_one(key: str, tries: int) -> None:
    assert 0.0 <= jitter(key, tries) < 1.0


def test_a_spread_is_the_same_for_the_same_try_on_every_machine() -> None:
    assert (jitter("anna", 1), jitter("anna", 2)) == (0.024210514733567834, 0.1385353219229728)


def test_items_that_fail_together_come_back_apart() -> None:
    spreads = [jitter(f"item-{n}", 1) for n in range(1000)]

    tenths = [sum(1 for spread in spreads if int(spread * 10) == tenth) for tenth in range(10)]

    assert min(tenths) > 60
    assert max(tenths) < 140
