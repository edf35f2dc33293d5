"""Signals and kills of the real process: what was paid for comes home, and nothing is bought twice."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import av
import pytest
from desk import Desk


def first_lines(process: subprocess.Popen[str], word: str) -> None:
    """Read the event stream until a line tells of `word`."""
    assert process.stdout is not None
    for line in process.stdout:
        if f'"event": "{word}"' in line:
            return


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=["int", "term", "hup"],
)
def test_a_signal_stops_cleanly_and_the_next_run_goes_on(desk: Desk, number: signal.Signals, code: int) -> None:
    manifest = desk.manifest(["one", "slow [slow]"], limits={"item_deadline": "1m"})
    process = desk.start("run", manifest, "--events")
    first_lines(process, "checked")
    process.send_signal(number)
    _, err = process.communicate(timeout=20)

    assert process.returncode == code, err
    assert "once more to leave at once" in err
    assert "next: s2v run m.yaml" in err
    assert sorted(desk.submits) == ["one", "slow [slow]"]
    assert {id_: row["state"] for id_, row in desk.results().items()} == {"a": "done", "b": "open"}


def test_a_second_signal_leaves_at_once(desk: Desk) -> None:
    process = desk.start("run", desk.manifest(["slow [slow]"]), "--events", "--quiet")
    first_lines(process, "accepted")
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)

    assert process.returncode == 130


def test_a_reader_that_goes_away_does_not_end_the_run(desk: Desk) -> None:
    process = desk.start("run", desk.manifest(["one", "two"]), "--events")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    process.wait(timeout=60)
    process.stderr.close()

    assert process.returncode == 0
    assert desk.videos() == ["a.mp4", "b.mp4"]


def test_kills_at_random_moments_buy_nothing_twice(desk: Desk) -> None:
    manifest = desk.manifest([f"take {n}" for n in range(12)])
    rng = random.Random(20261121)
    for _ in range(8):
        process = desk.start("run", manifest, "--events", "--quiet")
        assert process.stdout is not None
        for _ in range(rng.randrange(1, 16)):
            process.stdout.readline()
        process.kill()
        process.communicate()

    done = desk.s2v("run", manifest)

    assert done.code in {0, 6}, done.err
    assert len(desk.submits) == len(set(desk.submits))
    states = [row["state"] for row in desk.results().values()]
    assert set(states) <= {"done", "in_doubt"}
    assert len(desk.videos()) == states.count("done")


def test_the_embedded_service_finishes_after_kills_and_renders_nothing_twice(desk: Desk) -> None:
    manifest = desk.manifest(["The camera pushes in.", "The camera pans left."], provider="local", providers={})
    for word in ("accepted", "finished"):
        process = desk.start("run", manifest, "--events", "--quiet")
        first_lines(process, word)
        process.kill()
        process.communicate()
        for video in (desk.folder / "runs/try/videos").glob("*.mp4"):
            assert frames(video) == 150

    done = desk.s2v("run", manifest)

    assert done.code == 0, done.err
    assert [frames(desk.folder / "runs/try/videos" / name) for name in desk.videos()] == [150, 150]
    with closing(sqlite3.connect(desk.folder / "runs/try/.local/service.db")) as sql:
        assert sql.execute("SELECT count(*), count(DISTINCT idempotency_key) FROM task").fetchone() == (2, 2)


def frames(path: Path) -> int:
    with av.open(str(path)) as clip:
        return sum(1 for _ in clip.decode(video=0))


@pytest.mark.parametrize("module", ["runner.errors", "runner.cli.args", "runner.cli.parser"])
def test_ctrl_c_while_the_program_is_still_loading_is_no_traceback(desk: Desk, module: str) -> None:
    manifest = desk.manifest(["one"])
    command = [sys.executable, "-X", "importtime", "-m", "runner", "plan", str(manifest)]
    with subprocess.Popen(command, cwd=desk.folder, env=desk.environ(), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.endswith(f" {module}\n"):
                break
        process.send_signal(signal.SIGINT)
        told = [line for line in process.stderr if not line.startswith("import time:")]

    assert process.returncode == 130
    assert told == ["s2v: interrupted; nothing was lost\n"]


LEAVING = """
import sys, threading
from runner.__main__ import main

threading.Thread(target=sys.stdin.read).start()
code = main()
print("told", flush=True)
sys.exit(code)
"""


def test_ctrl_c_while_python_waits_for_a_thread_to_leave_is_no_traceback(desk: Desk) -> None:
    command = [sys.executable, "-c", LEAVING, "plan", str(desk.manifest(["one"]))]
    with subprocess.Popen(
        command, cwd=desk.folder, env=desk.environ(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert "told\n" in process.stdout
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)

    assert (process.returncode, err) == (-signal.SIGINT, "")
