"""What a plan, a question, a run and its advice say where a cap on money leaves some of the items unbought."""

from __future__ import annotations

import json
from typing import Any

import pytest
from desk import Desk

PRICED = {"minimax": {"poll": "20ms", "rate": "1000/1s", "price": {"amount": 0.65, "currency": "USD"}}}
FIVE = ["one", "two", "three", "four", "five"]


def capped(desk: Desk, amount: float, prompts: list[str] = FIVE, **keys: Any) -> object:
    """Write a manifest of videos at 0.65 USD under a budget."""
    limits = {"budget": {"amount": amount, "currency": "USD"}}
    return desk.manifest(prompts, providers=PRICED, limits=limits, **keys)


def test_a_plan_says_how_many_fit_and_that_the_budget_binds(desk: Desk) -> None:
    done = desk.s2v("plan", capped(desk, 1.50))

    lines = done.out.splitlines()
    assert lines[-3:-1] == [
        "      5  buy at minimax for at most 3.25 USD",
        "      2  of these within limits.budget 1.50 USD, for at most 1.30 USD; then the run stops",
    ]
    assert lines[-1].endswith(", bound by limits.budget 1.50 USD")


def test_a_plan_as_json_costs_no_more_than_the_budget(desk: Desk) -> None:
    told = desk.s2v("plan", capped(desk, 1.50), "--json").document

    assert (told["counts"]["buy"], told["affordable"], told["cost_at_most"]["amount"]) == (5, 2, "1.30")
    assert told["forecast"]["binding"] == "limits.budget 1.50 USD"
    assert [told["forecast"][name]["amount"] for name in ("cost_low", "cost_high")] == ["1.30", "1.30"]


def test_a_plan_counts_what_is_spent_against_the_budget(desk: Desk) -> None:
    desk.s2v("run", capped(desk, 5.00, FIVE[:2]), "--quiet")

    done = desk.s2v("plan", capped(desk, 1.50))

    assert "      3  buy at minimax for at most 1.95 USD\n" in done.out
    assert "      0  of these within limits.budget 1.50 USD: nothing is bought until it is raised\n" in done.out
    assert "spent or reserved so far: 1.30 USD\n" in done.out


def test_retakes_cost_no_more_than_the_budget(desk: Desk) -> None:
    checks = {"min_seconds": 4, "on_fail": "retake", "max_retakes": 1}

    done = desk.s2v("plan", capped(desk, 2.00, FIVE[:2], checks=checks))

    told = "      2  buy at most in place of videos that fail their checks; with them at most 1.95 USD, within "
    assert f"{told}limits.budget 2.00 USD\n" in done.out


def test_a_what_if_buys_no_more_than_the_budget_allows_at_its_price(desk: Desk) -> None:
    done = desk.s2v("plan", capped(desk, 1.50), "--what-if", "price=0.50 USD", "--what-if", "price=0.30 USD")

    three, five = done.out.splitlines()[-2:]
    assert three.endswith("bound by limits.budget 1.50 USD, 3 of 5 videos, for at most 1.50 USD")
    assert five.endswith("bound by the jobs themselves, for at most 1.50 USD")


def test_a_what_if_is_answered_also_where_nothing_can_be_bought_as_things_are(desk: Desk) -> None:
    done = desk.s2v("plan", capped(desk, 0.60), "--what-if", "price=0.30 USD", "--what-if", "price=0.61 USD")

    nothing, two, none = done.out.splitlines()[-3:]
    assert nothing.endswith("0  of these within limits.budget 0.60 USD: nothing is bought until it is raised")
    assert two.startswith("with price=0.30 USD: about ")
    assert two.endswith(", bound by limits.budget 0.60 USD, 2 of 5 videos, for at most 0.60 USD")
    assert "later" not in two
    assert none == "with price=0.61 USD: nothing is bought either"


@pytest.mark.parametrize("command", ["check", "plan"])
def test_a_budget_that_buys_nothing_is_said_before_the_run(desk: Desk, command: str) -> None:
    done = desk.s2v(command, capped(desk, 0.10, ["one"]))

    told = {
        "check": "limits.budget 0.10 USD pays for no video (0.65 USD at minimax): nothing can be bought until it is",
        "plan": "      0  of these within limits.budget 0.10 USD: nothing is bought until it is raised",
    }
    assert done.code == 0
    assert told[command] in done.out


def test_a_dry_run_reckons_with_the_cap_of_the_run(desk: Desk) -> None:
    done = desk.s2v("run", desk.manifest(FIVE, providers=PRICED), "--dry-run", "--max-cost", "0.70")

    assert "      1  of these within --max-cost 0.70 USD, for at most 0.65 USD; then the run stops\n" in done.out


