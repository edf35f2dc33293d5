from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from told_lives import entry, item, told
from unprivileged import as_nobody, open_folder

from runner.edge.journal.journal import Journal
from runner.edge.journal.state_file import FILE, FORMAT, translated
from runner.errors import FolderError, Halt
from runner.events import Seen, Stamped

CHILD = Path(__file__).parent / "journal_child.py"
Harm = Callable[[Path], object]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a journal of some pages that was closed as it should be."""
    folder = tmp_path_factory.mktemp("sound")
    with Journal.create_or_open(folder) as journal:
        journal.write_all(entry(told(item(f"item-{n}"), Seen(status="x" * 300)), position=n) for n in range(60))
    return folder


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    shutil.copy(sound / "state.db", tmp_path)
    return tmp_path


def read_all(folder: Path) -> int:
    with Journal.read(folder) as journal:
        list(journal.states())
        list(journal.index())
        return len(list(journal.events()))


def cut_to(size: int) -> Harm:
    return lambda path: path.write_bytes(path.read_bytes()[:size])


def sql(*statements: str) -> Harm:
    def harm(path: Path) -> None:
        connection = sqlite3.connect(path)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    return harm


HARMS = {
    "empty": cut_to(0),
    "one byte": cut_to(1),
    "first page alone": cut_to(4096),
    "half": lambda path: cut_to(path.stat().st_size // 2)(path),
    "last byte gone": lambda path: cut_to(path.stat().st_size - 1)(path),
    "a picture": lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(9000)),
    "a database of others": lambda path: (path.unlink(), sql("CREATE TABLE song (name)")(path)),
    "without a header": sql("DROP TABLE header"),
    "with an empty header": sql("DELETE FROM header"),
    "without a format": sql("DELETE FROM header WHERE key = 'format'"),
    "without an epoch": sql("DELETE FROM header WHERE key = 'epoch'"),
    "without events": sql("DROP TABLE event"),
    "without an index": sql("DROP TABLE item"),
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
@pytest.mark.parametrize("look", [Journal.create_or_open, Journal.read], ids=["to write", "to read"])
def test_a_damaged_state_is_refused_by_name_and_left_as_it_is(
    folder: Path, harm: Harm, look: Callable[[Path], Journal]
) -> None:
    harm(folder / "state.db")
    before = (folder / "state.db").read_bytes()
    with pytest.raises(FolderError, match=r"state\.db is damaged .*nothing was started over"):
        look(folder)
    assert (folder / "state.db").read_bytes() == before


@pytest.mark.parametrize("look", [Journal.create_or_open, Journal.read], ids=["to write", "to read"])
def test_a_state_of_a_newer_program_is_refused_and_left_as_it_is(folder: Path, look: Callable[[Path], Journal]) -> None:
    sql(
        f"UPDATE header SET value = {FORMAT + 1} WHERE key = 'format'",
        "UPDATE header SET value = '9.1' WHERE key = 'runner'",
    )(folder / "state.db")
    before = (folder / "state.db").read_bytes()
    with pytest.raises(FolderError, match=rf"written by s2v 9\.1 in format {FORMAT + 1}"):
        look(folder)
    assert (folder / "state.db").read_bytes() == before


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE event SET kind = 'Dreamt' WHERE seq = 7", id="unknown kind"),
        pytest.param("UPDATE event SET body = '{' WHERE seq = 7", id="no JSON"),
        pytest.param("UPDATE event SET body = '[]' WHERE seq = 7", id="list"),
        pytest.param("UPDATE event SET body = replace(hex(zeroblob(50000)), '00', '[') WHERE seq = 7", id="very deep"),
        pytest.param("UPDATE event SET body = '{\"mood\":1}' WHERE seq = 7", id="field of the future"),
        pytest.param("UPDATE event SET body = CAST(x'ff' AS TEXT) WHERE seq = 7", id="no UTF-8"),
        pytest.param("UPDATE event SET at = 'now' WHERE seq = 7", id="no time"),
        pytest.param("DELETE FROM event WHERE seq = 7", id="no beginning"),
        pytest.param("UPDATE item SET spent = '{' WHERE id = 'item-7'", id="no JSON in the index"),
        pytest.param("UPDATE item SET spent = '[]' WHERE id = 'item-7'", id="list in the index"),
    ],
)
def test_a_fact_that_cannot_be_read_is_damage_and_not_passed_over(folder: Path, statement: str) -> None:
    sql(statement)(folder / "state.db")
    with pytest.raises(FolderError, match=r"state\.db is damaged"):
        read_all(folder)


def test_random_damage_is_never_anything_but_damage(sound: Path, tmp_path: Path) -> None:
    dice, refused = random.Random(7), 0
    content = (sound / "state.db").read_bytes()
    for _ in range(60):
        harmed = bytearray(content)
        at = dice.randrange(len(content))
        harmed[at : at + 64] = dice.randbytes(min(64, len(content) - at))
        (tmp_path / "state.db").write_bytes(harmed)
        try:
            read_all(tmp_path)
        except FolderError:
            refused += 1
    assert refused > 10


def blank_a_page(path: Path) -> None:
    """Damage a journal where opening it does not look."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 4096 // 2 * 4096)
        file.write(bytes(4096))


def test_examining_finds_damage_that_opening_does_not_look_for(folder: Path) -> None:
    blank_a_page(folder / "state.db")
    with Journal.create_or_open(folder) as journal, pytest.raises(FolderError, match="damaged"):
        journal.examine()


