"""Free requests that come too fast: all of them pause, go on wider apart, and come back to where they were."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.core.limits.courtesy import FIRST_S, MOST_S, Courtesy
from runner.core.limits.retry import FREE, RETRY_AFTER_MOST_S

NOW = 1000.0


def refused(times: int = 1, *, asked_s: float | None = None) -> tuple[Courtesy, float]:
    """Return a gate that was refused so often, each time when it opened again, and when it opens next."""
    courtesy, until = Courtesy(), NOW
    for _ in range(times):
        until = courtesy.refused(until, jitter=0.0, asked_s=asked_s)
    return courtesy, until


def sent(courtesy: Courtesy, waiting: int, now: float) -> list[float]:
    """Return when so many requests leave that are all due now, each answered at once."""
    due, left = [now] * waiting, list[float]()
    while due:
        at = due.pop(0)
        if (open_at := courtesy.admit(at)) <= at:
            left.append(at)
            courtesy.answered(at)
        else:
            due = sorted([*due, open_at])
    return left


def test_nothing_waits_before_the_first_refusal() -> None:
    assert sent(Courtesy(), 50, NOW) == [NOW] * 50


@pytest.mark.parametrize(
    ("asked_s", "pause_s"),
    [(None, FREE.first_s / 2), (90.0, 90.0), (1e9, RETRY_AFTER_MOST_S), (-5.0, FREE.first_s / 2)],
    ids=["no wish", "Retry-After", "an absurd wish", "a wish of the past"],
)
def test_a_refusal_pauses_all_as_long_as_was_asked_for_and_no_longer_than_is_sane(
    asked_s: float | None, pause_s: float
) -> None:
    courtesy, until = refused(asked_s=asked_s)

    assert until == NOW + pause_s
    assert courtesy.admit(until - 0.01) >= until
    assert courtesy.admit(until) == until


def test_behind_the_pause_requests_leave_one_by_one_and_ever_closer() -> None:
    courtesy, until = refused()

    left = sent(courtesy, 40, until)

    gaps = [later - earlier for earlier, later in pairwise(left)]
    assert gaps[0] == pytest.approx(FIRST_S, rel=0.2)
    assert gaps[-1] == 0.0
    assert max(gaps[5:]) < gaps[0]


def test_refusals_in_a_row_pause_longer_and_space_wider() -> None:
    untils = [refused(times)[1] for times in range(1, 12)]

    pauses = [later - earlier for earlier, later in pairwise(untils)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == FREE.most_s / 2


def test_what_left_before_the_pause_is_no_setback_of_its_own() -> None:
    courtesy, until = refused()
    for _ in range(7):
        courtesy.refused(NOW + 0.1, jitter=0.0, asked_s=None)
    courtesy.answered(NOW + 0.2)  # one of those was let through: it proves nothing

    assert courtesy.admit(until + 0.1) == until + 0.1
    assert courtesy.admit(until + 0.1) == pytest.approx(until + 0.1 + FIRST_S)


@given(refusals=st.lists(st.tuples(st.floats(0, 1e7), st.none() | st.floats(-1e9, 1e12)), max_size=20))
def test_it_never_freezes(refusals: list[tuple[float, float | None]]) -> None:
    courtesy = Courtesy()
    for at, asked_s in refusals:
        courtesy.refused(at, jitter=0.99, asked_s=asked_s)
    late = max((at for at, _ in refusals), default=0.0)

    assert courtesy.admit(late) <= late + RETRY_AFTER_MOST_S
    assert sent(courtesy, 20, late + RETRY_AFTER_MOST_S)[-1] <= late + RETRY_AFTER_MOST_S + 20 * MOST_S
