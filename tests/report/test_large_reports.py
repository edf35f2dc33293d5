"""Where a single file would stop being useful, the report says what matters and where the rest is."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path

from histories import FACTS, mixed_run
from jsonschema import Draft7Validator

from runner.core.life.lifecycle import Outcome
from runner.core.sums.sums import summarise
from runner.core.sums.tally import Row, row
from runner.report.junit import MOST_CASES, Junit
from runner.report.papers import pieces
from runner.report.records import MOST_ITEMS, Document

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas/report.schema.json").read_text("utf-8"))
ROWS = [row(state) for state in mixed_run()]
DONE = next(each for each in ROWS if each.state is Outcome.DONE)


def many(count: int, *, state: Outcome = Outcome.DONE) -> Iterator[Row]:
    """Give the rows of every fate, and so many of one more."""
    return chain(ROWS, repeat(replace(DONE, state=state), count))


def test_report_json_of_very_many_items_holds_the_numbers_and_names_the_file_with_the_items() -> None:
    summary = replace(summarise(ROWS), items=MOST_ITEMS + 1)

    document = json.loads("".join(pieces(Document, FACTS, summary, many(MOST_ITEMS))))

    Draft7Validator(SCHEMA).validate(document)
    assert (document["items"], document["items_in"]) == ([], "results.jsonl")
    assert document["summary"]["items"] == MOST_ITEMS + 1


def test_junit_of_very_many_items_lists_what_is_not_done() -> None:
    count = MOST_CASES + 1
    suite = ET.fromstring("".join(pieces(Junit, FACTS, summarise(many(count)), many(count))))[0]

    cases = [case.get("name") for case in suite.iter("testcase")]

    assert cases == [each.id for each in ROWS if each.state is not Outcome.DONE]
    assert int(suite.attrib["tests"]) == count + len(ROWS)
    assert (
        suite.findtext("system-out") == f"{len(cases)} of {count + len(ROWS)} items are listed; results.jsonl has all"
    )


def test_junit_lists_no_more_than_its_readers_bear() -> None:
    count = MOST_CASES + 1
    failed = {"state": Outcome.FAILED}
    suite = ET.fromstring("".join(pieces(Junit, FACTS, summarise(many(count, **failed)), many(count, **failed))))[0]

    assert sum(1 for _ in suite.iter("testcase")) == MOST_CASES