def test_the_journal_of_a_run_that_was_cut_off_is_looked_through_before_it_is_written(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cut_off = tmp_path_factory.mktemp("cut-off")
    with Journal.create_or_open(folder) as journal:
        journal.write_all([entry(told(item("late")), position=60)])
        for name in ("state.db", "state.db-wal"):
            shutil.copy(folder / name, cut_off)
    blank_a_page(cut_off / "state.db")

    with pytest.raises(FolderError, match=r"state\.db is damaged .*nothing was started over"):
        Journal.create_or_open(cut_off)


def test_a_sound_journal_passes_examination(folder: Path) -> None:
    with Journal.read(folder) as journal:
        journal.examine()


@pytest.mark.parametrize("trace", ["videos/a.mp4", "superseded/a-1.mp4", ".partial/1.mp4", "state.db-wal"])
def test_a_state_that_is_gone_while_its_traces_stay_is_never_started_over(tmp_path: Path, trace: str) -> None:
    (tmp_path / trace).parent.mkdir(exist_ok=True)
    (tmp_path / trace).write_bytes(b"paid for")
    with pytest.raises(FolderError, match="but no"):
        Journal.create_or_open(tmp_path)
    assert not (tmp_path / "state.db").exists()


def test_a_folder_without_state_is_no_run_folder_to_a_reader(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="no run folder"):
        Journal.read(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_linked_state_is_not_followed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    run = tmp_path_factory.mktemp("run")
    (run / "state.db").symlink_to(folder / "state.db")
    before = (folder / "state.db").read_bytes()
    with pytest.raises(FolderError, match="symbolic link"):
        Journal.create_or_open(run)
    assert (folder / "state.db").read_bytes() == before


def test_a_creation_that_was_cut_off_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / ".state.db.new").write_bytes(b"half a data")
    (tmp_path / ".state.db.new-journal").write_bytes(b"base")
    Journal.create_or_open(tmp_path).close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state.db"]


def test_a_read_only_folder_halts_a_run_but_can_be_looked_at(sound: Path) -> None:
    with open_folder() as run:
        shutil.copy(sound / "state.db", run)
        (run / "state.db").chmod(0o444)
        run.chmod(0o555)
        with as_nobody():
            with pytest.raises(Halt, match="cannot keep state"):
                Journal.create_or_open(run)
            assert read_all(run) == 120


def test_a_read_only_folder_halts_before_a_journal_is_begun() -> None:
    with open_folder() as run:
        run.chmod(0o555)
        with as_nobody(), pytest.raises(Halt):
            Journal.create_or_open(run)


def test_a_full_disk_halts_and_all_that_was_committed_stays(tmp_path: Path) -> None:
    child = subprocess.run(
        [sys.executable, str(CHILD), str(tmp_path), "200000"], capture_output=True, text=True, check=False
    )
    *told_lines, last = child.stdout.splitlines()
    assert (child.returncode, child.stderr) == (7, "")
    assert "cannot keep state" in last
    assert read_all(tmp_path) == int(told_lines[-1])


def test_a_writer_that_is_stopped_in_a_write_is_told_as_what_it_is(folder: Path) -> None:
    with (
        Journal.create_or_open(folder) as stopped,
        stopped.holding(),
        closing(sqlite3.connect(folder / FILE, timeout=0, isolation_level=None)) as successor,
        pytest.raises(Halt, match=r"another process is writing to .*state\.db .*continue it if it is stopped"),
        translated(folder / FILE),
    ):
        successor.execute("BEGIN IMMEDIATE")


def test_what_was_reported_as_committed_survives_a_kill(tmp_path: Path) -> None:
    dice = random.Random(11)
    for attempt in range(3):
        run = tmp_path / str(attempt)
        run.mkdir()
        child = subprocess.Popen([sys.executable, str(CHILD), str(run)], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        for _ in range(dice.randrange(1, 60)):
            child.stdout.readline()
        child.kill()
        rest = child.stdout.read().split("\n")[:-1]
        child.wait()
        child.stdout.close()
        reported = int(rest[-1]) if rest else 2
        with Journal.create_or_open(run) as journal:
            assert len(list(journal.events())) >= reported


def test_a_log_that_is_cut_anywhere_opens_at_a_whole_commit(tmp_path: Path) -> None:
    run, cut = tmp_path / "run", tmp_path / "cut"
    run.mkdir()
    cut.mkdir()
    first = entry(told(item()), position=0)
    with Journal.create_or_open(run) as journal:
        journal.write_all([first])
        for at in range(1, 6):
            journal.write(first.key, [Stamped(at=float(at), event=Seen(status=str(at)))], first.index)
        content, log = (run / "state.db").read_bytes(), (run / "state.db-wal").read_bytes()
    found = []
    for size in [*range(0, len(log), 997), len(log)]:
        (cut / "state.db").write_bytes(content)
        (cut / "state.db-wal").write_bytes(log[:size])
        with Journal.create_or_open(cut) as journal:
            history = journal.history(first.key)
        assert [stamped.at for stamped in history] == [float(at) for at in range(len(history))]
        found.append(len(history))
    assert found == sorted(found)
    assert (found[0], found[-1]) == (0, 6)


def test_garbage_behind_the_log_is_no_fact(tmp_path: Path) -> None:
    run, copy = tmp_path / "run", tmp_path / "copy"
    run.mkdir()
    copy.mkdir()
    with Journal.create_or_open(run) as journal:
        journal.write_all([entry(told(item()), position=0)])
        for name in ("state.db", "state.db-wal"):
            shutil.copy(run / name, copy)
    with (copy / "state.db-wal").open("ab") as log:
        log.write(random.Random(3).randbytes(10_000))
    with Journal.create_or_open(copy) as journal:
        assert journal.history(item().key) == told(item())
