from __future__ import annotations

from pathlib import Path

import pytest
from studio import Script, Studio, dies, says
from worlds import PRICE, World

from runner.core.sums.ending import Conclusion, Ending
from runner.events import Intended
from runner.model import Limits, Money


def _cap(items: float, currency: str = "USD") -> Limits:
    return Limits(budget=Money(micros=round(items * PRICE.micros), currency=currency))


@pytest.mark.parametrize("items", [0, 1, 2.99, 3, 4.5])
def test_the_budget_is_never_overshot_by_submits_under_way(tmp_path: Path, items: float) -> None:
    world = World(folder=tmp_path, ids=list("abcde"), limits=_cap(items))
    conclusion = world.run()
    assert conclusion.ending is Ending.BUDGET
    assert conclusion.why.startswith("budget of ")
    assert len(world.studio.jobs) == int(items)
    assert world.committed().get("USD", 0) == int(items) * PRICE.micros
    assert list(world.phases().values()).count("done") == int(items)


def test_a_budget_that_suffices_stops_nothing(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("abc"), limits=_cap(3))
    assert world.run() == Conclusion(ending=Ending.FINISHED)


def test_money_of_a_refused_request_buys_the_next_item(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[says(1026)])})
    world = World(folder=tmp_path, ids=list("abc"), studio=studio, limits=_cap(2))
    assert world.run() == Conclusion(ending=Ending.FINISHED)
    assert world.phases() == {"a": "failed", "b": "done", "c": "done"}
    assert world.diary.times(Intended, "c") == [0.5]


def test_money_of_a_doubt_is_not_spent_again_in_this_run_or_the_next(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[dies(makes_job=True)])})
    world = World(folder=tmp_path, ids=list("abc"), studio=studio, limits=_cap(2))
    for _ in range(2):
        assert world.run().ending is Ending.BUDGET
        assert world.phases() == {"a": "in_doubt", "b": "done", "c": "planned"}


def test_the_cap_counts_what_earlier_runs_spent(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("abc"), limits=_cap(1))
    world.run()
    world.limits = _cap(2)
    assert world.run().ending is Ending.BUDGET
    assert world.phases() == {"a": "done", "b": "done", "c": "planned"}


def test_a_repeat_under_its_key_is_no_new_purchase(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[dies(makes_job=True)])}, keeps_keys=True)
    world = World(folder=tmp_path, ids=list("ab"), studio=studio, limits=_cap(1))
    assert world.run().ending is Ending.BUDGET
    assert world.phases() == {"a": "done", "b": "planned"}
    assert world.committed() == {"USD": PRICE.micros}


@pytest.mark.parametrize(
    ("price", "asks"),
    [
        pytest.param(None, "", id="no price is known"),
        pytest.param(
            Money(micros=1, currency="PTC"), ", and studio asks 0.000001 PTC", id="the price is in another currency"
        ),
    ],
)
def test_a_cap_without_a_price_in_its_currency_buys_nothing(tmp_path: Path, price: Money | None, asks: str) -> None:
    world = World(folder=tmp_path, ids=list("ab"), limits=_cap(100), price=price)
    assert world.run() == Conclusion(ending=Ending.BUDGET, why=f"the price is not known in USD{asks}")
    assert world.studio.submits == []


@pytest.mark.parametrize("price", [None, Money(micros=0, currency="USD")])
def test_without_a_cap_the_price_stops_nothing(tmp_path: Path, price: Money | None) -> None:
    world = World(folder=tmp_path, ids=list("ab"), price=price)
    assert world.run() == Conclusion(ending=Ending.FINISHED)
    assert set(world.phases().values()) == {"done"}


def test_a_price_that_changed_between_runs_is_counted_as_each_was_bought(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("ab"), limits=_cap(1))
    world.run()
    world.limits, world.price = Limits(), Money(micros=100_000, currency="PTC")
    world.run()
    assert world.committed() == {"USD": PRICE.micros, "PTC": 100_000}
