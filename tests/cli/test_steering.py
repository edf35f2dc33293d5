"""A run that is steered from another terminal: both are real processes, and so is the provider."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, Done

from runner.cli.standing import told_by_run
from runner.core.limits.steering import MOST, Declined
from runner.edge.control.place import places, prepare
from runner.manifest.schemas import schema

FOR_GOOD = "(to leave it out for good, take it out of the manifest)"
HOME = "what is paid for comes home"
LATE = "too late for a, which is paid for or may be"


@pytest.fixture
def runtime() -> Iterator[dict[str, str]]:
    """Give the environment of a session that has a folder for sockets."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        yield {"XDG_RUNTIME_DIR": name}


def lines_until(process: subprocess.Popen[str], event: str, times: int = 1) -> list[dict[str, Any]]:
    """Read the event stream until it told of `event` so many times, and return it."""
    assert process.stdout is not None
    told: list[dict[str, Any]] = []
    for line in process.stdout:
        told.append(json.loads(line))
        if [each["event"] for each in told].count(event) == times:
            break
    return told


@contextmanager
def running(desk: Desk, manifest: Path, runtime: dict[str, str], *args: str) -> Iterator[subprocess.Popen[str]]:
    """Give a run that has bought its first item."""
    with desk.start("run", manifest, "--events", *args, **runtime) as process:
        lines_until(process, "accepted")
        yield process
        process.kill()


