"""The one thing to do next, to the second, and when there is nothing more to do in this run."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest
from lives import (
    ABANDONED,
    ACCEPTED,
    BROKE,
    DOUBTED,
    FINISHED,
    GAVE_UP,
    INTENDED,
    KEYED,
    PASTS,
    REFETCHED,
    REFUSED,
    REFUSED_FOR_GOOD,
    REQUEUED,
    RESUBMITTED,
    RETIRED,
    SAVED,
    SPOILED,
    SPOILED_FOR_GOOD,
    STALLED,
    told,
)

from runner.core.life.lifecycle import Check, Fetch, Outcome, Poll, Rest, Step, Submit, Wait, next_step
from runner.core.life.state import Phase
from runner.events import Event

IN_TIME, TOO_LATE = 100.0, 100.0
"""`wait_until` in these tests, and the first moment that is past it."""


def step(*events: Event, now: float = 99.0) -> Step:
    return next_step(told(*events), now=now, wait_until=IN_TIME)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param((), Submit(), id="planned"),
        pytest.param((INTENDED, REFUSED), Submit(), id="refused, and its pause is over"),
        pytest.param((INTENDED, RESUBMITTED), Submit(), id="never made"),
        pytest.param((KEYED,), Submit(again=True), id="in doubt under a key that buys nothing twice"),
        pytest.param((INTENDED, ACCEPTED), Poll(), id="running"),
        pytest.param((INTENDED, ACCEPTED, STALLED), Poll(), id="running after trouble"),
        pytest.param((INTENDED, ACCEPTED, GAVE_UP), Poll(), id="running, asked again by the next run"),
        pytest.param((INTENDED, ACCEPTED, RETIRED), Poll(), id="bought and no longer wanted: still collected"),
        pytest.param((INTENDED, ACCEPTED, FINISHED), Fetch(), id="made"),
        pytest.param((INTENDED, ACCEPTED, FINISHED, SAVED), Check(), id="saved"),
        pytest.param((INTENDED, ACCEPTED, FINISHED, SAVED, SPOILED), Fetch(), id="spoiled: fetched again"),
        pytest.param((*PASTS[Phase.SAVED], SPOILED_FOR_GOOD, REFETCHED), Fetch(), id="spoiled for good, fetched again"),
        pytest.param((INTENDED, ACCEPTED, BROKE, REQUEUED), Submit(), id="broke, bought again"),
    ],
)
def test_what_is_due_is_done(events: tuple[Event, ...], expected: Step) -> None:
    assert step(*events) == expected


@pytest.mark.parametrize(
    "events",
    [
        pytest.param((INTENDED, REFUSED), id="refused"),
        pytest.param((KEYED, STALLED), id="in doubt under a key"),
        pytest.param((INTENDED, ACCEPTED, STALLED), id="running"),
        pytest.param((INTENDED, ACCEPTED, FINISHED, STALLED), id="made"),
        pytest.param((*PASTS[Phase.SAVED], SPOILED), id="spoiled"),
    ],
)
def test_what_is_not_due_waits_to_the_second(events: tuple[Event, ...]) -> None:
    assert step(*events, now=49.9) == Wait(until=50.0)
    assert not isinstance(step(*events, now=50.0), Wait)


def test_a_file_that_is_here_is_checked_at_once_though_the_clock_went_back() -> None:
    assert step(*PASTS[Phase.SAVED], now=-7200.0) == Check()


def test_nobody_waits_longer_than_this_run_is_patient() -> None:
    state = replace(told(INTENDED, ACCEPTED), due=500.0)

    assert next_step(state, now=99.0, wait_until=IN_TIME) == Wait(until=100.0)


@pytest.mark.parametrize(
    ("events", "why"),
    [
        pytest.param((INTENDED, ACCEPTED), "still at the provider", id="running"),
        pytest.param((INTENDED, ACCEPTED, STALLED), "connection reset", id="running in trouble"),
        pytest.param((INTENDED, ACCEPTED, GAVE_UP), "still at the provider", id="given up waiting before"),
        pytest.param((INTENDED, ACCEPTED, STALLED, GAVE_UP), "still at the provider", id="given up before, in trouble"),
        pytest.param((INTENDED, ACCEPTED, FINISHED), "made, not yet fetched", id="made"),
        pytest.param((*PASTS[Phase.SAVED], SPOILED), "made, not yet fetched", id="spoiled"),
        pytest.param((KEYED,), "the request has no answer", id="in doubt under a key"),
    ],
)
def test_a_run_that_has_waited_long_enough_leaves_the_job_open(events: tuple[Event, ...], why: str) -> None:
    assert step(*events, now=TOO_LATE) == Rest(outcome=Outcome.OPEN, why=why)


@pytest.mark.parametrize("events", [(), (INTENDED, REFUSED), PASTS[Phase.SAVED]], ids=["planned", "refused", "saved"])
def test_what_needs_no_waiting_is_done_after_the_deadline_too(events: tuple[Event, ...]) -> None:
    assert step(*events, now=TOO_LATE) == step(*events)


@pytest.mark.parametrize(
    ("events", "rest"),
    [
        pytest.param((RETIRED,), Rest(outcome=Outcome.SKIPPED, why="no longer in the manifest"), id="retired"),
        pytest.param(
            (INTENDED,),
            Rest(outcome=Outcome.IN_DOUBT, why="the run stopped while the request was under way"),
            id="a crash before the answer",
        ),
        pytest.param(
            (INTENDED, DOUBTED), Rest(outcome=Outcome.IN_DOUBT, why="read time-out after 60 s"), id="no answer"
        ),
        pytest.param(
            (INTENDED, DOUBTED, RETIRED), Rest(outcome=Outcome.IN_DOUBT, why="read time-out after 60 s"),
            id="in doubt and no longer wanted",
        ),
        pytest.param(PASTS[Phase.DONE], Rest(outcome=Outcome.DONE, why=""), id="done"),
        pytest.param(
            (INTENDED, REFUSED_FOR_GOOD), Rest(outcome=Outcome.FAILED, why="1026: input new_sensitive"), id="refused"
        ),
        pytest.param(
            (INTENDED, ABANDONED), Rest(outcome=Outcome.FAILED, why="in doubt, then given up"), id="given up"
        ),
        pytest.param(
            (*PASTS[Phase.SAVED], SPOILED_FOR_GOOD), Rest(outcome=Outcome.FAILED, why="an HTML page"), id="spoiled"
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("now", [0.0, 99.0, 10_000.0], ids=["early", "in time", "late"])
def test_what_is_at_rest_stays_at_rest(events: tuple[Event, ...], rest: Rest, now: float) -> None:
    assert next_step(told(*events), now=now, wait_until=IN_TIME) == rest


@pytest.mark.parametrize("now", [0.0, 99.0, 10_000.0, inf], ids=["early", "in time", "late", "for ever"])
@pytest.mark.parametrize("events", [(INTENDED,), (INTENDED, DOUBTED), (INTENDED, DOUBTED, RETIRED)])
def test_an_item_in_doubt_is_never_submitted_again(events: tuple[Event, ...], now: float) -> None:
    assert isinstance(next_step(told(*events), now=now, wait_until=inf), Rest)
