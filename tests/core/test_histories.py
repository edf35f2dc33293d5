"""What holds after every history that a run can write, however long and unlucky."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from hypothesis import given
from hypothesis import strategies as st
from lives import ANYWHERE, CAN_FOLLOW, REFETCHED, item

from runner.core.life.lifecycle import Submit, apply, next_step
from runner.core.life.money import totals
from runner.core.life.state import OPEN_PHASES, Phase, State, index_of
from runner.core.plan.plan import is_refetched
from runner.core.sums.tally import row
from runner.events import Accepted, Event, Intended, Refused, Settled, Stamped
from runner.model import Money

PRICES = st.one_of(
    st.none(), st.builds(Money, micros=st.integers(0, 10**9), currency=st.sampled_from(["USD", "CNY", "PTC"]))
)


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[State, Stamped, State]]:
    """Tell a life as a run may write it: each fact with the states before and after it."""
    state, told = State(item=item()), []
    for n in range(draw(st.integers(1, 40))):
        stamped = Stamped(at=float(n), event=draw(facts_after(state)))
        after = apply(state, stamped)
        told.append((state, stamped, after))
        state = after
    return told


def facts_after(state: State) -> st.SearchStrategy[Event]:
    """Return the facts that may follow, a price of any currency in each intent."""
    facts = [*ANYWHERE, *(event for event, _ in CAN_FOLLOW[state.phase])]
    if is_refetched(state):
        facts.append(REFETCHED)
    if state.phase is Phase.IN_DOUBT and state.idempotency_key is not None:
        facts.append(Intended(attempt=1, provider="local", price=None, idempotency_key="token"))
    return st.tuples(st.sampled_from(facts), PRICES).map(_priced)


def _priced(drawn: tuple[Event, Money | None]) -> Event:
    event, price = drawn
    return replace(event, price=price) if isinstance(event, Intended) else event


def micros(purse: tuple[Money, ...], currency: str) -> int:
    return sum(money.micros for money in purse if money.currency == currency)


@given(lives())
def test_money_and_jobs_never_go_down(told: list[tuple[State, Stamped, State]]) -> None:
    for before, stamped, after in told:
        for currency in ("USD", "CNY", "PTC"):
            assert micros(after.spent, currency) >= micros(before.spent, currency), stamped
        assert after.bought >= before.bought


@given(lives())
def test_what_is_committed_shrinks_only_by_proof_that_nothing_was_bought(
    told: list[tuple[State, Stamped, State]],
) -> None:
    for before, stamped, after in told:
        proof = isinstance(stamped.event, Refused) or stamped.event == Settled(decision="resubmit")
        for currency in ("USD", "CNY", "PTC"):
            shrunk = micros(index_of(after).committed, currency) < micros(index_of(before).committed, currency)
            assert not shrunk or proof, stamped


@given(lives())
def test_a_job_is_bought_only_by_a_receipt(told: list[tuple[State, Stamped, State]]) -> None:
    for before, stamped, after in told:
        receipt = isinstance(stamped.event, Accepted) or (
            isinstance(stamped.event, Settled) and stamped.event.decision == "adopt"
        )
        is_first = before.phase is Phase.IN_DOUBT  # a callback may have named the job before its receipt came
        assert after.bought - before.bought == int(receipt and is_first)
        if receipt and is_first:
            assert after.spent == totals(*before.spent, before.price)


@given(lives())
def test_only_a_planned_item_is_bought_unless_its_request_has_a_key(
    told: list[tuple[State, Stamped, State]],
) -> None:
    for _, _, state in told:
        step = next_step(state, now=inf, wait_until=inf)
        if step == Submit():
            assert state.phase is Phase.PLANNED
        if step == Submit(again=True):
            assert state.idempotency_key is not None


@given(lives())
def test_a_paid_job_is_never_out_of_reach(told: list[tuple[State, Stamped, State]]) -> None:
    for _, _, state in told:
        if state.phase in OPEN_PHASES - {Phase.IN_DOUBT}:
            assert state.job is not None


@given(lives())
def test_the_books_balance_after_every_fact(told: list[tuple[State, Stamped, State]]) -> None:
    for _, _, state in told:
        told_row = row(state)
        under_way = int(state.phase in {Phase.RUNNING, Phase.READY, Phase.SAVED})
        assert told_row.bought == told_row.kept + told_row.in_review + told_row.lost + under_way
        assert told_row.lost >= 0