@pytest.mark.parametrize(
    ("amount", "flags", "keys", "question"),
    [
        (1.50, [], {}, "buy up to 2 of 5 videos at minimax for at most 1.30 USD, within limits.budget 1.50 USD?"),
        (
            9.00,
            ["--max-cost", "0.70"],
            {},
            "buy up to 1 of 5 videos at minimax for at most 0.65 USD, within --max-cost 0.70 USD?",
        ),
        (
            4.00,
            [],
            {"checks": {"min_seconds": 4, "on_fail": "retake", "max_retakes": 1}},
            (
                "buy up to 5 videos at minimax for at most 3.25 USD, and up to 5 in place of those that fail their "
                "checks, for at most 3.90 USD in all, within limits.budget 4.00 USD?"
            ),
        ),
    ],
    ids=["budget", "max cost", "retakes"],
)
def test_the_question_tells_what_can_really_be_spent(
    desk: Desk, amount: float, flags: list[str], keys: dict[str, Any], question: str
) -> None:
    done = desk.s2v_at_a_terminal("run", capped(desk, amount, **keys), *flags, typed="n\n")

    assert question in done.err
    assert desk.submits == []


def test_nobody_is_asked_about_a_purchase_that_no_cap_has_room_for(desk: Desk) -> None:
    done = desk.s2v_at_a_terminal("run", capped(desk, 0.10), typed="y\n")

    assert done.code == 7
    assert "buy up to" not in done.err
    assert desk.submits == []


def test_a_run_foretells_what_it_can_buy(desk: Desk) -> None:
    done = desk.s2v("run", capped(desk, 1.50))

    assert done.code == 7
    first, *_, last = (line for line in done.err.splitlines() if line)
    assert first.startswith("2 of 5 videos in about ")
    assert first.endswith(", bound by limits.budget 1.50 USD")
    assert last == "stopped: budget of 1.50 USD: 1.30 USD spent or reserved, and minimax asks 0.65 USD"
    assert " left" not in done.err


def test_whoever_spent_the_budget_is_told_to_raise_it(desk: Desk) -> None:
    manifest = capped(desk, 1.50)

    done = desk.s2v("run", manifest)

    why = "3 items not finished yet: raise limits.budget (1.50 USD, of which 1.30 USD is spent or reserved), then go on"
    assert f"next: s2v run m.yaml   # {why}; nothing that has a job is bought twice\n" in done.out
    assert why in desk.s2v("status", manifest).out
    assert why in (desk.folder / "runs/try/report.md").read_text()


def test_a_second_run_that_its_budget_stops_says_what_is_left_and_not_that_there_is_nothing_to_do(desk: Desk) -> None:
    first = desk.s2v("run", capped(desk, 1.50))

    second = desk.s2v("run", "m.yaml")

    assert (first.code, second.code) == (7, 7)
    assert "nothing to do" not in second.out
    assert second.out == first.out


def test_the_report_on_disk_holds_the_forecast_of_a_run_that_came_to_buy_nothing(desk: Desk) -> None:
    dear, cheap = PRICED["minimax"], {"price": {"amount": 0.50, "currency": "USD"}}
    limits = {"budget": {"amount": 1.20, "currency": "USD"}}
    desk.manifest(FIVE, provider=["minimax", "local"], providers={"minimax": dear, "local": cheap}, limits=limits)
    first = desk.s2v("run", "m.yaml")

    second = desk.s2v("run", "m.yaml", "--json")

    assert (first.code, second.code) == (7, 7)
    told = desk.s2v("status", "m.yaml", "--json").document
    assert second.document == told
    assert json.loads((desk.folder / "runs/try/report.json").read_text()) == told


def test_whoever_has_money_left_is_told_to_go_on(desk: Desk) -> None:
    done = desk.s2v("run", capped(desk, 9.00), "--max-cost", "1.50")

    assert done.code == 7
    why = "3 items not finished yet: go on where the run stopped; nothing that has a job is bought twice"
    assert f"# {why}\n" in done.out


def test_a_failed_item_is_tried_again_once_the_budget_is_raised(desk: Desk) -> None:
    done = desk.s2v("run", capped(desk, 0.65, ["broke [fail]"]))

    assert "try again, which buys anew" in done.out
    assert "raise limits.budget (0.65 USD, of which 0.65 USD is spent or reserved)" in done.out

    raised = desk.s2v("run", capped(desk, 9.00, ["broke [fail]"]))

    assert "limits.budget" not in raised.out + desk.s2v("status", "m.yaml").out
