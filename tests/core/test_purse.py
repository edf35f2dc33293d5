"""A cap on money is hard: whatever the order of reserving and giving back, it is never overshot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.core.limits.admission import Closed
from runner.core.limits.purse import Purse, Till
from runner.core.sums.ending import Ending
from runner.model import Money


def usd(micros: int) -> Money:
    return Money(micros=micros, currency="USD")


def test_without_a_cap_every_price_is_fine() -> None:
    assert Purse(cap=None).ask(None) is None
    assert Purse(cap=None).ask(usd(10**12)) is None


def test_the_last_cent_may_be_spent_and_not_one_micro_more() -> None:
    purse = Purse(cap=usd(1_000_000))
    purse.reserve(usd(400_000))

    assert purse.ask(usd(600_000)) is None
    assert purse.ask(usd(600_001)) == Closed(
        why="budget of 1.00 USD: 0.40 USD spent or reserved", ending=Ending.BUDGET
    )  # fmt: skip


@pytest.mark.parametrize(("uncounted", "bought"), [(1, "1 item was bought"), (3, "3 items were bought")], ids=str)
def test_a_cap_lets_nothing_through_beside_what_it_cannot_count(uncounted: int, bought: str) -> None:
    purse = Purse(cap=usd(1_000_000), uncounted=uncounted)

    assert purse.ask(usd(1)) == Closed(
        why=f"{bought} here at a price that is not known in USD, so a budget of 1.00 USD can promise nothing: "
        "remove limits.budget, and bound each run by --max-cost",
        ending=Ending.BUDGET,
    )
    assert purse.ask(usd(0)) is None
    assert Purse(cap=None, uncounted=uncounted).ask(usd(1)) is None


@pytest.mark.parametrize("price", [None, Money(micros=1, currency="PTC")], ids=["unknown", "another currency"])
def test_a_cap_lets_nothing_through_that_it_cannot_count(price: Money | None) -> None:
    closed = Purse(cap=usd(1_000_000)).ask(price)

    assert closed == Closed(why="the price is not known in USD", ending=Ending.BUDGET)


@pytest.mark.parametrize(
    ("price", "uncounted"),
    [(Money(micros=1, currency="PTC"), 0), (usd(1), 1)],
    ids=["another currency", "beside what cannot be counted"],
)
def test_there_is_room_for_nothing_that_a_cap_does_not_let_through(price: Money, uncounted: int) -> None:
    assert Purse(cap=usd(1_000_000), uncounted=uncounted).room(price) == 0


def test_what_is_free_passes_in_any_currency() -> None:
    assert Purse(cap=usd(0)).ask(Money(micros=0, currency="PTC")) is None


def test_other_currencies_use_nothing_of_the_cap() -> None:
    purse = Purse(cap=usd(1_000_000))
    purse.reserve(Money(micros=10**9, currency="PTC"))

    assert purse.ask(usd(1_000_000)) is None


def test_what_was_not_bought_may_be_spent_again() -> None:
    purse = Purse(cap=usd(1_000_000))
    purse.reserve(usd(1_000_000))
    assert purse.ask(usd(1)) is not None

    purse.release(usd(1_000_000))

    assert purse.ask(usd(1_000_000)) is None


def test_reserving_an_unknown_price_changes_nothing() -> None:
    purse = Purse(cap=usd(5))
    purse.reserve(None)
    purse.release(None)

    assert purse.ask(usd(5)) is None


@given(st.integers(0, 100), st.lists(st.tuples(st.integers(0, 40), st.booleans())))
def test_a_cap_is_never_overshot(cap: int, wishes: list[tuple[int, bool]]) -> None:
    purse = Purse(cap=usd(cap))
    held: list[int] = []
    for micros, is_refused in wishes:
        if purse.ask(usd(micros)) is not None:
            assert sum(held) + micros > cap
            continue
        purse.reserve(usd(micros))
        held.append(micros)
        assert sum(held) <= cap
        if is_refused:
            purse.release(usd(held.pop()))


def test_a_till_asks_every_cap_and_names_the_first_that_has_no_room() -> None:
    till = Till(purses=(Purse(cap=usd(10)), Purse(cap=usd(5))))
    till.reserve("a", usd(5))

    closed = till.ask(usd(1))

    assert closed is not None
    assert closed.why.startswith("budget of 0.000005 USD")
    assert till.ask(usd(0)) is None


def test_a_till_gives_back_once_and_only_what_it_holds_for_a_request_that_bought_nothing() -> None:
    till = Till(purses=(Purse(cap=usd(10)),))
    till.reserve("refused", usd(4))
    till.reserve("bought", usd(6))

    till.spend("bought")
    for key in ("refused", "refused", "bought", "of an earlier run"):
        till.give_back(key)

    assert till.ask(usd(4)) is None
    assert till.ask(usd(5)) is not None


PRICES = st.integers(0, 2_000_000)


@given(budget=st.none() | PRICES, max_cost=st.none() | PRICES, committed=PRICES, price=PRICES)
def test_a_till_has_room_for_exactly_as_many_purchases_as_it_lets_through(
    budget: int | None, max_cost: int | None, committed: int, price: int
) -> None:
    caps = [None if cap is None else usd(cap) for cap in (budget, max_cost)]
    till = Till.of(budget=caps[0], max_cost=caps[1], committed={"USD": committed})
    room, most = till.room([usd(price)]), 50

    bought = 0
    while bought < most and till.ask(usd(price)) is None:
        till.reserve(str(bought), usd(price))
        bought += 1

    assert bought == (most if room is None else min(room, most))


def test_there_is_room_for_as_many_purchases_as_the_cheapest_of_several_prices_allows() -> None:
    till = Till.of(budget=usd(1_500_000), max_cost=None, committed={})

    assert till.room([usd(650_000), usd(400_000)]) == 3
    assert till.room([usd(650_000), usd(0)]) is None
    assert str(till.tightest(usd(650_000))) == "limits.budget 1.50 USD"
