"""What was asked for on stdout and could not be written: told, with an exit code; a run is never stopped by it."""

from __future__ import annotations

import json

import pytest
from desk import Desk

FULL = "s2v: stdout cannot be written: no space left on device; what was asked for is not whole"

ASKED = {
    "report": ["report", "m.yaml", "--print", "results.csv"],
    "plan": ["plan", "m.yaml"],
    "plan in JSON": ["plan", "m.yaml", "--json"],
    "log": ["log", "m.yaml"],
    "status": ["status", "m.yaml", "--json"],
    "schema": ["schema"],
    "explain": ["explain", "m.yaml", "a"],
    "verify": ["verify", "m.yaml"],
    "providers": ["providers"],
    "run": ["run", "m.yaml", "--json"],
    "retry": ["retry", "m.yaml", "--json"],
    "help": ["--help"],
    "help of a command": ["plan", "--help"],
    "version": ["--version"],
}


@pytest.mark.parametrize("words", ASKED.values(), ids=ASKED)
def test_a_document_that_cannot_be_written_is_told(desk: Desk, words: list[str]) -> None:
    desk.manifest(["one"])
    assert desk.s2v("run", "m.yaml").code == 0

    done = desk.in_shell("s2v > /dev/full", *words)

    assert done.code == 9, done.err
    assert FULL in done.err.splitlines()


@pytest.mark.parametrize("words", ASKED.values(), ids=ASKED)
def test_a_reader_who_has_seen_enough_is_no_error(desk: Desk, words: list[str]) -> None:
    desk.manifest(["one"])
    assert desk.s2v("run", "m.yaml").code == 0

    done, read = desk.in_shell("s2v > >(exec true)", *words), desk.s2v(*words)

    assert (done.code, done.err) == (0, read.err)
    assert "stdout" not in done.err


def test_a_run_that_cannot_show_itself_is_a_run_like_any_other(desk: Desk) -> None:
    done = desk.in_shell("s2v > /dev/full 2> /dev/full", "run", desk.manifest(["one", "two"]))

    assert done.code == 0
    assert desk.videos() == ["a.mp4", "b.mp4"]


def test_events_that_cannot_be_written_are_told_when_all_is_bought_and_home(desk: Desk) -> None:
    done = desk.in_shell("s2v > /dev/full", "run", desk.manifest(["one", "two"]), "--events")

    assert done.code == 9
    assert FULL in done.err.splitlines()
    assert desk.videos() == ["a.mp4", "b.mp4"]


def test_what_went_wrong_otherwise_keeps_its_exit_code(desk: Desk) -> None:
    done = desk.in_shell("s2v > /dev/full", "explain", desk.manifest(["one"]), "a")

    assert done.code == 3
    assert FULL not in done.err


@pytest.mark.parametrize("command", ["run", "retry", "fetch"])
def test_a_document_and_a_stream_do_not_share_stdout(desk: Desk, command: str) -> None:
    done = desk.s2v(command, desk.manifest(["one"]), "--json", "--events")

    assert (done.code, done.out) == (2, "")
    assert "--events: not allowed with argument --json" in done.err
    assert desk.submits == []


def test_a_document_alone_is_whole(desk: Desk) -> None:
    assert json.loads(desk.s2v("run", desk.manifest(["one"]), "--json").out)["summary"]["bought"] == 1
