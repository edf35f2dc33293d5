"""`s2v verify --journal` holds the file, its facts and its index against each other."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from desk import Desk

from runner.edge.journal.state_file import FILE


@pytest.fixture
def folder(desk: Desk) -> Path:
    desk.s2v("run", desk.manifest(["one", "two"]))
    return desk.folder / "runs/try"


def harm(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / FILE)) as sql:
        sql.execute(statement)
        sql.commit()


def test_a_journal_that_agrees_with_itself_passes_and_that_is_said(desk: Desk, folder: Path) -> None:
    done = desk.s2v("verify", folder, "--journal")

    assert done.code == 0
    assert done.out.startswith(f"2 items in {folder / FILE}: the journal is whole and agrees with itself\n")
    assert "videos" in desk.s2v("verify", folder, "--journal", "--json").document


ITEM_A = "(SELECT key FROM item WHERE id = 'a')"


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        pytest.param(
            "UPDATE item SET phase = 'planned' WHERE id = 'a'",
            "the index of item 'a' does not follow from its events", id="index of another phase",
        ),
        pytest.param(
            """UPDATE item SET spent = '{"USD":1}' WHERE id = 'a'""",
            "the index of item 'a' does not follow from its events", id="index of other money",
        ),
        pytest.param(
            f"DELETE FROM event WHERE item = {ITEM_A}",
            "the index of item 'a' does not follow from its events", id="no events",
        ),
        pytest.param(
            "UPDATE tally SET items = items + 1 WHERE phase = 'done'",
            "the tally of the items does not follow from their index", id="another count",
        ),
        pytest.param("DELETE FROM item WHERE id = 'a'", "has events and stands in no index", id="no index"),
        pytest.param("UPDATE event SET kind = 'Dreamt' WHERE seq = 3", "an unreadable Dreamt event", id="kind"),
        pytest.param(
            "UPDATE event SET body = '{\"mood\":1}' WHERE seq = 3",
            "has no field 'mood'; if a newer s2v wrote it, use that", id="field",
        ),
    ],
)  # fmt: skip
def test_a_journal_at_odds_with_itself_is_told_and_left_as_it_is(
    desk: Desk, folder: Path, statement: str, words: str
) -> None:
    harm(folder, statement)
    before = (folder / FILE).read_bytes()

    done = desk.s2v("verify", folder, "--journal")

    assert done.code == 9, done.err
    assert words in done.err
    assert (folder / FILE).read_bytes() == before


def test_pages_that_no_run_needs_are_looked_at_too(desk: Desk, folder: Path) -> None:
    harm(folder, "CREATE TABLE other (words)")
    harm(folder, "INSERT INTO other VALUES (zeroblob(9000))")
    content = bytearray((folder / FILE).read_bytes())
    content[-4096:] = b"\xff" * 4096
    (folder / FILE).write_bytes(content)

    assert desk.s2v("verify", folder, "--journal").code == 9
