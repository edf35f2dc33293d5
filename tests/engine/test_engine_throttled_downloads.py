"""A download host that has too much to do is left alone by all downloads, and then comes to its full pace again."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest
from studio import Script, Studio, says
from worlds import FETCH_S, World

from runner.core.sums.ending import Conclusion, Ending
from runner.events import GaveUpWaiting, Saved
from runner.inspection import Unfetched
from runner.model import Limits

TOO_MANY = Unfetched(reason="HTTP 429: too many downloads", throttled=True, retry_after_s=100.0)


def _world(folder: Path, first: Script, *, deadline_s: float = 3600.0) -> World:
    ids = [f"{number:02}" for number in range(12)]
    limits = Limits(downloads=4, item_deadline_s=deadline_s)
    return World(folder=folder, ids=ids, studio=Studio(scripts={"00": first}), limits=limits)


def test_all_wait_for_as_long_as_one_was_told_and_then_come_one_more_at_a_time(tmp_path: Path) -> None:
    world = _world(tmp_path, Script(files=[TOO_MANY]))

    assert world.run() == Conclusion(ending=Ending.FINISHED)

    told = next(at for at, job in world.studio.downloads if job == "job-1")
    before = [at for at, _ in world.studio.downloads if at <= told]
    after = [at for at, _ in world.studio.downloads if at > told]
    assert len(before) == 4  # began together; the rest had not begun
    assert min(after) >= told + 100.0
    at_once = [len(list(group)) for _, group in groupby(sorted(round(at, 1) for at in after))]
    assert at_once[0] == 1
    assert max(at_once) > 1
    assert after[1] >= min(after) + FETCH_S
    assert set(world.phases().values()) == {"done"}


@pytest.mark.parametrize(
    ("script", "told"),
    [
        pytest.param(
            Script(files=[replace(TOO_MANY, retry_after_s=31_536_000.0)]),
            ["downloads from studio wait 360 min: HTTP 429: too many downloads"],
            id="downloads",
        ),
        pytest.param(
            Script(polls=[says(1041, retry_after_s=31_536_000.0)]),
            ["polls and look-ups at studio wait 360 min: 1041: no"],
            id="polls",
        ),
        pytest.param(
            Script(links=[says(2056, retry_after_s=60.0)], files=[replace(TOO_MANY, retry_after_s=60.0)]),
            [],
            id="short",
        ),
    ],
)
def test_a_long_wait_is_told_once_with_its_reason(tmp_path: Path, script: Script, told: list[str]) -> None:
    world = _world(tmp_path, Script())
    world.studio.scripts = dict.fromkeys(world.ids[:4], script)

    assert world.run() == Conclusion(ending=Ending.FINISHED)

    assert [said for said in world.diary.said_ if " wait " in said] == told


def test_a_host_that_throttles_for_ever_holds_up_no_run_for_ever(tmp_path: Path) -> None:
    world = _world(tmp_path, Script(), deadline_s=600.0)
    world.studio.scripts = dict.fromkeys(world.ids, Script(files=[TOO_MANY] * 1000))

    assert world.run() == Conclusion(ending=Ending.FINISHED)

    assert set(world.phases().values()) == {"ready"}
    assert len(world.diary.times(GaveUpWaiting)) == 12
    assert world.now_s < 1000.0
    world.studio.scripts = {}
    assert world.run() == Conclusion(ending=Ending.FINISHED)
    assert len(world.diary.times(Saved)) == 12
