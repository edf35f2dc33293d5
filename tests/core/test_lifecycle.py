"""Every fact in every phase in which it can come, and what it leaves behind."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lives import (
    ABANDONED,
    ACCEPTED,
    ADOPTED,
    ANYWHERE,
    BROKE,
    CAN_FOLLOW,
    CHECKED,
    DOUBTED,
    FINISHED,
    GAVE_UP,
    INTENDED,
    KEPT,
    KEYED,
    NO,
    PASTS,
    PLANNED,
    PRICE,
    PUT_TO_REVIEW,
    REFETCHED,
    REFUSED,
    REFUSED_FOR_GOOD,
    REJECTED,
    REQUEUED,
    RESUBMITTED,
    RETIRED,
    SAVED,
    SEEN,
    SPOILED,
    SPOILED_FOR_GOOD,
    STALLED,
    TAKEN_AGAIN,
    item,
    told,
)

from runner.core.life.lifecycle import apply, fold
from runner.core.life.purging import bare
from runner.core.life.state import Phase, index_of
from runner.events import Broke, Event, Intended, Planned, Settled, Stamped
from runner.model import Job, Money

ROWS = [
    pytest.param(phase, event, after, id=f"{phase}, {type(event).__name__} {n}")
    for phase, facts in CAN_FOLLOW.items()
    for n, (event, after) in enumerate((*facts, *((event, phase) for event in ANYWHERE)))
]
BROKEN_ONCE = (INTENDED, ACCEPTED, FINISHED, SAVED, SPOILED_FOR_GOOD)


@pytest.mark.parametrize(("phase", "event", "after"), ROWS)
def test_a_fact_leads_to_its_phase(phase: Phase, event: Event, after: Phase) -> None:
    state = told(*PASTS[phase])
    assert state.phase is phase

    assert told(*PASTS[phase], event).phase is after


@pytest.mark.parametrize("phase", Phase)
def test_leaving_the_manifest_and_coming_back_changes_nothing_else(phase: Phase) -> None:
    state = told(*PASTS[phase])

    assert not told(*PASTS[phase], RETIRED).wanted
    assert told(*PASTS[phase], RETIRED, PLANNED) == state


@pytest.mark.parametrize("phase", Phase)
def test_an_item_under_another_name_keeps_its_life(phase: Phase) -> None:
    renamed = item(id="bertha", name="bertha.mp4")

    state = told(*PASTS[phase], Planned(item=renamed))

    assert (state.item, state.phase) == (bare(renamed) if phase is Phase.PURGED else renamed, phase)
    assert (index_of(state).id, index_of(state).name) == ("bertha", "bertha.mp4")


def test_a_history_that_does_not_begin_with_its_plan_is_refused() -> None:
    with pytest.raises(TypeError, match="begins with Planned, not Accepted"):
        fold([Stamped(at=0.0, event=ACCEPTED)])


def test_an_accepted_job_is_bought_at_its_price_and_can_be_asked_after() -> None:
    state = told(INTENDED, ACCEPTED)

    assert (state.bought, state.spent, state.reserved) == (1, (PRICE,), ())
    assert state.job == Job(provider="minimax", id="j1")
    assert (state.intended_at, state.accepted_at, state.answered_at, state.due) == (1.0, 2.0, 2.0, 2.0)


def test_a_finished_job_knows_its_file() -> None:
    assert told(INTENDED, ACCEPTED, FINISHED).job == Job(provider="minimax", id="j1", file_id="f1")


def test_an_item_without_a_receipt_has_no_job() -> None:
    assert (told().job, told(INTENDED).job) == (None, None)


def test_a_refusal_buys_nothing_and_waits_for_its_time() -> None:
    state = told(INTENDED, REFUSED)

    assert (state.bought, state.spent, state.reserved) == (0, (), ())
    assert (state.due, state.verdict, state.note, state.ended_at) == (50.0, NO, "1026: input new_sensitive", None)


def test_an_adopted_job_is_bought_like_any_other() -> None:
    state = told(INTENDED, DOUBTED, ADOPTED)

    assert (state.job, state.bought, state.spent) == (Job(provider="minimax", id="found"), 1, (PRICE,))
    assert state.note is None


def test_what_was_refused_and_is_tried_again_was_never_bought_and_cannot_turn_up() -> None:
    intended = replace(INTENDED, price=None)

    assert (told(intended, REFUSED_FOR_GOOD, REQUEUED).is_let_go, told(intended, ABANDONED, REQUEUED).is_let_go) == (
        False,
        True,
    )
    assert (told(intended, REFUSED_FOR_GOOD, REQUEUED).unpriced, told(intended, ABANDONED, REQUEUED).unpriced) == (0, 1)


@pytest.mark.parametrize("again", [REQUEUED, REFETCHED])
def test_a_job_that_is_tried_again_is_not_known_to_be_gone_any_more(again: Event) -> None:
    assert told(INTENDED, ACCEPTED, Broke(verdict=NO, is_gone=True)).is_gone
    assert not told(INTENDED, ACCEPTED, Broke(verdict=NO, is_gone=True), again).is_gone


def test_a_word_on_the_video_of_one_job_does_not_hold_for_that_of_another() -> None:
    gone = (SPOILED, Broke(verdict=NO, is_gone=True))
    state = told(INTENDED, ACCEPTED, FINISHED, SAVED, PUT_TO_REVIEW, KEPT, *gone, ADOPTED)

    assert (state.phase, state.job_id, state.approved) == (Phase.RUNNING, "found", False)


def test_a_receipt_that_comes_after_a_callback_corrects_the_job_and_buys_nothing() -> None:
    state = told(INTENDED, Settled(decision="adopt", job_id="named", by="callback"), ACCEPTED)

    assert (state.job, state.bought, state.spent) == (Job(provider="minimax", id="j1"), 1, (PRICE,))
    assert (state.accepted_at, state.answered_at) == (2.0, 3.0)


def test_a_call_is_waited_for_only_where_one_may_come() -> None:
    asked = replace(INTENDED, callback=True)

    assert told(asked).called_until(900.0) == 901.0
    assert told(asked, DOUBTED).called_until(900.0) == 902.0
    assert told(INTENDED, DOUBTED).called_until(900.0) == 0.0
    assert told(replace(KEYED, callback=True), STALLED).called_until(900.0) == 0.0
    assert told(asked, ACCEPTED).called_until(900.0) == 0.0
    assert told(asked, REFUSED, INTENDED, DOUBTED).called_until(900.0) == 0.0


def test_a_doubt_settled_as_never_made_is_open_for_another_try_at_once() -> None:
    state = told(INTENDED, DOUBTED, RESUBMITTED)

    assert (state.phase, state.due, state.note, state.bought) == (Phase.PLANNED, 3.0, None, 0)


def test_a_doubt_given_up_says_so() -> None:
    state = told(INTENDED, DOUBTED, ABANDONED)

    assert (state.phase, state.note, state.ended_at) == (Phase.FAILED, "in doubt, then given up", 3.0)


def test_a_spoiled_file_is_forgotten_and_its_job_is_not() -> None:
    state = told(INTENDED, ACCEPTED, FINISHED, SAVED, SPOILED)

    assert (state.artifact, state.clip, state.spoils, state.due) == (None, None, 1, 50.0)
    assert state.job == Job(provider="minimax", id="j1", file_id="f1")


@pytest.mark.parametrize("refetch", [True, False], ids=["fetch again", "buy again"])
def test_another_try_of_a_spoiled_video_buys_only_when_it_must(*, refetch: bool) -> None:
    state = told(*BROKEN_ONCE, REFETCHED if refetch else REQUEUED)

    assert state.phase is (Phase.READY if refetch else Phase.PLANNED)
    assert (state.spoils, state.note, state.verdict, state.ended_at) == (0, None, None, None)
    assert (state.bought, state.spent) == (1, (PRICE,))


def test_a_new_purchase_takes_nothing_over_from_the_one_before() -> None:
    state = told(*BROKEN_ONCE, REQUEUED, Intended(attempt=2, provider="vapi", price=None, idempotency_key=None))

    assert (state.provider, state.attempt, state.price, state.intended_at) == ("vapi", 2, None, 7.0)
    assert (state.job, state.status, state.output, state.artifact, state.clip) == (None,) * 5
    assert (state.accepted_at, state.finished_at, state.saved_at, state.ended_at) == (None,) * 4
    assert state.waits_since == 7.0


def test_a_request_repeated_under_its_key_is_the_same_purchase() -> None:
    dearer = Intended(attempt=1, provider="local", price=Money(micros=9, currency="USD"), idempotency_key="token")

    state = told(KEYED, STALLED, dearer, STALLED, dearer)

    assert (state.intended_at, state.waits_since, state.stalls) == (1.0, 1.0, 2)
    assert state.reserved == (PRICE,)


def test_trouble_of_free_steps_is_counted_until_one_works() -> None:
    assert told(INTENDED, ACCEPTED, STALLED, STALLED).stalls == 2
    assert told(INTENDED, ACCEPTED, STALLED, replace(STALLED, throttled=True)).stalls == 1
    assert told(INTENDED, ACCEPTED, STALLED, SEEN).stalls == 0
    assert told(INTENDED, ACCEPTED, STALLED, FINISHED).stalls == 0
    assert told(INTENDED, ACCEPTED, FINISHED, STALLED, SAVED).stalls == 0


def test_a_trouble_that_is_over_is_not_told_any_more() -> None:
    assert told(INTENDED, ACCEPTED, STALLED).note == "connection reset"
    assert told(INTENDED, ACCEPTED, STALLED, SEEN).note is None


def test_a_new_wait_starts_without_the_troubles_of_the_last() -> None:
    state = told(INTENDED, ACCEPTED, STALLED, GAVE_UP)

    assert (state.phase, state.stalls, state.note) == (Phase.RUNNING, 0, "not finished after 60 min")


def test_every_fact_leaves_its_time() -> None:
    state = told(INTENDED, ACCEPTED, FINISHED, SAVED, CHECKED)

    times = (state.intended_at, state.accepted_at, state.finished_at, state.saved_at, state.ended_at)
    assert times == (1.0, 2.0, 3.0, 4.0, 5.0)
    assert told(INTENDED, ACCEPTED, BROKE).ended_at == 3.0


def test_apply_leaves_the_state_before_as_it_was() -> None:
    before = told(INTENDED)

    apply(before, Stamped(at=9.0, event=ACCEPTED))

    assert before == told(INTENDED)


def test_every_video_that_was_sent_back_is_counted_and_none_that_was_lost() -> None:
    bought = PASTS[Phase.SAVED]
    assert told(*bought, TAKEN_AGAIN, *bought, PUT_TO_REVIEW, REJECTED, REQUEUED).dismissed == 2
    assert told(*bought, CHECKED, SPOILED_FOR_GOOD, REQUEUED).dismissed == 0
