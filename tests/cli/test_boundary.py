"""The one boundary: a bug of ours leaves a log and an exit code, and no secret in either."""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
import time
from pathlib import Path

import pytest
from desk import ROOT, Desk

from runner.cli.main import guarded
from runner.cli.screen import Screen
from runner.errors import ConfigError, DriftError, Exit, FolderError, Halt, UsageError

KEY = "sk-canary-0123456789"


def screen(folder: Path) -> tuple[Screen, io.StringIO]:
    err = io.StringIO()
    environ = {"XDG_STATE_HOME": str(folder), "MINIMAX_API_KEY": KEY}
    return Screen.of(io.StringIO(), err, None, environ), err


def test_a_bug_leaves_a_log_without_secrets(tmp_path: Path) -> None:
    def command() -> int:
        raise ZeroDivisionError(f"divided by {KEY}")

    shown, err = screen(tmp_path)

    assert guarded(command, shown) == Exit.BUG
    (log,) = (tmp_path / "s2v").iterdir()
    assert f"the log is in {log}" in err.getvalue()
    assert "ZeroDivisionError: divided by ***" in log.read_text()
    assert KEY not in log.read_text() + err.getvalue()


@pytest.mark.parametrize("kind", ["key file", "env file"])
def test_a_key_from_a_file_is_in_no_log_either(tmp_path: Path, kind: str) -> None:
    def command() -> int:
        raise RuntimeError(f"no answer to {KEY} from https://cdn.example/v.mp4?sig=canary")

    file, err = tmp_path / "file", io.StringIO()
    file.write_text(f"{KEY}\n" if kind == "key file" else f"MINIMAX_API_KEY={KEY}\n")
    environ = {"XDG_STATE_HOME": str(tmp_path)} | ({"MINIMAX_API_KEY_FILE": str(file)} if kind == "key file" else {})
    shown = Screen.of(io.StringIO(), err, None, environ)

    assert guarded(command, shown, env_file=None if kind == "key file" else file) == Exit.BUG
    (log,) = (tmp_path / "s2v").iterdir()
    assert "no answer to *** from https://cdn.example/v.mp4\n" in log.read_text()
    assert "canary" not in log.read_text() + err.getvalue()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_log_never_follows_a_link_that_somebody_left(tmp_path: Path) -> None:
    def command() -> int:
        for at in range(60):  # the name holds the second, and a busy machine may take its time
            name = time.strftime("%Y%m%dT%H%M%S", time.localtime(time.time() + at))
            (tmp_path / "s2v" / f"bug-{name}-{os.getpid()}.log").symlink_to(tmp_path / "precious")
        raise ZeroDivisionError

    (tmp_path / "s2v").mkdir()
    shown, err = screen(tmp_path)

    assert guarded(command, shown) == Exit.BUG
    log = Path(err.getvalue().partition("the log is in ")[2].partition(";")[0])
    log.unlink()
    assert log.parent != tmp_path / "s2v"
    assert not (tmp_path / "precious").exists()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), 2), (DriftError("x"), 4), (ConfigError("x"), 8), (FolderError("x"), 9), (Halt("x"), 9),
        (KeyboardInterrupt(), 130),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)  # fmt: skip
def test_each_error_has_its_exit_code(tmp_path: Path, error: BaseException, code: int) -> None:
    def command() -> int:
        raise error

    assert guarded(command, screen(tmp_path)[0]) == code


def test_a_package_that_cannot_be_loaded_is_no_bug_of_ours(tmp_path: Path) -> None:
    def command() -> int:
        raise ImportError("libGL.so.1: cannot open shared object file")

    def ours() -> int:
        raise ImportError("cannot import name 'x' from 'runner.errors'", name="runner.errors")

    shown, err = screen(tmp_path)

    assert [guarded(command, shown), guarded(ours, shown)] == [Exit.PROVIDER, Exit.BUG]
    told, bug, _ = err.getvalue().splitlines()
    assert told.startswith("s2v: a package that s2v needs cannot be loaded: libGL.so.1:")
    assert "s2v doctor" in told
    assert bug.startswith("s2v: this is a bug of ours: ImportError")


def test_a_package_for_which_no_memory_was_lent_is_said_to_be_so_by_its_last_line(tmp_path: Path) -> None:
    def command() -> int:
        raise ImportError(
            "\n\nIMPORTANT: read this!\n\nOriginal error was: libz.so: failed to map segment from shared object\n"
        )

    shown, err = screen(tmp_path)

    assert guarded(command, shown) == Exit.PROVIDER
    (told,) = err.getvalue().splitlines()
    assert told.startswith("s2v: a package that s2v needs cannot be loaded: Original error was: libz.so: failed to map")
    assert "ulimit -v" in told
    assert "install it anew" not in told


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(), OSError(errno.ENOMEM, "Cannot allocate memory"), RuntimeError("can't start new thread"),
        ValueError("[digital envelope routines] malloc failure"),
    ],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_too_little_memory_is_no_bug_of_ours(tmp_path: Path, error: Exception) -> None:
    def command() -> int:
        raise error

    shown, err = screen(tmp_path)

    assert guarded(command, shown) == Exit.FOLDER
    (told,) = err.getvalue().splitlines()
    assert told.startswith("s2v: this machine lends s2v too little memory; free some, or raise its limits (ulimit -v")


@pytest.mark.skipif(sys.platform != "linux", reason="others do not hold programs to this limit")
@pytest.mark.parametrize("most_mb", [60, 75, 95])
def test_a_run_that_is_lent_too_little_memory_says_so_before_it_buys(desk: Desk, most_mb: int) -> None:
    done = desk.in_shell(f"ulimit -v {most_mb << 10}; s2v", "run", desk.manifest(["one"]))

    assert done.code in {Exit.PROVIDER, Exit.FOLDER}, done.err
    assert "memory" in done.err
    assert "bug" not in done.err
    assert "Traceback" not in done.err
    assert desk.submits == []


def test_a_package_of_a_command_that_cannot_be_loaded_is_told(desk: Desk) -> None:
    (desk.folder / "broken").mkdir()
    (desk.folder / "broken/PIL.py").write_text("raise ImportError('libjpeg.so.62: no such file')")

    done = desk.in_shell("s2v", "run", str(desk.manifest(["one"])), PYTHONPATH=f"{desk.folder / 'broken'}:{ROOT}")

    assert (done.code, done.out) == (Exit.PROVIDER, "")
    (told,) = done.err.splitlines()
    assert told.startswith("s2v: a package that s2v needs cannot be loaded: libjpeg.so.62: no such file")


def test_words_of_others_cannot_steer_the_terminal(tmp_path: Path) -> None:
    out, err = io.StringIO(), io.StringIO()
    shown = Screen.of(out, err, None, {})
    for write in (shown.tell, shown.warn, shown.say):
        write("\x1b[2Jgone https://host/file?sig=secret")

    assert err.getvalue() == 2 * "\\x1b[2Jgone https://host/file\n"
    assert out.getvalue() == "\\x1b[2Jgone https://host/file\n"
