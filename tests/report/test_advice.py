"""What a person is told to do next: true words about money, and the command that does what they say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from histories import FACTS, intent, item, mixed_run, refused, told, until_done, until_saved

from runner.core.life.possession import NOT_KNOWN
from runner.core.life.state import State
from runner.core.sums.sums import summarise
from runner.core.sums.tally import row
from runner.events import Accepted, Broke, Settled, Spoiled
from runner.model import Kind, Money, Verdict
from runner.report.advice import advice, try_again
from runner.report.facts import Budget, RunFacts


def test_advice_names_the_command_for_everything_that_is_left_the_most_urgent_first() -> None:
    facts = replace(FACTS, manifest="my winks.yaml")

    steps = advice(facts, summarise(map(row, mixed_run())))

    assert [step.command for step in steps] == [
        "s2v resolve 'my winks.yaml'", "s2v review 'my winks.yaml'", "s2v run 'my winks.yaml'",
        "s2v run 'my winks.yaml' --failed",
    ]  # fmt: skip


SPOILED = told(item("a"), *until_saved("a"), Spoiled(reason="an HTML page in place of a video", final=True))
GIVEN_UP = told(item("b"), intent(), Settled(decision="abandon"))
REFUSED = told(item("c"), intent(), refused())
NOT_KNOWN_JOB = told(
    item("d"), intent(), Accepted(job_id="j4"),
    Broke(verdict=Verdict(kind=Kind.INPUT, code="2013", words=f"{NOT_KNOWN}: invalid task_id"), is_gone=True),
)  # fmt: skip
BUDGET = Budget(cap=Money(micros=2_000_000, currency="USD"), price=Money(micros=2_000_000, currency="USD"))


@pytest.mark.parametrize(
    ("states", "why"),
    [
        pytest.param(
            [SPOILED], "1 item failed, for its video came home broken: try again, which buys nothing", id="broken"
        ),
        pytest.param(
            [NOT_KNOWN_JOB],
            "1 item failed, for the provider does not know its job: ask after it again, which buys nothing",
            id="not known",
        ),
        pytest.param(
            [SPOILED, NOT_KNOWN_JOB, GIVEN_UP],
            "3 items failed: try again, which buys nothing; 1 video came home broken and is fetched again for nothing; "
            "1 job is not known to the provider and asked after again for nothing; "
            "1 doubt was given up and is left out",
            id="of each",
        ),
    ],
)
@pytest.mark.parametrize("facts", [FACTS, replace(FACTS, budget=BUDGET)], ids=["no budget", "a budget that is spent"])
def test_nobody_is_told_to_buy_anew_what_another_try_brings_home_for_nothing(
    states: list[State], why: str, facts: RunFacts
) -> None:
    (step,) = advice(facts, summarise(map(row, states)))

    assert (step.why, step.command) == (why, "s2v run winks.yaml --failed")


@pytest.mark.parametrize(
    ("states", "why"),
    [
        pytest.param(
            [SPOILED, GIVEN_UP, REFUSED],
            "3 items failed: try again, which buys anew; "
            "1 video came home broken and is fetched again for nothing; 1 doubt was given up and is left out; "
            "a mended prompt or portrait makes a new item, which s2v run buys instead",
            id="some",
        ),
        pytest.param(
            [REFUSED],
            "1 item failed: try again, which buys anew; "
            "a mended prompt or portrait makes a new item, which s2v run buys instead",
            id="all",
        ),
    ],
)
def test_what_another_try_buys_anew_is_told_beside_what_it_does_not(states: list[State], why: str) -> None:
    (step,) = advice(FACTS, summarise(map(row, states)))

    assert step.why == why


def test_a_doubt_that_was_given_up_is_tried_again_by_its_name_alone() -> None:
    (step,) = advice(FACTS, summarise([row(GIVEN_UP)]))

    why = "1 item may be paid for, for its doubt was given up: it is bought anew only where it is named"
    assert (step.why, step.command) == (why, "s2v retry winks.yaml b")


def test_a_job_that_is_not_known_is_asked_after_again_by_no_command_that_buys() -> None:
    summary = summarise(map(row, [NOT_KNOWN_JOB, REFUSED]))

    commands = {group.reason: try_again(FACTS, summary, group) for group in summary.groups}

    assert commands[f"{NOT_KNOWN}: invalid task_id"] == "s2v fetch winks.yaml"


def test_advice_after_a_finished_run_is_to_prove_it() -> None:
    (step,) = advice(FACTS, summarise([row(told(item("a"), *until_done("a")))]))

    assert step.command == "s2v verify winks.yaml"
