"""A run keeps to limits that nobody told it of, after few refusals, and through restarts."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from studio import Script, Studio, says
from worlds import World

from runner.core.sums.ending import Conclusion, Ending
from runner.dialects.seam import PollPace
from runner.model import Rate

FIVE_A_MINUTE = Rate(count=5, window_s=60.0)
OFTEN = PollPace(first_s=1.0, every_s=1.0)
WELL = Conclusion(ending=Ending.FINISHED)


def _market(count: int, *, rate: Rate | None = None, slots: int | None = None, job_s: float = 120.0) -> Studio:
    scripts = {f"{number:03}": Script(life_s=job_s) for number in range(count)}
    return Studio(scripts=scripts, enforces=rate, slots=slots)


@pytest.mark.parametrize(
    ("market", "refusals", "within_s", "told"),
    [
        pytest.param(_market(40, rate=FIVE_A_MINUTE), 4, 610.0, "5 a minute (learned)", id="a rate"),
        pytest.param(_market(40, slots=3), 9, 1760.0, "3 in flight (learned)", id="slots"),
        pytest.param(_market(40, rate=FIVE_A_MINUTE, slots=6), 7, 870.0, "6 in flight (learned)", id="both"),
    ],
)
def test_a_limit_that_nobody_knows_is_learned_and_told(
    tmp_path: Path, market: Studio, refusals: int, within_s: float, told: str
) -> None:
    world = World(folder=tmp_path, ids=sorted(market.scripts), studio=market, poll=OFTEN)

    assert world.run() == WELL

    assert set(world.phases().values()) == {"done"}
    assert len(market.refused) <= refusals
    assert world.now_s <= within_s
    assert told in world.diary.said_[-1]


def test_a_restart_learns_anew_without_a_storm_of_refusals(tmp_path: Path) -> None:
    studio = _market(40, rate=FIVE_A_MINUTE)
    world = World(folder=tmp_path, ids=sorted(studio.scripts), studio=studio, poll=OFTEN)

    for _ in range(4):
        world.run(stop_after_s=70.0)
    assert world.run() == WELL

    assert len(studio.refused) <= 3 + 4 * 2
    assert world.now_s <= 700.0
    assert set(world.phases().values()) == {"done"}


@pytest.mark.parametrize(("before", "after"), [(2, 6), (6, 2)], ids=["rises", "falls"])
def test_slots_that_change_between_runs_are_found_again(tmp_path: Path, before: int, after: int) -> None:
    studio = _market(40, slots=before, job_s=100.0)
    world = World(folder=tmp_path, ids=sorted(studio.scripts), studio=studio, poll=OFTEN)
    world.run(stop_after_s=350.0)
    studio.slots, refused = after, len(studio.refused)

    assert world.run() == WELL

    assert len(studio.refused) - refused <= 10
    assert world.diary.said_[-1] == f"studio seems to allow no more than {after} in flight (learned)"


def test_what_the_provider_asks_for_after_a_refusal_is_waited_for(tmp_path: Path) -> None:
    studio = _market(12, rate=Rate(count=2, window_s=60.0), job_s=10.0)
    studio.too_much = says(0, status=429, retry_after_s=40.0)
    world = World(folder=tmp_path, ids=sorted(studio.scripts), studio=studio, poll=OFTEN)

    assert world.run() == WELL

    later = [at for at in studio.refused if at > studio.refused[0]]
    assert all(b.at - a.at >= 40.0 for a, b in pairwise(studio.submits) if a.job_id is None and b.at > a.at)
    assert len(later) <= 3


def test_a_pause_of_hours_says_nothing_of_minutes_and_slots(tmp_path: Path) -> None:
    scripts = {"d": Script(submits=[says(2056, retry_after_s=1800.0)])}
    world = World(folder=tmp_path, ids=list("abcdefgh"), studio=Studio(scripts=scripts), rates=(FIVE_A_MINUTE,))

    assert world.run() == WELL

    assert not any("learned" in text for text in world.diary.said_)
