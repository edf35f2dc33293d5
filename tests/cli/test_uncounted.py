"""A budget beside what was bought at a price that it cannot count: nothing more is bought, the paid comes home."""

from __future__ import annotations

from desk import Desk

QUICK = {"poll": "20ms", "rate": "1000/1s"}
IN_POINTS = {"minimax": {**QUICK, "price": {"amount": 0.70, "currency": "PTC"}}}
BUDGET = {"budget": {"amount": 2.10, "currency": "USD"}}


def test_a_budget_that_cannot_count_what_was_bought_lets_nothing_be_bought(desk: Desk) -> None:
    assert desk.s2v("run", desk.manifest(["one", "two"], providers=IN_POINTS)).code == 0
    gone = desk.folder / "runs" / "try" / "videos" / "a.mp4"
    gone.unlink()

    done = desk.s2v("run", desk.manifest(["one", "two", "three"], limits=BUDGET))

    assert done.code == 7
    assert "stopped: 2 items were bought here at a price that is not known in USD" in done.err
    assert "remove limits.budget, and bound each run by --max-cost" in done.err
    assert sorted(desk.submits) == ["one", "two"]
    assert gone.exists()


def test_without_the_budget_the_rest_is_bought(desk: Desk) -> None:
    assert desk.s2v("run", desk.manifest(["one", "two"], providers=IN_POINTS)).code == 0
    assert desk.s2v("run", desk.manifest(["one", "two", "three"]), "--max-cost", "0.65").code == 0
    assert sorted(desk.submits) == ["one", "three", "two"]
