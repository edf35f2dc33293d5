"""A run that is stopped, by Ctrl-Z or with its container, for longer than it waits for an answer."""

from __future__ import annotations

import threading
from importlib.util import find_spec
from typing import Final

import pytest
from counter import Counter, Talk
from desk import Desk
from naps import asleep

QUICK: Final = {"minimax": {"poll": "20ms", "rate": "1000/1s", "request_timeout": "2s"}}
SUBMITS: Final = 6  # of the eight connections that httpx's way has for all; polls need one, too
WAYS: Final = ("httpx", *(["aiohttp"] if find_spec("aiohttp") else []))


@pytest.mark.parametrize("is_polling", [False, True], ids=["waiting", "busy with polls"])
@pytest.mark.parametrize("way", WAYS)
def test_answers_that_came_while_a_run_was_stopped_are_read_however_long_that_was(
    shop: Desk, counter: Counter, way: str, *, is_polling: bool
) -> None:
    prompts = [f"take {number}" for number in range(SUBMITS)]
    is_stopped, answers = threading.Event(), threading.Semaphore(0)

    def answer_the_stopped(talk: Talk) -> None:
        is_stopped.wait(timeout=60)
        talk.be_honest()
        answers.release()

    for prompt in prompts:
        counter.trap("submit", prompt, answer_the_stopped)
    early = ["early"] if is_polling else []
    counter.unfinished.update(early)
    manifest = shop.manifest([*early, *prompts], providers=QUICK, limits={"in_flight": len(prompts) + 1})
    process = shop.start("run", manifest, S2V_TRANSPORT=way)
    counter.await_request("submit", len(early) + len(prompts))
    if is_polling:
        counter.await_request("poll", 2)
    with asleep(process):
        counter.unfinished.clear()
        is_stopped.set()
        for _ in prompts:
            assert answers.acquire(timeout=20)
        give_up_awake(shop, counter, way)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 0, out + err
    assert sorted(counter.submits()) == sorted([*early, *prompts, "awake"])


def give_up_awake(shop: Desk, counter: Counter, way: str) -> None:
    """Return once a run that began later, and has the same patience, has waited for its answer in vain."""
    counter.trap("submit", "awake", hear_the_end)
    manifest = shop.manifest(["awake"], "awake.yaml", providers=QUICK, output={"dir": "awake"})

    done = shop.s2v("run", manifest, S2V_TRANSPORT=way)

    assert done.code == 6, done.out + done.err


def hear_the_end(talk: Talk) -> None:
    assert talk.rfile.read(1) == b""
    talk.close_connection = True
