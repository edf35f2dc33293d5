"""What each kind of reader makes of a report, above all of words that want to be something else."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from histories import FACTS, NASTY, intent, item, mixed_run, refused, told, until_done, written
from jsonschema import Draft7Validator

from runner.cli.grammar.looking import SCHEMAS as SCHEMA_NAMES
from runner.core.life.state import State
from runner.core.sums.sums import summarise
from runner.core.sums.tally import row
from runner.report.markdown import MOST_ROWS, headline
from runner.report.papers import PAPERS, pieces
from runner.report.records import COLUMNS

SCHEMAS = Path(__file__).parents[2] / "schemas"
OTHERWISE_DESCRIBED = {"manifest", "faults", "journal", "event"}  # in README, and by the definition of each fact


def schema(name: str) -> Any:
    return json.loads((SCHEMAS / name).read_text("utf-8"))


def objects_of(node: Any) -> list[dict[str, Any]]:
    """Return every part of a schema that lists properties."""
    if isinstance(node, list):
        return [found for each in node for found in objects_of(each)]
    if not isinstance(node, dict):
        return []
    own = [node] if isinstance(node.get("properties"), dict) else []
    return own + [found for each in node.values() for found in objects_of(each)]


@pytest.mark.parametrize("of", sorted({*SCHEMA_NAMES} - OTHERWISE_DESCRIBED))
def test_a_schema_is_sound_and_describes_every_key(of: str) -> None:
    name = f"{of}.schema.json"
    Draft7Validator.check_schema(schema(name))

    bare = [
        key for each in objects_of(schema(name)) for key, value in each["properties"].items()
        if not value.get("description") and "$ref" not in value
    ]  # fmt: skip
    assert bare == []


def test_both_schemas_mean_the_same_item() -> None:
    line = {key: value for key, value in schema("results.schema.json").items() if key not in {"$schema", "title"}}

    assert schema("report.schema.json")["definitions"]["item"] == line


@pytest.mark.parametrize("states", [mixed_run(), []], ids=["every fate", "nothing"])
def test_report_json_is_what_its_schema_says(states: list[State]) -> None:
    Draft7Validator(schema("report.schema.json")).validate(json.loads(written("report.json", states)))


def test_every_line_of_results_jsonl_is_what_its_schema_says() -> None:
    validator = Draft7Validator(schema("results.schema.json"))

    lines = written("results.jsonl", mixed_run()).splitlines()

    assert len(lines) == len(mixed_run())
    assert [error for line in lines for error in validator.iter_errors(json.loads(line))] == []


def test_json_keeps_a_nasty_prompt_as_it_was_in_plain_ascii() -> None:
    text = written("results.jsonl", mixed_run())

    assert text.isascii()
    assert json.loads(text.splitlines()[1])["prompt"] == NASTY


def csv_rows(states: list[State]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(written("results.csv", states), newline="")))


def test_csv_is_read_back_with_every_column() -> None:
    rows = csv_rows(mixed_run())

    assert tuple(rows[0]) == COLUMNS
    assert [each["id"] for each in rows] == [state.label for state in mixed_run()]
    assert all(None not in each and None not in each.values() for each in rows)
    assert (rows[0]["cost"], rows[0]["currency"], rows[0]["seconds"], rows[0]["prompt_optimizer"]) == (
        "0.65", "USD", "5.64", "true",
    )  # fmt: skip


def test_csv_lines_end_as_the_standard_wants() -> None:
    assert written("results.csv", [mixed_run()[0]]).count("\r\n") == 2


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])  # noqa: RUF001 -- the wide sign is meant
def test_csv_never_starts_a_cell_of_text_with_a_formula(sign: str) -> None:
    (cells,) = csv_rows([told(item("a", prompt=f"{sign}1+1", tags=(f"{sign}x",)))])

    assert cells["prompt"] == f"'{sign}1+1"
    assert cells["tags"] == f"'{sign}x"


def test_csv_leaves_numbers_of_our_own_alone() -> None:
    rows = [replace(row(mixed_run()[0]), seconds=-1.0)]

    text = "".join(pieces(PAPERS["results.csv"], FACTS, summarise(rows), rows))

    assert ",-1.0," in text


def test_csv_keeps_lines_quotes_and_foreign_words_of_a_prompt() -> None:
    cell = csv_rows(mixed_run())[1]["prompt"]

    assert cell == "'" + NASTY.replace("\x00", "\\x00").replace("\x0b", "\\x0b").replace("\x1b", "\\x1b").replace(
        "\ud800", "\\ud800"
    )


def junit(states: list[State]) -> ET.Element:
    return ET.fromstring(written("junit.xml", states))


def test_junit_counts_what_it_holds() -> None:
    suites = junit(mixed_run())
    (suite,) = suites

    found = {name: str(len(suite.findall(f"testcase/{name}"))) for name in ("failure", "error", "skipped")}

    assert (suites.tag, suite.tag, suite.get("name"), suite.get("tests")) == ("testsuites", "testsuite", "winks", "18")
    assert found == {"failure": "6", "error": "2", "skipped": "6"}
    assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("6", "2", "6")
    assert suite.get("timestamp") == "2026-01-01T00:00:10"


def test_junit_tells_the_providers_words() -> None:
    failure = junit(mixed_run()).find(".//testcase[@name='broke']/failure")

    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("1027", "output new_sensitive")
    assert failure.text == "1027: output new_sensitive"


@pytest.mark.parametrize("paper", sorted(PAPERS.keys() - {"report.md"}))
def test_metadata_is_carried_into_every_report_but_the_one_to_glance_at(paper: str) -> None:
    words = {"licence": "public-domain", "consent": "by letter"}

    text = written(paper, [told(item("a", metadata=words), intent())])

    assert all(value in text for value in words.values())


def test_junit_survives_words_that_xml_cannot_hold() -> None:
    words = "a\x00b\x0b<c>&\"'\ufffe]]>\nd\ud800"

    (case,) = junit([told(item("a", prompt=NASTY), intent(), refused("9", words))]).iter("testcase")

    failure, story = case.find("failure"), case.findtext("system-out") or ""
    assert failure is not None
    assert failure.get("message") == "ab<c>&\"']]>\nd"
    assert "<script>alert(1)</script>" in story
    assert "她笑" in story


def test_markdown_shows_nasty_words_and_runs_none() -> None:
    text = written("report.md", [told(item("a", prompt=NASTY), intent(), refused(words="<b>|`\x1b[2J\u202e`"))])

    assert "<script" not in text
    assert "<b>" not in text
    assert "&lt;b&gt;\\|\\`\\\\x1b\\[2J\\\\u202e\\`" in text
    assert not {"\x00", "\x1b", "\u202e", "\u2066", "\ud800"} & set(text)


def test_markdown_keeps_every_table_row_on_one_line() -> None:
    text = written("report.md", mixed_run())

    rows = [line.replace("\\|", "") for line in text.split("## Items")[1].splitlines() if line.startswith("|")]

    assert {line.count("|") for line in rows} == {7}


def test_markdown_lists_so_many_items_and_counts_the_rest() -> None:
    text = written("report.md", [told(item(f"i{n}")) for n in range(MOST_ROWS + 3)])

    assert text.count("\n| `i") == MOST_ROWS
    assert "... and 3 more, see `results.csv`." in text


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ([], "0 of 0 videos done."),
        ([told(item("a"), *until_done("a"))], "1 of 1 video done."),
        ([told(item("a"), *until_done("a")), told(item("b"), intent(), refused())], "1 of 2 videos done; 1 failed."),
        (mixed_run(), "4 of 17 videos done; 5 failed; 2 in doubt; 1 to review; 5 open; 1 no longer wanted."),
    ],
)
def test_the_headline_says_how_it_went(states: list[State], words: str) -> None:
    assert headline(summarise(map(row, states)), FACTS) == words
