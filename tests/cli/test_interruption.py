"""What asks a program to end while no run drives: it ends with words and the code of what asked, wherever it stands."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from desk import Desk, read_out, slow_run

ASKED = pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["int", "term", "hup"]
)


@contextmanager
def asked_before_buying(desk: Desk) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Start a run at a terminal, up to its question."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r+b", buffering=0) as end:
        process = subprocess.Popen(
            desk.command("run", desk.manifest(["one"])), cwd=desk.folder, env=desk.environ(), stdin=end,
            stdout=subprocess.DEVNULL, stderr=end,
        )  # fmt: skip
    shown = b""
    while b"[y/N]" not in shown:
        shown += os.read(ours, 4096)
    yield process, ours


@ASKED
def test_a_run_that_asks_a_question_is_told_to_end(desk: Desk, number: signal.Signals, code: int) -> None:
    with asked_before_buying(desk) as (process, terminal):
        process.send_signal(number)
        told = read_out(terminal)
        process.wait(timeout=20)

    assert process.returncode == code, told
    assert "s2v: interrupted; nothing was lost" in told
    assert desk.submits == []


LETTING_GO = """
import select, signal, sys
from runner.cli.interruption import exit_of, interruptible

class Held:
    def __del__(self):
        signal.raise_signal(int(sys.argv[1]))

try:
    with interruptible():
        held = Held()
        del held
        select.select([], [], [], 30)
except KeyboardInterrupt as interrupt:
    sys.exit(exit_of(interrupt))
"""


@ASKED
def test_a_program_is_told_to_end_at_the_moment_in_which_python_lets_go_of_something(
    desk: Desk, number: signal.Signals, code: int
) -> None:
    command = [sys.executable, "-c", LETTING_GO, str(int(number))]

    done = subprocess.run(command, env=desk.environ(), capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (code, "")


STRUCK_WHILE_LOADING = """
import signal, sys

_, module, number = sys.argv

class Strike:
    def find_spec(self, name, *_):
        if name == module:
            sys.meta_path.remove(self)
            signal.raise_signal(int(number))

sys.meta_path.insert(0, Strike())
from runner.__main__ import main
sys.argv[:] = ["s2v", "providers"]
sys.exit(main())
"""


@ASKED
@pytest.mark.parametrize("module", ["runner.cli.main", "runner.errors", "runner.cli.commands.providers"])
def test_a_program_is_told_to_end_while_it_is_loaded(
    desk: Desk, module: str, number: signal.Signals, code: int
) -> None:
    command = [sys.executable, "-c", STRUCK_WHILE_LOADING, module, str(int(number))]

    done = subprocess.run(command, env=desk.environ(), capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (code, "", "s2v: interrupted; nothing was lost\n")


@ASKED
def test_a_command_that_only_looks_is_told_to_end(desk: Desk, number: signal.Signals, code: int) -> None:
    with slow_run(desk), desk.start("status", "m.yaml", "--watch", "--interval", "60s", "--json") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(number)
        _, told = process.communicate(timeout=20)

    assert process.returncode == code, told


HALF_MADE = "from runner.cli.run.patience import PatientLoop; PatientLoop.__new__(PatientLoop)"


def test_a_loop_whose_making_ctrl_c_cut_off_goes_without_a_word(desk: Desk) -> None:
    command = [sys.executable, "-c", HALF_MADE]

    done = subprocess.run(command, env=desk.environ(), capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (0, "")
