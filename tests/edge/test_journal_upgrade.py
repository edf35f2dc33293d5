"""A journal that an older program wrote is brought up to date; where that fails, it is what it was."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from file_limit import files_of_at_most
from told_lives import books_agree, entry, key_of

from runner.core.life.state import index_of
from runner.edge.journal.journal import Journal
from runner.edge.journal.state_file import FILE, FORMAT
from runner.edge.journal.upgrades import STEPS
from runner.errors import FolderError, Halt
from runner.events import Accepted, Stamped

GOLDEN = Path(__file__).parent / "golden"
OLD = [f"state_format_{number}.sql" for number in range(1, FORMAT)]
SPENT = {"USD": 3 * 650_000, "PTC": 700_000}  # the index of format 1 had lost a third of the dollars
PHASES = {"done": 1, "running": 1, "in_doubt": 1, "planned": 2}


def lay(folder: Path, *statements: str, name: str = OLD[0]) -> Path:
    """Make a run folder as the older program left it, with what happened to it since."""
    with closing(sqlite3.connect(folder / FILE)) as sql:
        sql.executescript((GOLDEN / name).read_text(encoding="utf-8"))
        for statement in statements:
            sql.execute(statement)
        sql.commit()
        sql.execute("PRAGMA journal_mode = WAL")
    return folder


def dump(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / FILE)) as sql:
        return list(sql.iterdump())


def shape(folder: Path) -> list[tuple[str, str]]:
    """Return tables and indexes with their columns, and triggers, however their making is spelled."""
    with closing(sqlite3.connect(folder / FILE)) as sql:
        tables = [name for (name,) in sql.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
        triggers = list(sql.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY 1"))
        indexes = [name for (name,) in sql.execute("SELECT name FROM sqlite_master WHERE type = 'index' ORDER BY 1")]
        columns = [(name, str(list(sql.execute(f"PRAGMA table_info({name})")))) for name in tables]
        indexed = [(name, str(list(sql.execute(f"PRAGMA index_info({name})")))) for name in indexes]
        return columns + indexed + [(name, " ".join(made.split())) for name, made in triggers]


def test_every_older_format_has_a_step_and_a_journal_to_try_it_on() -> None:
    assert list(STEPS) == list(range(1, FORMAT))
    assert sorted(path.name for path in GOLDEN.glob("state_format_*.sql")) == OLD


@pytest.mark.parametrize("name", OLD)
def test_an_older_journal_is_upgraded_when_it_is_opened_to_write(tmp_path: Path, name: str) -> None:
    lay(tmp_path, name=name)
    with Journal.create_or_open(tmp_path) as journal:
        assert journal.header["format"] == FORMAT
        assert journal.header["run_id"] == "run-of-the-older-program"
        assert (journal.committed(), journal.counts()) == (SPENT, PHASES)
        assert dict(journal.index()) == {state.item.key: index_of(state) for state in journal.states()}
        assert [key for _, key in journal.places(["planned"])] == [key_of("dora"), key_of("fritz")]
        assert books_agree(journal)
        journal.examine()
        news = Stamped(at=99.0, event=Accepted(job_id="4"))
        doubt = journal.history(key_of("carl"))
        journal.write_all([entry([*doubt, news], position=2)])


@pytest.mark.parametrize("name", OLD)
def test_an_upgraded_journal_has_the_shape_of_a_new_one(tmp_path: Path, name: str) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    Journal.create_or_open(lay(old, name=name)).close()
    Journal.create_or_open(new).close()
    assert shape(old) == shape(new)


def test_an_upgrade_keeps_every_fact_as_it_was_written(tmp_path: Path) -> None:
    lay(tmp_path)
    before = [line for line in dump(tmp_path) if '"event"' in line]
    Journal.create_or_open(tmp_path).close()
    assert [line for line in dump(tmp_path) if '"event"' in line] == before
    assert len(before) == 30


@pytest.mark.parametrize("name", OLD)
def test_an_older_journal_can_be_looked_at_and_is_not_changed(tmp_path: Path, name: str) -> None:
    lay(tmp_path, name=name)
    before = (tmp_path / FILE).read_bytes()
    with Journal.read(tmp_path) as journal:
        assert (journal.committed(), journal.counts()) == (SPENT, PHASES)
        assert dict(journal.index()) == {state.item.key: index_of(state) for state in journal.states()}
        assert len(list(journal.events())) == (GOLDEN / name).read_text(encoding="utf-8").count('INSERT INTO "event"')
    assert (tmp_path / FILE).read_bytes() == before


def test_the_layout_that_bore_the_number_1_as_well_is_upgraded_too(tmp_path: Path) -> None:
    lay(tmp_path, "UPDATE header SET value = 1 WHERE key = 'format'", name=OLD[1])
    with Journal.create_or_open(tmp_path) as journal:
        assert (journal.header["format"], journal.committed(), journal.counts()) == (FORMAT, SPENT, PHASES)


Harm = Callable[[Path], object]
NO_FACT = "UPDATE event SET kind = 'Dreamt' WHERE seq = 17"
NO_BEGINNING = "DELETE FROM event WHERE seq = 16"


@pytest.mark.parametrize("statement", [NO_FACT, NO_BEGINNING], ids=["unreadable fact", "no beginning"])
@pytest.mark.parametrize("look", [Journal.create_or_open, Journal.read], ids=["to write", "to read"])
def test_an_upgrade_that_fails_leaves_the_old_journal_as_it_was(
    tmp_path: Path, statement: str, look: Callable[[Path], Journal]
) -> None:
    lay(tmp_path, statement)
    before = dump(tmp_path)
    with pytest.raises(FolderError, match=r"state\.db is damaged"):
        look(tmp_path)
    assert dump(tmp_path) == before


def test_an_upgrade_for_which_the_disk_has_no_room_leaves_the_old_journal_as_it_was(tmp_path: Path) -> None:
    lay(tmp_path)
    before = dump(tmp_path)
    with files_of_at_most((tmp_path / FILE).stat().st_size // 2), pytest.raises(Halt, match="cannot keep state"):
        Journal.create_or_open(tmp_path)
    assert dump(tmp_path) == before


def test_an_upgrade_that_is_cut_off_anywhere_is_whole_or_begun_again(tmp_path: Path) -> None:
    run, cut = tmp_path / "run", tmp_path / "cut"
    run.mkdir()
    lay(run)
    content = (run / FILE).read_bytes()
    with Journal.create_or_open(run):
        log = (run / f"{FILE}-wal").read_bytes()
    for size in [*range(0, len(log), 1999), len(log)]:
        cut.mkdir()
        (cut / FILE).write_bytes(content)
        (cut / f"{FILE}-wal").write_bytes(log[:size])
        with Journal.create_or_open(cut) as journal:
            assert (journal.header["format"], journal.committed(), journal.counts()) == (FORMAT, SPENT, PHASES)
        shutil.rmtree(cut)


@pytest.mark.parametrize("number", [0, -1], ids=str)
def test_a_format_that_never_was_is_damage(tmp_path: Path, number: int) -> None:
    lay(tmp_path, f"UPDATE header SET value = {number} WHERE key = 'format'")
    with pytest.raises(FolderError, match="its header is not whole"):
        Journal.create_or_open(tmp_path)
