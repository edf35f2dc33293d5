"""The no-progress abort: what moves a run, and what does not."""

from __future__ import annotations

import pytest
from lives import (
    ACCEPTED,
    BROKE,
    CHECKED,
    DOUBTED,
    FINISHED,
    GAVE_UP,
    INTENDED,
    REFUSED,
    REFUSED_FOR_GOOD,
    SAVED,
    SEEN,
    SPOILED,
    SPOILED_FOR_GOOD,
    STALLED,
)

from runner.core.limits.admission import Closed
from runner.core.limits.standstill import Standstill
from runner.core.sums.ending import Ending
from runner.events import Event, Stamped


def standing(*events: Event) -> Standstill:
    """Return one that began at 0 and was told these facts at 100."""
    watch = Standstill(after_s=600.0)
    watch.begin(0.0)
    for event in events:
        watch.saw(Stamped(at=100.0, event=event))
    return watch


@pytest.mark.parametrize(
    "event",
    [ACCEPTED, SEEN, FINISHED, SAVED, CHECKED, BROKE, REFUSED_FOR_GOOD, SPOILED_FOR_GOOD],
    ids=lambda event: type(event).__name__,
)
def test_what_comes_nearer_to_its_end_moves_a_run(event: Event) -> None:
    watch = standing(event)

    assert watch.closed(699.0) is None
    assert watch.closed(700.0) == Closed(why="nothing moved for 10 min", ending=Ending.DEADLINE)


@pytest.mark.parametrize(
    ("event", "trouble"),
    [
        (INTENDED, ""),
        (GAVE_UP, ""),
        (DOUBTED, ": read time-out after 60 s"),
        (STALLED, ": connection reset"),
        (SPOILED, ": an HTML page"),
        (REFUSED, ": 1026: input new_sensitive"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_trouble_moves_nothing_and_is_told(event: Event, trouble: str) -> None:
    watch = standing(event)

    assert watch.closed(599.0) is None
    assert watch.closed(600.0) == Closed(why=f"nothing moved for 10 min{trouble}", ending=Ending.DEADLINE)


def test_trouble_that_is_over_is_not_told() -> None:
    closed = standing(STALLED, ACCEPTED).closed(700.0)

    assert closed is not None
    assert closed.why == "nothing moved for 10 min"


def test_a_wait_on_purpose_counts_from_its_end() -> None:
    watch = standing(ACCEPTED)
    watch.begin(5_000.0)

    assert watch.due == 5_600.0
    assert watch.closed(5_599.0) is None
    assert watch.closed(5_600.0) is not None


def test_without_a_limit_a_run_waits_for_ever() -> None:
    watch = Standstill(after_s=None)

    assert watch.due is None
    assert watch.closed(1e12) is None
