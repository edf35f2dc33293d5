"""`junit.xml` against the schema by which Jenkins judges it; reporters of GitLab and GitHub read a part of that."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from histories import FACTS, mixed_run, refused, told, until_done
from histories import item as item_called
from lxml import etree

from runner.core.life.lifecycle import Outcome
from runner.core.sums.sums import summarise
from runner.core.sums.tally import Row, row
from runner.report.junit import MOST_CASES, Junit
from runner.report.papers import pieces


@functools.cache
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(Path(__file__).with_name("junit-10.xsd"))))


def complaints(rows: Sequence[Row], items: int | None = None) -> list[str]:
    """Return what the schema finds wrong with the report of these rows; `items` counts others beside them."""
    summary = summarise(rows)
    text = "".join(pieces(Junit, FACTS, replace(summary, items=items or summary.items), rows))
    schema().validate(etree.fromstring(text.encode()))
    return [str(each) for each in schema().error_log]


def every_fate() -> list[Row]:
    rows = [row(state) for state in mixed_run()]
    return [*rows, replace(rows[0], id="unsure", state=Outcome.REVIEW)]


@pytest.mark.parametrize(
    ("rows", "items"),
    [
        pytest.param(every_fate(), None, id="every fate"),
        pytest.param([], None, id="nothing"),
        pytest.param(every_fate(), MOST_CASES + 1, id="too many to list"),
        pytest.param([row(told(item_called("a"), *until_done("a")))], None, id="all done"),
    ],
)
def test_a_report_is_what_the_schema_wants(rows: list[Row], items: int | None) -> None:
    assert complaints(rows, items) == []


def test_a_clock_that_was_set_back_between_two_runs_makes_no_time_below_zero() -> None:
    plain = row(told(item_called("a"), refused()))

    assert complaints([replace(plain, intended_at=9.0, ended_at=5.0)]) == []


def test_the_schema_notices_what_a_report_must_not_be() -> None:
    rows = [row(told(item_called("a"), refused()))] * 2

    assert "Duplicate key-sequence" in complaints(rows)[0]
