"""What the reports say of an item that was bought at two providers, for money of two kinds."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from histories import FACTS, intent, item, no, told, until_done
from jsonschema import Draft7Validator

from runner.core.life.state import State
from runner.core.sums.sums import summarise
from runner.core.sums.tally import row
from runner.events import Accepted, Broke, Event, Requeued, Settled
from runner.model import Money
from runner.report.papers import PAPERS, pieces

SCHEMAS = Path(__file__).parents[2] / "schemas"
PTC = Money(micros=700_000, currency="PTC")
LOST: tuple[Event, ...] = (
    intent(provider="vapi", price=PTC), Accepted(job_id="j1"), Broke(verdict=no("1027", "sensitive")),
    Requeued(by="me"),
)  # fmt: skip
BOUGHT_TWICE = told(item("twice"), *LOST, *until_done("twice"))
SPENT_AND_RESERVED = told(item("held"), *LOST, intent(2, provider="minimax"))


def written(name: str, state: State) -> str:
    rows = [row(state)]
    return "".join(pieces(PAPERS[name], FACTS, summarise(rows), rows))


def csv_row(state: State) -> dict[str, str]:
    (cells,) = csv.DictReader(io.StringIO(written("results.csv", state), newline=""))
    return cells


def test_json_gives_a_list_of_amounts_that_the_schema_knows() -> None:
    document = json.loads(written("results.jsonl", BOUGHT_TWICE))

    assert document["cost"] == [{"amount": "0.70", "currency": "PTC"}, {"amount": "0.65", "currency": "USD"}]
    Draft7Validator(json.loads((SCHEMAS / "results.schema.json").read_text("utf-8"))).validate(document)


@pytest.mark.parametrize(
    ("state", "cells"),
    [
        pytest.param(told(item("a")), ("", "", ""), id="nothing bought"),
        pytest.param(told(item("a"), *until_done("a")), ("0.65", "", "USD"), id="one currency"),
        pytest.param(told(item("a"), intent()), ("", "0.65", "USD"), id="reserved only"),
        pytest.param(BOUGHT_TWICE, ("0.70 PTC + 0.65 USD", "", ""), id="bought in two"),
        pytest.param(SPENT_AND_RESERVED, ("0.70 PTC", "0.65 USD", ""), id="spent in one, reserved in another"),
    ],
)
def test_csv_never_shows_an_amount_under_another_currency(state: State, cells: tuple[str, str, str]) -> None:
    line = csv_row(state)

    assert (line["cost"], line["reserved"], line["currency"]) == cells


@pytest.mark.parametrize("name", ["report.md", "junit.xml"])
def test_people_read_both_amounts(name: str) -> None:
    assert "0.70 PTC + 0.65 USD" in written(name, BOUGHT_TWICE)


def test_what_a_person_gave_up_stays_held_back_in_the_report() -> None:
    given_up = told(item("a"), intent(), Settled(decision="abandon"))

    assert json.loads(written("results.jsonl", given_up))["reserved"] == {"amount": "0.65", "currency": "USD"}
    assert "| held back for requests given up, perhaps paid | 0.65 USD |" in written("report.md", given_up)
