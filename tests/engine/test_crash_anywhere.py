"""The program dies at every point where it may die, one after the other, and is started again.

A point lies before and after every write to the journal, before a request leaves, after it has arrived and after its
answer has come, and around every file. After each death a new life goes on over the same journal, the same disk and the
same provider, and the provider's own books are held against what is promised.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from studio import TAKEN, Answer, Script, Studio, dies, says, video_of
from worlds import PRICE, Fuse, World, item

from runner.core.life.state import Phase
from runner.edge.journal.journal import Journal
from runner.events import Refused
from runner.inspection import Unfetched
from runner.model import Limits, Money, Rate

RATE: Final = Rate(count=2, window_s=20.0)
SLOTS: Final = 3
JOB_S: Final = 25.0
SCRIPTS: Final = {
    "refused at first": Script(submits=[says(1039), TAKEN], life_s=JOB_S),
    "refused for good": Script(submits=[says(1026)] * 99),
    "answer lost": Script(submits=[dies(makes_job=True, after_s=5.0)], life_s=JOB_S),
    "job failed": Script(status="Fail", code=1027, life_s=JOB_S),
    "file lost": Script(files=[Unfetched(reason="cut"), b"<html>"], life_s=JOB_S),
    "polls lost": Script(polls=[says(1000), Answer(), dies(after_s=2.0)], life_s=JOB_S),
}
FAILED: Final = {"refused for good", "job failed"}


def _world(folder: Path, *, keeps_keys: bool) -> World:
    folder.mkdir(exist_ok=True)
    return World(
        folder=folder, ids=list(SCRIPTS), studio=Studio(scripts=SCRIPTS, keeps_keys=keeps_keys), rates=(RATE,),
        in_flight=SLOTS, unseen_job_s=120.0,
        limits=Limits(budget=Money(micros=len(SCRIPTS) * PRICE.micros, currency="USD")),
    )  # fmt: skip


def _requests(studio: Studio) -> int:
    return len(studio.submits) + len(studio.polls) + len(studio.links) + len(studio.downloads)


def _refusals(world: World) -> dict[str, int]:
    """Return how often each item's request provably bought nothing, as the journal knows."""
    with Journal.read(world.folder) as journal:
        told = {id_: journal.history(item(id_).key) for id_ in world.ids}
    return {id_: sum(isinstance(one.event, Refused) for one in history) for id_, history in told.items()}


def _check_books(world: World, doubtful: set[str]) -> None:
    """Hold the provider's books against the promise; `doubtful` are the items that a death left without an answer."""
    studio, phases = world.studio, world.phases()
    in_doubt = {id_ for id_, phase in phases.items() if phase == Phase.IN_DOUBT}
    assert in_doubt <= doubtful
    assert {id_ for id_, phase in phases.items() if phase == Phase.FAILED} == FAILED - in_doubt
    assert {id_ for id_, phase in phases.items() if phase == Phase.DONE} == set(SCRIPTS) - FAILED - in_doubt
    assert all(len(studio.jobs_of(id_)) <= 1 for id_ in SCRIPTS)
    assert studio.most_submits_in(RATE.window_s) <= RATE.count
    assert studio.most_in_flight() <= SLOTS
    charged = sum(PRICE.micros for job in studio.jobs.values() if job.prompt not in in_doubt)
    assert world.committed() == {"USD": charged + len(in_doubt) * PRICE.micros}
    assert world.disk.videos == {f"{id_}.mp4": video_of(id_) for id_ in phases if phases[id_] == Phase.DONE}
    assert world.disk.saved == {}


def _open(world: World) -> set[str]:
    """Return the items whose request has no answer in the journal."""
    with_key = world.studio.keeps_keys
    return set() if with_key else {id_ for id_, phase in world.phases().items() if phase == Phase.IN_DOUBT}


def _live_on(world: World) -> None:
    """Start again and live to the end; then once more, which must ask nobody for anything."""
    world.run()
    asked = _requests(world.studio)
    world.run()
    assert _requests(world.studio) == asked


def _points(folder: Path, *, keeps_keys: bool) -> list[str]:
    """Return every point that a whole life passes."""
    fuse = Fuse()
    assert _world(folder, keeps_keys=keeps_keys).survives(fuse)
    return fuse.passed


@pytest.mark.parametrize("keeps_keys", [False, True], ids=["without idempotency keys", "with idempotency keys"])
def test_a_death_at_any_point_buys_nothing_twice_and_loses_nothing(tmp_path: Path, keeps_keys: bool) -> None:  # noqa: FBT001
    points = _points(tmp_path / "whole", keeps_keys=keeps_keys)
    for number, point in enumerate(points):
        world = _world(tmp_path / str(number), keeps_keys=keeps_keys)
        assert not world.survives(Fuse(at=number))
        doubtful = _open(world) | ({"answer lost"} if not keeps_keys else set())
        _live_on(world)
        try:
            _check_books(world, doubtful)
            if not keeps_keys:
                refusals = _refusals(world)
                assert all(len(world.studio.submits_of(id_)) <= 1 + refusals[id_] for id_ in SCRIPTS)
        except AssertionError as error:
            error.add_note(f"died at point {number}: {point}")
            raise


@pytest.mark.parametrize("keeps_keys", [False, True], ids=["without idempotency keys", "with idempotency keys"])
@pytest.mark.parametrize("points", [17, 23, 29, 40])
def test_dying_again_and_again_still_comes_to_the_same_end(tmp_path: Path, points: int, keeps_keys: bool) -> None:  # noqa: FBT001
    world = _world(tmp_path, keeps_keys=keeps_keys)
    doubtful = set() if keeps_keys else {"answer lost"}
    while not world.survives(Fuse(at=points)):
        doubtful |= _open(world)
        assert world.now_s < 3600.0
    _live_on(world)
    _check_books(world, doubtful)
