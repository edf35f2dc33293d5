"""`retry.in_doubt: resubmit`, as whoever writes it into a manifest meets it: plan, question, run, story and reports."""

from __future__ import annotations

import pytest
from desk import Desk

PRICED = {"minimax": {"poll": "20ms", "rate": "1000/1s", "price": {"amount": 0.5, "currency": "USD"}}}
RESUBMIT = {"in_doubt": "resubmit", "backoff": "10ms..20ms"}


def test_a_run_buys_a_doubt_again_and_says_what_it_may_have_cost(desk: Desk) -> None:
    manifest = desk.manifest(["lost [500]", "good"], providers=PRICED, retry=RESUBMIT)

    done = desk.s2v("run", manifest)

    assert done.code == 6  # the second request of this wish gets no answer either
    assert sorted(desk.submits) == ["good", "lost [500]", "lost [500]"]
    assert "held    1.00 USD for requests without an answer" in done.out
    story = desk.s2v("explain", manifest, "a").out
    assert "in doubt, and to be bought again as retry.in_doubt says; what it may have cost stays held back" in story
    assert desk.s2v("run", manifest).code == 6
    assert len(desk.submits) == 3


def test_a_plan_and_the_question_count_what_may_be_bought_again(desk: Desk) -> None:
    manifest = desk.manifest(["one", "two"], providers=PRICED, retry=RESUBMIT | {"max_resubmits": 2})

    planned, told = desk.s2v("plan", manifest).out, desk.s2v("plan", manifest, "--json").document
    asked = desk.s2v_at_a_terminal("run", manifest, typed="n\n").err

    beside = "in place of videos whose request is in doubt; with them at most 3.00 USD"
    assert f"      4  buy at most {beside}" in planned
    assert (told["retakes_at_most"], told["resubmits_at_most"], told["cost_at_most"]["amount"]) == (0, 4, "3.00")
    assert "and up to 4 in place of those whose request is in doubt for at most 2.00 USD more?" in asked
    assert desk.submits == []


def test_both_reasons_to_buy_more_are_told(desk: Desk) -> None:
    checks = {"min_seconds": 4, "on_fail": "retake", "max_retakes": 1}
    manifest = desk.manifest(["one"], providers=PRICED, retry=RESUBMIT, checks=checks)

    assert "2  buy at most in place of videos that fail their checks or whose request is in doubt" in (
        desk.s2v("plan", manifest).out
    )


@pytest.mark.parametrize("selection", [[], ["--only", "a"]], ids=["all", "it alone"])
def test_doubts_of_the_runs_before_are_bought_again_as_soon_as_the_manifest_says_so(
    desk: Desk, selection: list[str]
) -> None:
    desk.s2v("run", desk.manifest(["lost [500]", "good"], providers=PRICED))
    manifest = desk.manifest(["lost [500]", "good"], providers=PRICED, retry=RESUBMIT)

    planned = desk.s2v("plan", manifest, *selection).out
    question = desk.s2v_at_a_terminal("run", manifest, *selection, typed="y\n").err

    assert "a  buy      in doubt  bought again, as retry.in_doubt says: HTTP 500" in planned
    assert "buy up to 1 video at minimax for at most 0.50 USD, and up to 1 in place of" in question
    assert sorted(desk.submits) == ["good", "lost [500]", "lost [500]"]


@pytest.mark.parametrize("words", [["fetch"], ["run", "--only", "b"]], ids=" ".join)
def test_who_was_not_asked_to_buy_it_does_not(desk: Desk, words: list[str]) -> None:
    desk.s2v("run", desk.manifest(["lost [500]", "good"], providers=PRICED))
    manifest = desk.manifest(["lost [500]", "good"], providers=PRICED, retry=RESUBMIT)

    desk.s2v(words[0], manifest, *words[1:])

    assert sorted(desk.submits) == ["good", "lost [500]"]
    assert desk.s2v("resolve", manifest, "a", "--abandon").code == 0


def test_a_budget_without_room_for_it_leaves_it_in_doubt(desk: Desk) -> None:
    budget = {"budget": {"amount": 1.0, "currency": "USD"}}
    manifest = desk.manifest(["lost [500]", "good"], providers=PRICED, retry=RESUBMIT, limits=budget)

    assert desk.s2v("run", manifest).code == 6
    assert sorted(desk.submits) == ["good", "lost [500]"]
    assert desk.s2v("resolve", manifest).code == 6
