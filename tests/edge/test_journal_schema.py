from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fact_schemas import event_schema, explain_schema, journal_schema, published
from jsonschema import Draft7Validator
from told_lives import FULL, entry, item, told

from runner.edge.journal import header
from runner.edge.journal.codec import EVENT_TYPES
from runner.edge.journal.journal import Journal
from runner.events import Planned

ROOT = Path(__file__).parents[2]
MADE = {"journal": journal_schema, "event": event_schema, "explain": explain_schema}
FORMAT = (ROOT / "runner" / "edge" / "journal" / "FORMAT.md").read_text(encoding="utf-8")
GOLDEN = [
    json.loads(line) for line in (Path(__file__).parent / "golden" / "events.jsonl").read_text("utf-8").splitlines()
]


def row(kind: str, body: object) -> dict[str, object]:
    return {"at": 1.0, "item": "a" * 64, "kind": kind, "body": body}


@pytest.mark.parametrize(("name", "made"), MADE.items(), ids=MADE)
def test_a_published_schema_is_what_the_codec_reads(
    name: str, made: Callable[[], dict[str, Any]], update_golden: bool  # noqa: FBT001 - a fixture
) -> None:  # fmt: skip
    text, path = json.dumps(made(), indent=2) + "\n", ROOT / "schemas" / f"{name}.schema.json"
    if update_golden:
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text
    Draft7Validator.check_schema(published(name))


@pytest.mark.parametrize("line", GOLDEN, ids=lambda line: line["kind"])
def test_every_line_ever_written_is_what_the_schema_says(line: dict[str, Any]) -> None:
    validator = Draft7Validator(published("journal"))
    for body in filter(None, (line["full"], line["bare"])):
        validator.validate(row(line["kind"], body))


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_a_field_that_nobody_knows_is_refused(kind: str) -> None:
    assert not Draft7Validator(published("journal")).is_valid(row(kind, {"mood": 1}))


def test_the_rows_on_disk_are_what_the_schema_says(tmp_path: Path) -> None:
    others = [event for cls, event in FULL.items() if cls is not Planned]
    with Journal.create_or_open(tmp_path) as journal:
        journal.write_all([entry(told(item(), *others), position=0)])
    with sqlite3.connect(tmp_path / "state.db") as sql:
        rows = list(sql.execute("SELECT at, item, kind, body FROM event ORDER BY seq"))
    sql.close()
    assert len(rows) == len(EVENT_TYPES)
    for at, key, kind, body in rows:
        Draft7Validator(published("journal")).validate({"at": at, "item": key, "kind": kind, "body": json.loads(body)})


def test_the_description_names_every_table_and_column(tmp_path: Path) -> None:
    Journal.create_or_open(tmp_path).close()
    with sqlite3.connect(tmp_path / "state.db") as sql:
        tables = [name for (name,) in sql.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = {name: [each[1] for each in sql.execute(f"PRAGMA table_info({name})")] for name in tables}
    sql.close()
    for name, each in columns.items():
        assert f"`{name}({', '.join(each)})`" in FORMAT


def test_the_description_names_every_key_of_the_header_and_no_other(tmp_path: Path) -> None:
    table = FORMAT.partition("| header key | meaning |\n|---|---|\n")[2].partition("\n\n")[0]
    told = [key for row in table.splitlines() for key in re.findall("`(.+?)`", row.split("|")[1])]
    known = {value for name, value in vars(header).items() if name.isupper()}
    with Journal.create_or_open(tmp_path) as journal:
        assert journal.header.keys() <= known
    assert sorted(told) == sorted(known)
