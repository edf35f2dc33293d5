"""Terminals and connections that close under a run: what is being paid for is answered and written all the same."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from counter import Counter, Talk
from desk import Desk

AT_ITS_TERMINAL: Final = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)
LONG_ENOUGH_S: Final = 0.3  # for a process to leave, if it is about to


def at_a_terminal(shop: Desk, *args: object) -> tuple[subprocess.Popen[bytes], int]:
    """Start a command whose own terminal, for all three streams, is returned with it; closing that hangs up."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r+b", buffering=0) as end:
        process = subprocess.Popen(
            [sys.executable, "-c", AT_ITS_TERMINAL, *shop.command(*args)], cwd=shop.folder, env=shop.environ(),
            stdin=end, stdout=end, stderr=end, start_new_session=True,
        )  # fmt: skip
    return process, ours


def all_done(shop: Desk, counter: Counter, manifest: Path, prompts: list[str]) -> None:
    """Run to the end, and see that each item was bought once and came home."""
    done = shop.s2v("run", manifest)

    assert done.code == 0, done.err
    assert (sorted(counter.submits()), counter.charges()) == (prompts, len(prompts))
    assert len(shop.videos()) == len(prompts)


def bugs(environ: Mapping[str, str]) -> list[Path]:
    return list(Path(environ["HOME"]).rglob("bug-*.log"))


def test_a_terminal_that_is_closed_loses_no_answer_that_is_paid_for(shop: Desk, counter: Counter) -> None:
    prompts, is_closed = ["one", "three", "two"], threading.Event()

    def wait(talk: Talk) -> None:
        is_closed.wait(timeout=60)
        talk.be_honest()

    for prompt in prompts:
        counter.trap("submit", prompt, wait)
    manifest = shop.manifest(prompts)
    process, terminal = at_a_terminal(shop, "run", manifest, "--yes")
    counter.await_request("submit", len(prompts))
    os.close(terminal)
    is_closed.set()
    process.wait(timeout=20)

    assert process.returncode == 129
    assert {row["state"] for row in shop.results().values()} == {"open"}
    assert not bugs(shop.environ())
    all_done(shop, counter, manifest, prompts)


def test_a_terminal_that_closes_says_so_twice_and_is_heeded_once(shop: Desk, counter: Counter) -> None:
    process: subprocess.Popen[str]

    def hang_up_twice(talk: Talk) -> None:
        """Be the shell first, which is told by the kernel and tells its jobs, and the kernel when the shell ends."""
        process.send_signal(signal.SIGHUP)
        assert process.stderr is not None
        while "stopping: requests under way are finished first" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGHUP)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=LONG_ENOUGH_S)
        talk.be_honest()

    counter.trap("submit", "one", hang_up_twice)
    manifest = shop.manifest(["one"])
    process = shop.start("run", manifest)
    process.wait(timeout=20)
    process.communicate()

    assert process.returncode == 129
    all_done(shop, counter, manifest, ["one"])


def test_a_run_that_was_started_by_nohup_goes_on(shop: Desk, counter: Counter) -> None:
    process: subprocess.Popen[bytes]

    def hang_up(talk: Talk) -> None:
        process.send_signal(signal.SIGHUP)
        talk.be_honest()

    for moment in ("submit", "poll", "file"):
        counter.trap(moment, "one", hang_up)
    manifest = shop.manifest(["one"])
    process = subprocess.Popen(
        ["nohup", *shop.command("run", manifest)], cwd=shop.folder, env=shop.environ(), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    process.wait(timeout=20)

    assert process.returncode == 0
    assert (counter.submits(), shop.videos()) == (["one"], ["a.mp4"])
