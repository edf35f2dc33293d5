"""Money that was spent or may have been spent never leaves the books, whatever its currency."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lives import ABANDONED, ADOPTED, DOUBTED, LET_GO, PURGED, REQUEUED, RESUBMITTED, told

from runner.core.life.money import totals
from runner.core.life.state import index_of
from runner.core.sums.sums import summarise
from runner.core.sums.tally import row
from runner.events import Accepted, Broke, Event, Intended, Refused, Requeued, Settled
from runner.model import Kind, Money, Verdict

USD = Money(micros=650_000, currency="USD")
PTC = Money(micros=700_000, currency="PTC")
FREE = Money(micros=0, currency="USD")
NO = Verdict(kind=Kind.CONTENT, code="1027", words="output new_sensitive")


def intended(price: Money | None, *, attempt: int = 1, provider: str = "minimax") -> Intended:
    return Intended(attempt=attempt, provider=provider, price=price, idempotency_key=None)


def lost(price: Money | None) -> tuple[Event, ...]:
    """A job that was paid for and failed, and a person who wants another."""
    return intended(price), Accepted(job_id="j"), Broke(verdict=NO), Requeued(by="me")


AMOUNTS = st.builds(Money, micros=st.integers(0, 10**9), currency=st.sampled_from(["CNY", "PTC", "USD"]))


@pytest.mark.parametrize(
    ("amounts", "sums"),
    [
        pytest.param([], (), id="nothing"),
        pytest.param([None], (), id="a price not known"),
        pytest.param([FREE], (FREE,), id="free is a known price"),
        pytest.param([USD, None, USD], (Money(micros=1_300_000, currency="USD"),), id="one currency"),
        pytest.param([USD, PTC], (PTC, USD), id="two currencies, sorted"),
    ],
)
def test_amounts_of_one_currency_add_up_and_currencies_never_mix(
    amounts: list[Money | None], sums: tuple[Money, ...]
) -> None:
    assert totals(*amounts) == sums


@given(st.lists(AMOUNTS).flatmap(lambda amounts: st.tuples(st.just(amounts), st.permutations(amounts))))
def test_no_micro_is_lost_and_no_order_matters(both: tuple[list[Money], list[Money]]) -> None:
    amounts, shuffled = both

    sums = totals(*amounts)

    assert sums == totals(*shuffled)
    assert sum(money.micros for money in sums) == sum(money.micros for money in amounts)
    assert [money.currency for money in sums] == sorted({money.currency for money in amounts})


def test_an_item_that_was_bought_in_two_currencies_has_spent_both() -> None:
    state = told(*lost(USD), intended(PTC, attempt=2, provider="vapi"), Accepted(job_id="j2"))

    assert state.spent == (PTC, USD)
    assert index_of(state).committed == (PTC, USD)


def test_what_is_spent_stays_committed_while_another_currency_is_reserved() -> None:
    state = told(*lost(USD), intended(PTC, attempt=2, provider="vapi"))

    assert (state.spent, state.reserved) == ((USD,), (PTC,))
    assert index_of(state).committed == (PTC, USD)


@pytest.mark.parametrize(
    ("events", "spent", "reserved"),
    [
        pytest.param((intended(USD),), (), (USD,), id="an open intent holds its price back"),
        pytest.param((intended(None),), (), (), id="a price not known holds nothing back"),
        pytest.param((intended(USD), Accepted(job_id="j")), (USD,), (), id="taken"),
        pytest.param((intended(USD), Refused(verdict=NO, final=False, retry_at=9.0)), (), (), id="refused"),
        pytest.param((intended(USD), Settled(decision="adopt", job_id="j")), (USD,), (), id="found"),
        pytest.param((intended(USD), Settled(decision="resubmit")), (), (), id="never made"),
        pytest.param((intended(USD), Settled(decision="abandon")), (), (USD,), id="given up: still nobody knows"),
        pytest.param((intended(USD), Settled(decision="abandon"), ADOPTED), (USD,), (), id="given up, then found"),
        pytest.param((intended(USD), ADOPTED, DOUBTED, RESUBMITTED), (), (), id="named, not there, and never made"),
        pytest.param((intended(USD), ABANDONED, REQUEUED, ADOPTED), (USD,), (), id="given up, tried again, then found"),
        pytest.param((intended(USD), PURGED, REQUEUED, ADOPTED), (USD,), (), id="purged, wanted again, then found"),
        pytest.param((intended(USD), LET_GO), (), (USD,), id="to be bought again: still nobody knows"),
        pytest.param((intended(USD), LET_GO, ADOPTED), (USD,), (), id="to be bought again, then found"),
        pytest.param(
            (intended(USD), LET_GO, intended(PTC, attempt=2), ADOPTED), (PTC,), (USD,), id="bought again, then found"
        ),
        pytest.param(
            (intended(USD), Settled(decision="abandon"), Requeued(by="me"), intended(PTC, attempt=2)),
            (),
            (PTC, USD),
            id="given up, then another try",
        ),
        pytest.param(lost(USD), (USD,), (), id="a job that failed was paid for"),
    ],
)
def test_every_price_is_spent_or_reserved_until_it_is_known_that_nothing_was_bought(
    events: tuple[Event, ...], spent: tuple[Money, ...], reserved: tuple[Money, ...]
) -> None:
    state = told(*events)

    assert (state.spent, state.reserved) == (spent, reserved)


def test_a_summary_adds_up_what_one_item_cost_in_two_currencies() -> None:
    state = told(*lost(USD), intended(PTC, attempt=2, provider="vapi"), Accepted(job_id="j2"))

    summary = summarise([row(state), row(state)])

    assert [str(money) for money in summary.spent] == ["1.40 PTC", "1.30 USD"]


def test_a_job_without_a_known_price_is_told_beside_what_the_others_cost() -> None:
    state = told(*lost(USD), intended(None, attempt=2, provider="vapi"), Accepted(job_id="j2"))

    summary = summarise([row(state)])

    assert (state.bought, state.spent, state.unpriced) == (2, (USD,), 1)
    assert (summary.spent, summary.unpriced) == ((USD,), 1)


@pytest.mark.parametrize(
    "settled", [(LET_GO,), (ABANDONED, REQUEUED), (PURGED, REQUEUED)], ids=["let go", "given up", "purged"]
)
def test_a_doubt_without_a_price_that_is_to_be_bought_again_and_turns_up_counts_once(
    settled: tuple[Event, ...],
) -> None:
    assert told(intended(None), *settled).unpriced == 1
    assert told(intended(None), *settled, ADOPTED).unpriced == 1
