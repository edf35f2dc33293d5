"""Two real runs with two folders and one key: together they keep the provider's limits, whatever becomes of one."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from counter import Counter, Talk
from desk import Desk

WINDOW_S = 0.4
MOST = 2


@dataclass
class Turnstile:
    """Refuses, as the provider does, what comes too soon after what it took."""

    taken: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def judge(self, talk: Talk) -> None:
        with self.lock:
            now = time.monotonic()
            is_free = len([at for at in self.taken if at > now - WINDOW_S]) < MOST
            if is_free:
                self.taken.append(now)
        if is_free:
            talk.be_honest()
        else:
            self.refused.append(talk.prompt)
            talk.answer_json({}, 1002, "rate limit")


def manifest(shop: Desk, name: str, prompts: list[str], **limits: object) -> Path:
    """Write a manifest with a run folder of its own; the limits are the provider's."""
    settings = {"minimax": {"poll": "20ms", "rate": "1000/1s", **limits}}
    return shop.manifest(prompts, f"{name}.yaml", output={"dir": f"runs/{name}"}, providers=settings)


def test_two_runs_side_by_side_send_no_more_than_one_may(shop: Desk, counter: Counter) -> None:
    turnstile, rate = Turnstile(), f"{MOST}/{WINDOW_S * 1000:g}ms"
    counter.trap("submit", "", *[turnstile.judge] * 99)
    manifests = [manifest(shop, name, [f"{name} {n}" for n in range(4)], rate=rate) for name in ("one", "other")]

    runs = [shop.start("run", each) for each in manifests]
    told = [run.communicate(timeout=60)[1] for run in runs]

    assert [run.returncode for run in runs] == [0, 0], told
    assert turnstile.refused == []
    assert len(turnstile.taken) == 8


@pytest.mark.parametrize("command", ["run", "fetch"])
def test_a_job_of_a_killed_run_keeps_others_waiting_until_that_run_has_brought_it_home(
    shop: Desk, counter: Counter, command: str
) -> None:
    one, other = (manifest(shop, name, [name], in_flight=1) for name in ("one", "other"))
    counter.unfinished.add("one")
    killed = shop.start("run", one)
    counter.await_request("poll")
    killed.kill()
    killed.communicate()

    with shop.start("run", other) as waiting:
        said = read_until(waiting, "take turns")
        waiting.send_signal(signal.SIGINT)
        waiting.communicate(timeout=60)

    assert "minimax take turns: limit of 1 in flight, shared with runs/one (not running) on this machine" in said
    assert counter.submits() == ["one"]
    counter.unfinished.clear()
    assert shop.s2v(command, one).code == 0
    assert shop.s2v("run", impatient(other)).code == 0
    assert counter.submits() == ["one", "other"]


def impatient(path: Path) -> Path:
    """Let the run of a manifest end where it has to wait for others."""
    path.write_text(f"{path.read_text()}limits: {{no_progress: 4s}}\n")
    return path


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """Return the line of stderr that holds these words."""
    assert process.stderr is not None
    return next(line for line in process.stderr if words in line)


@pytest.mark.parametrize("command", ["run", "fetch"])
def test_a_state_folder_that_cannot_be_used_stops_what_buys_and_nothing_else(
    shop: Desk, counter: Counter, command: str
) -> None:
    counter.unfinished.add("one")
    path = shop.manifest(["one", "two"], limits={"item_deadline": "50ms", "in_flight": 1})
    assert shop.s2v("run", path).code == 10
    counter.unfinished.clear()
    shop.manifest(["one", "two"], limits={"in_flight": 1})
    (shop.folder / "file").write_text("in the way")

    done = shop.s2v(command, path, S2V_STATE_DIR=str(shop.folder / "file"))

    if command == "run":
        assert done.code == 9
        assert "set S2V_STATE_DIR to a folder of yours on a local disk" in done.err
    else:
        assert shop.videos() == ["a.mp4"]
    assert counter.submits() == ["one"]