def stopped(process: subprocess.Popen[str]) -> Done:
    """Stop a run as Ctrl-C does, and return the rest of what it told."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    return Done(process.returncode, out, err)


def test_a_run_is_paused_changed_and_continued_from_another_terminal(desk: Desk, runtime: dict[str, str]) -> None:
    manifest = desk.manifest(["one [slow]", "two", "three", "four"], limits={"in_flight": 1})
    with running(desk, manifest, runtime) as process:
        said = [
            desk.s2v(*words, **runtime)
            for words in (
                ("pause", "runs/try"),
                ("set", "runs/try", "in_flight=2", "rate=500/1s", "downloads=2"),
                ("cancel", manifest, "c", "a"),
                ("continue", "runs/try"),
            )
        ]
        told = lines_until(process, "checked", 2)
        end = stopped(process)

    assert [(each.code, each.err) for each in said] == [(0, "")] * 4
    limits = (
        "in_flight is 2 (was 1), rate is 500/1s (was not set), downloads is 2 (was 8), from now on and for this run "
        "only; the provider's own limits hold on top"
    )
    held = "nothing more is bought; 1 video under way still comes home"
    assert [each.out.removeprefix("runs/try: ").rstrip("\n") for each in said] == [
        f"{held}; s2v continue runs/try goes on",
        limits,
        f"1 video left out of this run: c {FOR_GOOD}; a is bought already, or being bought; {HOME}",
        "buying goes on",
    ]
    steered = {each["event"]: each["facts"] for each in told if each["id"] is None}
    assert list(steered) == ["paused", "adjusted", "leftout", "resumed"]
    assert steered["adjusted"]["limits"]["in_flight"] == {"now": "2", "before": "1"}
    mark = "told from outside: "
    assert [line.removeprefix(mark) for line in end.err.splitlines() if line.startswith(mark)] == [
        held,
        limits,
        f"what is not yet bought of c, a is left out of this run; {LATE}",
        "buying goes on",
    ]
    assert desk.submits == ["one [slow]", "two", "four"]
    assert end.code == 130
    assert list(Path(runtime["XDG_RUNTIME_DIR"]).iterdir()) == []


def test_every_command_answers_with_one_document_for_programs(desk: Desk, runtime: dict[str, str]) -> None:
    manifest = desk.manifest(["one [slow]", "two"], limits={"in_flight": 1})
    with running(desk, manifest, runtime, "--quiet") as process:
        said = [
            desk.s2v(*words, "--json", **runtime).document
            for words in (
                ("cancel", manifest, "*"), ("pause", manifest), ("continue", manifest), ("set", manifest, "rate=1/1h"),
            )
        ]  # fmt: skip
        stopped(process)

    common = {"folder": "runs/try"}
    assert said == [
        common | {"event": "leftout", "names": ["*"], "under_way": ["a"], "left_out": ["b"], "left_out_before": [],
                  "bought": ["a"], "in_doubt": [], "at_rest": []},
        common | {"event": "paused", "under_way": 1, "changed": True},
        common | {"event": "resumed", "changed": True},
        common | {"event": "adjusted", "limits": {"rate": {"now": "1/1h", "before": None}}, "tighter": []},
    ]  # fmt: skip


@pytest.mark.parametrize("words", [("pause",), ("cancel", "a")])
def test_where_no_run_is_at_work_it_is_said_what_to_do(
    desk: Desk, runtime: dict[str, str], words: tuple[str, ...]
) -> None:
    command, *rest = words
    before = desk.s2v(command, desk.manifest(["one"]), *rest, **runtime)
    desk.s2v("run", "m.yaml", "--quiet", **runtime)

    after = desk.s2v(command, "m.yaml", *rest, **runtime)

    assert (before.code, "nothing was run yet in runs/try" in before.err) == (3, True)
    assert after.code == 9
    assert after.err.startswith("s2v: no run is at work in runs/try, or it has only just begun; nothing was changed.")
    assert "s2v run m.yaml begins one" in after.err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        pytest.param(("set", "m.yaml", "inflight=4"), "did you mean in_flight?", id="a slip"),
        pytest.param(("set", "m.yaml", "speed=4"), "known are in_flight=4, rate=2/1m, downloads=8", id="unknown"),
        pytest.param(("set", "m.yaml", "rate"), "expected LIMIT=VALUE", id="no value"),
        pytest.param(("set", "m.yaml", "rate=fast"), "rate: found 'fast', expected a rate such as 5/1m", id="no rate"),
        pytest.param(("set", "m.yaml", "in_flight=0"), "in_flight: found '0', expected a whole number", id="zero"),
        pytest.param(
            ("set", "m.yaml", "downloads=65"),
            "downloads: expected a number from 1 to 64, found 65",
            id="more than there may be",
        ),
        pytest.param(
            ("set", "m.yaml", "in_flight=100001"),
            "in_flight: expected a number from 1 to 100000, found",
            id="too many",
        ),
        pytest.param(
            ("set", "m.yaml", "rate=5000000/1m"), "rate: expected a number from 1 to 999999, found", id="too fast"
        ),
        pytest.param(("set", "m.yaml", "rate=1/999999999h"), "rate: expected a time", id="for ages"),
        pytest.param(("set", "m.yaml", "budget=50"), "money needs the manifest, or --max-cost", id="money"),
        pytest.param(("set", "m.yaml"), "LIMIT=VALUE", id="nothing"),
        pytest.param(("set", "m.yaml", "rate=1/1m", "rate=2/1m"), "rate is set twice", id="twice"),
        pytest.param(("cancel", "m.yaml", "astronaut-wnk"), "did you mean astronaut-wink?", id="an unknown item"),
    ],
)
def test_wrong_words_are_explained(desk: Desk, words: tuple[str, ...], why: str) -> None:
    if words[0] == "cancel" or len(words) > 3:
        items = [{"id": "astronaut-wink", "portrait": "anna.png", "prompt": f"one{desk.mark}"}]
        desk.s2v("run", desk.manifest(items), "--quiet")

    done = desk.s2v(*words)

    assert done.code == 2
    assert why in done.err


def test_a_run_that_cannot_be_steered_says_so_once_and_goes_on(desk: Desk, runtime: dict[str, str]) -> None:
    (temporary := Path(runtime["XDG_RUNTIME_DIR"])).joinpath(f"s2v-{os.geteuid()}").touch()

    with desk.start("run", desk.manifest(["one"]), TMPDIR=str(temporary)) as process:
        _, err = process.communicate(timeout=60)

    assert process.returncode == 0
    assert err.count("this run cannot be steered while it goes on: ") == 1


def test_no_limit_can_be_set_higher_than_in_a_manifest() -> None:
    limits = schema("manifest")["properties"]["limits"]["properties"]

    assert {name: limits[name]["maximum"] for name in ("in_flight", "downloads")} | {"rate": 999_999} == MOST
    assert re.search(schema("manifest")["definitions"]["rate"]["pattern"], f"{MOST['rate']}/1m")
    assert not re.search(schema("manifest")["definitions"]["rate"]["pattern"], f"{MOST['rate'] + 1}/1m")


def test_what_was_cancelled_before_is_not_counted_again(desk: Desk, runtime: dict[str, str]) -> None:
    manifest = desk.manifest(["one [slow]", "two", "three", "four"], limits={"in_flight": 1})
    with running(desk, manifest, runtime, "--quiet") as process:
        said = [desk.s2v("cancel", manifest, *names, **runtime).out for names in (["b"], ["[bc]"], ["b", "c"])]
        document = desk.s2v("cancel", manifest, "*", "--json", **runtime).document
        stopped(process)

    assert [each.removeprefix("runs/try: ").rstrip("\n") for each in said] == [
        f"1 video left out of this run: b {FOR_GOOD}",
        f"1 video left out of this run: c {FOR_GOOD}; b is left out already",
        "0 videos left out of this run; b, c are left out already",
    ]
    assert (document["left_out"], document["left_out_before"], document["bought"]) == (["d"], ["b", "c"], ["a"])


def test_a_run_is_found_from_a_session_with_another_folder_for_what_is_temporary(
    desk: Desk, runtime: dict[str, str]
) -> None:
    manifest = desk.manifest(["one [slow]"])
    with desk.start("run", manifest, "--events") as process:  # as cron begins it: without any such folder
        lines_until(process, "accepted")
        said = desk.s2v("pause", manifest, TMPDIR=runtime["XDG_RUNTIME_DIR"], **runtime)
        stopped(process)

    assert (said.code, said.err) == (0, "")


def test_a_run_that_listens_elsewhere_is_at_work_all_the_same(desk: Desk, runtime: dict[str, str]) -> None:
    manifest = desk.manifest(["one [slow]"])
    with running(desk, manifest, runtime) as process:
        said = desk.s2v("pause", manifest)
        pid = process.pid
        stopped(process)

    assert said.code == 9
    assert said.err.startswith(f"s2v: process {pid} on ")
    assert "XDG_RUNTIME_DIR or TMPDIR than this command; nothing was changed" in said.err


def test_status_tells_how_a_run_at_work_buys(desk: Desk, runtime: dict[str, str]) -> None:
    manifest = desk.manifest(["one [slow]", "two", "three"], limits={"in_flight": 1})
    with running(desk, manifest, runtime, "--quiet") as process:
        waits = desk.s2v("status", manifest, **runtime)
        for words in (("set", manifest, "rate=500/1s"), ("cancel", manifest, "c"), ("pause", manifest)):
            assert desk.s2v(*words, **runtime).code == 0
        paused = desk.s2v("status", "runs/try", **runtime)
        with desk.start("status", manifest, "--watch", "--json", **runtime) as watching:
            assert watching.stdout is not None
            seen = json.loads(watching.stdout.readline())
            watching.kill()
        stopped(process)
    over = desk.s2v("status", manifest, **runtime)

    assert [line for line in waits.out.splitlines() if "buying" in line] == [
        "  buying  the next one waits: limit of 1 in flight"
    ]
    told = "paused; set while it runs: rate is 500/1s (was not set); left out: c; s2v continue runs/try goes on"
    assert f"\n  buying  {told}\n" in paused.out
    assert (seen["buying"]["paused"], seen["buying"]["left_out"]) == (True, ["c"])
    assert "buying" not in over.out


@contextmanager
def listening_at(folder: Path, runtime: dict[str, str]) -> Iterator[socket.socket]:
    """Give a socket where the run of a folder would listen."""
    path = next(places(folder, runtime))
    prepare(path)
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(path))
        end.listen()
        yield end


def test_a_run_that_gives_no_answer_is_said_to_be_stopped_perhaps(tmp_path: Path, runtime: dict[str, str]) -> None:
    with listening_at(tmp_path, runtime):  # as a process that was stopped by Ctrl-Z does
        told = told_by_run(tmp_path, "run-1", runtime, within_s=0.01)

    assert told == Declined(why="not known: the run gave no answer within 0.01 s, and may be stopped (Ctrl-Z)")


def test_an_answer_that_cannot_be_read_is_not_taken_for_none(tmp_path: Path, runtime: dict[str, str]) -> None:
    def answer(end: socket.socket) -> None:
        talk, _ = end.accept()
        with talk:
            talk.recv(1 << 16)
            talk.sendall(b'{"version": 2}\n')

    with listening_at(tmp_path, runtime) as end, ThreadPoolExecutor(1) as other:
        other.submit(answer, end)
        told = told_by_run(tmp_path, "run-1", runtime)

    assert told == Declined(why="not known: no usable answer (expected version 1: both ends must be the same s2v)")


@pytest.mark.parametrize("heard", [0, 1 << 16], ids=["unheard", "heard"])
def test_a_run_that_hangs_up_is_said_to_have_ended_or_to_be_asked_by_too_many(
    tmp_path: Path, runtime: dict[str, str], heard: int
) -> None:
    def hang_up(end: socket.socket) -> None:
        talk, _ = end.accept()
        with talk:
            talk.recv(heard)

    with listening_at(tmp_path, runtime) as end, ThreadPoolExecutor(1) as other:
        other.submit(hang_up, end)
        told = told_by_run(tmp_path, "run-1", runtime)

    why = "no usable answer (it hung up: it has ended, or too many ask it at one time)"
    assert told == Declined(why=f"not known: {why}")
