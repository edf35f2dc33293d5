"""One history out of several: nothing paid for is lost, nothing is invented, and forks are told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lives import (
    ACCEPTED,
    BROKE,
    CHECKED,
    DOUBTED,
    FINISHED,
    GAVE_UP,
    INTENDED,
    KEPT,
    PLANNED,
    PUT_TO_REVIEW,
    REFUSED,
    REFUSED_FOR_GOOD,
    REJECTED,
    REQUEUED,
    RETIRED,
    SAVED,
    SEEN,
    TAKEN_AGAIN,
)  # fmt: skip
from test_histories import facts_after

from runner.core.life.collecting_twice import life
from runner.core.life.joining import Fork, addition, tells
from runner.core.life.lifecycle import fold
from runner.core.life.purging import LIFTED, emptied
from runner.core.life.state import Phase
from runner.core.sums.tally import row
from runner.events import Accepted, Event, Intended, Purged, Requeued, Seen, Stamped

MADE = (INTENDED, ACCEPTED, FINISHED, SAVED, CHECKED)
OTHER = (INTENDED, Accepted(job_id="j2"), FINISHED, SAVED, CHECKED)


def told(*events: Event, since: float = 0.0) -> list[Stamped]:
    """Return a history that begins at `since`, one fact a second."""
    return [Stamped(at=since + n, event=event) for n, event in enumerate((PLANNED, *events))]


@st.composite
def histories(draw: st.DrawFn, since: float = 0.0) -> list[Stamped]:
    """Tell a history as a run may write it."""
    history = [Stamped(at=since, event=PLANNED)]
    for n in range(draw(st.integers(0, 20))):
        history.append(Stamped(at=since + 1.0 + n, event=draw(facts_after(fold(history)))))
    return history


def cuts(history: list[Stamped]) -> st.SearchStrategy[list[list[Stamped]]]:
    """Return folders that were copied at some moments of one history."""
    return st.lists(st.integers(1, len(history)).map(lambda at: history[:at]), min_size=1, max_size=4)


@given(histories().flatmap(lambda whole: st.tuples(cuts(whole), st.permutations(range(4)))))
def test_copies_of_one_history_join_to_the_longest_in_any_order(drawn: tuple[list[list[Stamped]], list[int]]) -> None:
    copies, order = drawn
    mixed = [copies[n] for n in order if n < len(copies)]

    joined = addition([], mixed)

    assert not isinstance(joined, Fork)
    assert life(joined) == max((life(copy) for copy in copies), key=len)


@given(histories(), histories(since=1000.0))
def test_what_is_joined_tells_each_or_a_fork_is_told(one: list[Stamped], other: list[Stamped]) -> None:
    joined = addition(one, [other])

    if isinstance(joined, Fork):
        assert life(one)
        assert life(other)
    else:
        assert tells([*one, *joined], one)
        assert tells([*one, *joined], other)
        assert all(fact in other for fact in joined)


@given(histories(), histories(since=1000.0), st.booleans())
def test_what_was_joined_is_joined_for_good(one: list[Stamped], other: list[Stamped], both: bool) -> None:  # noqa: FBT001
    joined = addition([], [one, other], both=both)

    if not isinstance(joined, Fork):
        assert addition(joined, [one, other], both=both) == []
        assert addition(joined, [other], both=False) == []


@given(histories(), histories(since=1000.0))
def test_both_of_two_purchases_count_and_no_fact_is_added(one: list[Stamped], other: list[Stamped]) -> None:
    joined = addition([], [one, other], both=True)

    if not isinstance(joined, Fork):
        states = [fold(one), fold(other)]
        assert sorted(life(joined), key=lambda fact: fact.at) == life(one) + life(other)
        assert fold(joined).bought == sum(state.bought for state in states)
        assert not any(state.phase in LOOSE for state in states if state.phase is not fold(joined).phase)


LOOSE = {Phase.IN_DOUBT, Phase.RUNNING, Phase.READY, Phase.SAVED}


def test_a_plan_alone_adds_nothing_to_a_life_and_a_life_follows_a_plan() -> None:
    assert addition(told(*MADE), [told(since=100.0)]) == []
    assert addition(told(since=100.0), [told(*MADE)]) == told(*MADE)


def test_a_life_that_went_on_is_continued_where_it_was() -> None:
    known, later = told(*MADE[:2]), told(*MADE)

    assert addition([*known, Stamped(at=50.0, event=RETIRED)], [later]) == later[3:]


def test_a_life_that_a_copy_told_before_adds_nothing_though_the_manifest_changed_since() -> None:
    known = [*told(*MADE), Stamped(at=50.0, event=replace(PLANNED, item=replace(PLANNED.item, tags=("new",))))]

    assert addition(known, [told(*MADE), told(*MADE[:3])]) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(MADE, OTHER, id="bought twice"),
        pytest.param(MADE[:2], OTHER[:2], id="both under way"),
        pytest.param((INTENDED, DOUBTED), OTHER, id="in doubt in one"),
        pytest.param((INTENDED, REFUSED), OTHER, id="refused in one"),
    ],
)
def test_lives_that_fork_are_told_and_never_joined_by_themselves(
    one: tuple[Event, ...], other: tuple[Event, ...]
) -> None:
    assert addition([], [told(*one), told(*other, since=100.0)]) == Fork(why="they went on without each other")


def test_two_purchases_that_are_both_wanted_count_both_and_the_last_one_stands() -> None:
    joined = addition([], [told(*OTHER, since=100.0), told(*MADE)], both=True)

    assert not isinstance(joined, Fork)
    state = fold(joined)
    assert (state.phase, state.job_id, state.bought, str(state.spent[0])) == (Phase.DONE, "j2", 2, "1.30 USD")
    assert (row(state).bought, row(state).kept, row(state).lost) == (2, 1, 1)


@given(st.permutations(range(3)))
def test_of_several_ends_the_best_stands_also_where_the_plan_is_known(order: list[int]) -> None:
    strands = [
        told(*MADE),
        told(INTENDED, REFUSED_FOR_GOOD, since=100.0),
        told(INTENDED, Accepted(job_id="j3"), BROKE, since=200.0),
    ]

    joined = addition(told(), [strands[n] for n in order], both=True)

    assert not isinstance(joined, Fork)
    assert (fold([*told(), *joined]).phase, fold(joined).bought) == (Phase.DONE, 2)


@pytest.mark.parametrize(
    ("known", "others", "why"),
    [
        pytest.param([], [told(*MADE[:2]), told(*OTHER[:2], since=100.0)], "more than one", id="both open"),
        pytest.param([], [told(INTENDED), told(*OTHER[:2], since=100.0)], "more than one", id="doubt and job"),
        pytest.param(told(*MADE), [told(INTENDED, REFUSED_FOR_GOOD, since=9.0)], "written already", id="done is first"),
        pytest.param(
            [], [told(*MADE), [*told(*MADE[:2]), *told(DOUBTED, since=90.0)[1:]]], "copies of one", id="one purchase"
        ),
    ],
)  # fmt: skip
def test_what_would_put_a_job_out_of_reach_is_not_joined_even_when_both_are_wanted(
    known: list[Stamped], others: list[list[Stamped]], why: str
) -> None:
    joined = addition(known, others, both=True)

    assert isinstance(joined, Fork)
    assert why in joined.why


def test_one_job_that_is_open_comes_last_and_stays_in_reach() -> None:
    joined = addition(told(*MADE), [told(*OTHER[:2], since=100.0)], both=True)

    assert not isinstance(joined, Fork)
    assert fold([*told(*MADE), *joined]).job_id == "j2"


def later(*events: Event, since: float) -> list[Stamped]:
    """Return facts that one folder alone tells, behind a receipt that two folders tell."""
    return [Stamped(at=since + n, event=event) for n, event in enumerate(events)]


BOUGHT = told(*MADE[:2])
HOME = later(FINISHED, SAVED, CHECKED, since=200.0)
WAITED = later(GAVE_UP, since=100.0)
TWICE = later(FINISHED, SAVED, TAKEN_AGAIN, INTENDED, Accepted(job_id="j2"), FINISHED, SAVED, CHECKED, since=300.0)
YES, NO = (later(FINISHED, SAVED, PUT_TO_REVIEW, word, since=at) for word, at in ((KEPT, 400.0), (REJECTED, 500.0)))
ANEW = later(FINISHED, SAVED, PUT_TO_REVIEW, REJECTED, REQUEUED, INTENDED, Accepted(job_id="j2"), since=700.0)
TAKEN_BACK = later(FINISHED, SAVED, CHECKED, PUT_TO_REVIEW, REJECTED, since=800.0)
BACK_AND_ANEW = [*TAKEN_BACK, *later(REQUEUED, INTENDED, Accepted(job_id="j2"), FINISHED, SAVED, CHECKED, since=900.0)]
WAITS = later(FINISHED, SAVED, PUT_TO_REVIEW, since=600.0)


@pytest.mark.parametrize(
    ("mine", "theirs", "news"),
    [
        pytest.param(WAITED, later(SEEN, since=150.0), [], id="both wait"),
        pytest.param(WAITED, HOME, HOME, id="it came home there"),
        pytest.param(HOME, WAITED, [], id="it came home here"),
        pytest.param(HOME, later(FINISHED, SAVED, CHECKED, since=250.0), [], id="it came home in both"),
        pytest.param(WAITED, later(BROKE, since=150.0), later(BROKE, since=150.0), id="it broke there"),
        pytest.param(later(FINISHED, since=99.0), later(BROKE, since=150.0), [], id="it can come home here"),
        pytest.param(WAITED, TWICE, TWICE, id="another was bought there"),
        pytest.param(TWICE, HOME, [], id="another was bought here"),
        pytest.param([*WAITED, *TWICE[:5]], TWICE, TWICE[5:], id="what was joined went on"),
        pytest.param([*WAITED, *TWICE, *HOME], TWICE, [], id="what was joined went on here"),
        pytest.param(WAITS, YES, YES, id="kept there"),
        pytest.param(WAITS, NO, NO, id="rejected there"),
        pytest.param(YES, WAITS, [], id="kept here"),
        pytest.param(YES, later(FINISHED, SAVED, PUT_TO_REVIEW, KEPT, since=9.0), [], id="kept in both"),
        pytest.param(ANEW, NO, [], id="rejected in both, and bought again here"),
        pytest.param(NO, ANEW, ANEW, id="rejected in both, and bought again there"),
        pytest.param(HOME, TAKEN_BACK, TAKEN_BACK, id="it counted in both, and was taken back there"),
        pytest.param(TAKEN_BACK, HOME, [], id="it counted in both, and was taken back here"),
        pytest.param(HOME, BACK_AND_ANEW, BACK_AND_ANEW, id="taken back and bought again there"),
        pytest.param(HOME, NO, NO, id="it counted here, and waited and was rejected there"),
        pytest.param(HOME, ANEW, ANEW, id="it counted here, and was rejected and bought again there"),
        pytest.param(NO, HOME, [], id="it waited and was rejected here, and counted there"),
        pytest.param(HOME, YES, YES, id="it counted here, and waited and was kept there"),
        pytest.param(YES, HOME, [], id="it waited and was kept here, and counted there"),
        pytest.param([*NO, *later(REQUEUED, since=550.0)], ANEW, ANEW, id="bought again there alone"),
    ],
)
def test_what_two_folders_collected_of_one_purchase_is_one_life(
    mine: list[Stamped], theirs: list[Stamped], news: list[Stamped]
) -> None:
    joined = addition([*BOUGHT, *mine], [[*BOUGHT, *theirs]])

    assert joined == news
    assert addition([*BOUGHT, *mine, *news], [[*BOUGHT, *theirs]]) == []


@pytest.mark.parametrize(
    ("mine", "theirs", "why"),
    [
        pytest.param(TWICE, later(BROKE, REQUEUED, INTENDED, since=7.0), "copies of one", id="two more were bought"),
        pytest.param(TWICE, later(*(fact.event for fact in TWICE), since=7.0), "copies", id="to the word"),
        pytest.param(HOME, TWICE, "copies of one", id="done here and bought again there"),
        pytest.param(WAITS, TWICE, "copies of one", id="waits here and was bought again there"),
        pytest.param(YES, NO, "kept in one of them and rejected", id="word against word"),
        pytest.param(ANEW, later(*(fact.event for fact in ANEW), since=7.0), "copies", id="bought again in both"),
        pytest.param(WAITED, later(DOUBTED, since=7.0), "copies of one", id="in doubt there"),
        pytest.param(later(DOUBTED, since=7.0), HOME, "copies of one", id="in doubt here"),
    ],
)
def test_what_was_decided_in_two_folders_about_one_purchase_is_told(
    mine: list[Stamped], theirs: list[Stamped], why: str
) -> None:
    joined = addition([*BOUGHT, *mine], [[*BOUGHT, *theirs]])

    assert isinstance(joined, Fork)
    assert joined.is_one
    assert why in joined.why


def test_the_word_of_the_destination_stands_where_that_is_asked_for() -> None:
    kept, rejected = [*BOUGHT, *YES], [*BOUGHT, *NO]

    assert (addition(kept, [rejected], both=True), addition(rejected, [kept], both=True)) == ([], [])
    assert isinstance(addition([], [kept, rejected], both=True), Fork)


@pytest.mark.parametrize(("mine", "theirs"), [(YES, ANEW), (ANEW, YES)])
def test_a_word_stands_against_a_word_alone_and_never_against_a_purchase(
    mine: list[Stamped], theirs: list[Stamped]
) -> None:
    joined = addition([*BOUGHT, *mine], [[*BOUGHT, *theirs]], both=True)

    assert isinstance(joined, Fork)
    assert not joined.is_word


@st.composite
def copies(draw: st.DrawFn) -> tuple[list[Stamped], list[Stamped]]:
    """Tell two histories that begin as one."""
    one = draw(histories())
    other = one[: draw(st.integers(1, len(one)))]
    for n in range(draw(st.integers(0, 12))):
        other.append(Stamped(at=1000.0 + n, event=draw(facts_after(fold(other)))))
    return one, other


@given(copies())
@settings(max_examples=1000)
def test_of_two_copies_that_went_on_no_purchase_is_lost_or_counted_twice(
    drawn: tuple[list[Stamped], list[Stamped]],
) -> None:
    one, other = drawn
    joined = addition(one, [other])
    if isinstance(joined, Fork):
        return
    whole = [*one, *joined]
    bought = [fact for fact in whole if isinstance(fact.event, Intended)]

    assert len(bought) == len({id(fact) for fact in bought})
    assert {fact.at for fact in bought} == {fact.at for fact in [*one, *other] if isinstance(fact.event, Intended)}
    assert fold(whole).bought >= max(fold(one).bought, fold(other).bought)
    assert addition(whole, [other]) == []
    assert addition(whole, [one]) == []


LOOKED_AT = later(Seen(status="Processing her"), since=50.0)
GONE = [*told(*MADE[:2]), *(replace(each, event=emptied(each.event)) for each in LOOKED_AT)]
LIFT = later(Purged(), Requeued(by=LIFTED), since=60.0)


@pytest.mark.parametrize(
    ("mine", "theirs", "news"),
    [
        pytest.param([], [], [], id="nothing since"),
        pytest.param([], HOME, [], id="what was purged came home there"),
        pytest.param([], [*HOME, *ANEW[5:]], ANEW[5:], id="bought again there"),
        pytest.param(ANEW[5:], HOME, [], id="bought again here"),
        pytest.param(ANEW[5:], ANEW, [], id="what was joined"),
        pytest.param(ANEW[5:6], ANEW, ANEW[6:], id="what was joined went on"),
    ],
)
def test_a_purged_history_is_one_with_its_unpurged_copy_and_learns_of_further_purchases_alone(
    mine: list[Stamped], theirs: list[Stamped], news: list[Stamped]
) -> None:
    purged = [*GONE, *LIFT, *mine]

    assert addition(purged, [[*BOUGHT, *LOOKED_AT, *theirs]]) == news
    assert addition([*purged, *news], [[*BOUGHT, *LOOKED_AT, *theirs]]) == []


def test_what_was_bought_again_in_both_after_a_purge_is_told() -> None:
    purged = [*GONE, *LIFT, *later(INTENDED, ACCEPTED, since=70.0)]

    assert isinstance(addition(purged, [[*BOUGHT, *LOOKED_AT, *ANEW]]), Fork)


def test_a_plan_alone_that_was_purged_learns_of_a_purchase_and_of_no_words() -> None:
    assert addition([*told(), *LIFT], [told(*MADE)]) == told(*MADE)[1:]
