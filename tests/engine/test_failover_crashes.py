"""The program dies while purchases move from a broken provider to the next, and is started again."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from studio import Answer, Outage, Script, Studio, says, shows, unsent
from worlds import PRICE, Fuse, World

from runner.core.life.state import Phase
from runner.model import Backoff, Limits, Money, Rate, RetryPolicy

IDS: Final = list("abcd")
RATE: Final = Rate(count=2, window_s=20.0)
CAP: Final = Money(micros=len(IDS) * PRICE.micros, currency="USD")

BREAKS = [
    pytest.param(says(1004), id="key refused"),
    pytest.param(says(2056), id="plan's window used up"),
    pytest.param(unsent(), id="unreachable"),
    pytest.param(shows("down", status=503, makes_job=True), id="HTTP 503, and the job was made"),
]


def _world(folder: Path, answer: Answer) -> World:
    """Return a world whose first provider breaks after two jobs, and after two rounds of silence."""
    folder.mkdir(exist_ok=True)
    scripts = {id_: Script(life_s=15.0) for id_ in IDS}
    return World(
        folder=folder, ids=IDS, route=("studio", "other"), rates=(RATE,), limits=Limits(budget=CAP),
        retry=RetryPolicy(attempts=2, backoff=Backoff(first_s=1.0, most_s=2.0)),
        studio=Studio(scripts=scripts, outages=[Outage(answer=answer, since_s=10.0)]), other=Studio(scripts=scripts),
    )  # fmt: skip


def _check_books(world: World) -> None:
    """Hold both providers' books together against the promise."""
    phases = world.phases()
    in_doubt = {id_ for id_, phase in phases.items() if phase == Phase.IN_DOUBT}
    bought = [job.prompt for studio in (world.studio, world.other) for job in studio.jobs.values()]
    assert set(phases.values()) <= {Phase.DONE, Phase.IN_DOUBT}
    assert len(bought) == len(set(bought))
    assert set(bought) >= set(IDS) - in_doubt
    assert all(studio.most_submits_in(RATE.window_s) <= RATE.count for studio in (world.studio, world.other))
    assert world.committed() == {"USD": CAP.micros}
    assert set(world.disk.videos) == {f"{id_}.mp4" for id_ in set(IDS) - in_doubt}


@pytest.mark.parametrize("answer", BREAKS)
def test_a_death_at_any_point_of_a_failover_buys_nothing_twice_at_either(tmp_path: Path, answer: Answer) -> None:
    fuse = Fuse()
    assert _world(tmp_path / "whole", answer).survives(fuse)
    for number, point in enumerate(fuse.passed):
        world = _world(tmp_path / str(number), answer)
        assert not world.survives(Fuse(at=number))
        world.run()
        world.run()
        try:
            _check_books(world)
        except AssertionError as error:
            error.add_note(f"died at point {number}: {point}")
            raise


def test_a_request_under_way_at_a_death_stays_with_its_provider(tmp_path: Path) -> None:
    world = _world(tmp_path, says(1004))
    assert not world.survives(Fuse(words="a request has arrived"))
    world.route = ("other",)
    world.run()
    in_doubt = {id_ for id_, state in world.states().items() if state.phase is Phase.IN_DOUBT}
    assert in_doubt == {"a", "b"}
    assert not any(world.other.submits_of(id_) for id_ in in_doubt)


def test_a_provider_that_asked_for_a_long_pause_is_left_alone_by_the_next_run_too(tmp_path: Path) -> None:
    world = _world(tmp_path, says(2056))
    world.ids, world.limits = list("abcdefgh"), Limits()
    world.run(stop_after_s=25.0)
    asked = len(world.studio.submits)
    world.run()
    assert set(world.phases().values()) == {"done"}
    assert len(world.studio.submits) == asked
    assert world.diary.said_ == ["studio: 2056: no; new purchases go to other"] * 2  # each run tells its user
