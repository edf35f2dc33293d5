from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from test_lock import holder as holding

from runner.edge.disk.holder import LOCKS, holder
from runner.edge.disk.lock import held

HERE = socket.gethostname()
ELSEWHERE = Path("/nowhere/locks")  # as on a system that has no list of locks
lists_locks = pytest.mark.skipif(not LOCKS.exists(), reason="this system does not list its locks")


@pytest.mark.parametrize("locks", [pytest.param(LOCKS, marks=lists_locks), ELSEWHERE], ids=["listed", "unlisted"])
def test_who_works_in_a_folder_is_told_as_long_as_it_lives(tmp_path: Path, locks: Path) -> None:
    before = holder(tmp_path, locks)
    with holding(tmp_path) as child:
        during = holder(tmp_path, locks)
        child.kill()

    assert before is None
    assert during == f"process {child.pid} on {HERE}"
    assert holder(tmp_path, locks) is None


@lists_locks
def test_a_process_that_lives_on_and_let_the_folder_go_is_not_at_work(tmp_path: Path) -> None:
    with held(tmp_path):
        during = holder(tmp_path)

    assert (during, holder(tmp_path)) == (f"process {os.getpid()} on {HERE}", None)


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '{"pid": "x", "host": "h"}', "\x00", "[" * 5000], ids=[*"abcde", "deep"]
)
def test_a_lock_file_that_tells_nothing_means_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / ".lock").write_text(text)

    assert holder(tmp_path) is None


def test_a_folder_from_another_machine_has_nobody_at_work_here(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text(json.dumps({"pid": os.getpid(), "host": f"not-{HERE}"}))

    assert (holder(tmp_path), holder(tmp_path, ELSEWHERE)) == (None, None)


def test_asking_who_works_takes_no_lock(tmp_path: Path) -> None:
    asking = "import sys; from pathlib import Path; from runner.edge.disk import holder as h, lock as l\n"
    refusing = "l.fcntl.flock = None\nprint(h.holder(Path(sys.argv[1])))"  # in a process that cannot lock at all

    with held(tmp_path):
        done = subprocess.run(
            [sys.executable, "-c", asking + refusing, tmp_path], capture_output=True, text=True, check=True,
            env={"PYTHONPATH": str(Path(__file__).parents[2])},
        )  # fmt: skip

    assert done.stdout.strip() == f"process {os.getpid()} on {HERE}"
