"""Who was stopped, replaced and continued gives no file a name and takes none, with real processes and real signals."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from stopped_child import ANNA
from told_lives import done, entry, item, told

from runner.edge.disk.files import Files
from runner.edge.folder.shelf import Shelf
from runner.edge.journal.journal import Journal
from runner.edge.journal.state_file import FILE
from runner.errors import FolderError

CHILD = Path(__file__).parent / "stopped_child.py"
ACTS = ["download", "video", "sidecar", "report", "removal"]
LOST = "another run has taken over this folder; this one stops without writing\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a run folder with one file in every place that the acts name."""
    state = done("anna", ANNA)
    shelf = Shelf(tmp_path, sidecar=lambda _: "a sidecar")
    with Journal.create_or_open(tmp_path) as book:
        book.write_all([entry(told(item("anna")), position=0)])
    shelf.prepare()
    (shelf.partial / f"{state.item.key}.mp4").write_bytes(b"the video of the run before")
    (tmp_path / "report.md").write_text("the report of the run before")
    return tmp_path


@contextmanager
def stopped(folder: Path, act: str) -> Iterator[subprocess.Popen[str]]:
    """Give a run that stands still in the middle of an act, and let it end."""
    with subprocess.Popen(
        [sys.executable, str(CHILD), str(folder), act], stdout=subprocess.PIPE, text=True
    ) as child:  # fmt: skip
        os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
        try:
            yield child
        finally:
            child.send_signal(signal.SIGCONT)


def files(folder: Path) -> Mapping[str, bytes]:
    """Return every file but the state, and the half files that each run keeps for itself."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("state.db"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in found if path.suffix != ".part"}


@pytest.mark.parametrize("act", ACTS)
def test_a_run_that_was_replaced_while_it_was_stopped_changes_no_file(folder: Path, act: str) -> None:
    with stopped(folder, act) as child, Journal.create_or_open(folder):
        before = files(folder)
        child.send_signal(signal.SIGCONT)
        out, _ = child.communicate(timeout=20)
        assert (child.returncode, out) == (9, LOST)
        assert files(folder) == before


@pytest.mark.parametrize("act", ACTS)
def test_a_run_that_was_stopped_and_not_replaced_goes_on(folder: Path, act: str) -> None:
    with stopped(folder, act) as child:
        before = files(folder)
        child.send_signal(signal.SIGCONT)
        out, _ = child.communicate(timeout=20)
        assert (child.returncode, out) == (0, "")
        assert files(folder) != before


def test_the_half_file_of_the_run_that_took_over_is_neither_finished_nor_removed_by_the_other(folder: Path) -> None:
    key = done("anna", ANNA).item.key
    with stopped(folder, "download") as child, Journal.create_or_open(folder) as book:
        shelf = Shelf(folder, sidecar=str, files=Files(book.holding))
        shelf.prepare()
        mine = shelf.partial / f"{key}.{os.getpid()}.part"
        with Files(book.holding).aside(mine) as file:
            file.write(b"half of my own")
            file.flush()
            child.send_signal(signal.SIGCONT)
            child.communicate(timeout=20)
            assert mine.read_bytes() == b"half of my own"
            Files(book.holding).keep(file, shelf.partial / f"{key}.mp4")
    assert (shelf.partial / f"{key}.mp4").read_bytes() == b"half of my own"


def test_nobody_can_take_the_folder_over_while_a_name_is_given(folder: Path) -> None:
    """There is no moment between the look and the act: a successor's first write waits until the name is given."""
    with Journal.create_or_open(folder) as book:
        with (
            book.holding(),
            closing(sqlite3.connect(folder / FILE, timeout=0, isolation_level=None)) as successor,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            successor.execute("BEGIN IMMEDIATE")
        Journal.create_or_open(folder).close()
        with pytest.raises(FolderError, match="another run has taken over"), book.holding():
            pytest.fail("a name was given too late")
