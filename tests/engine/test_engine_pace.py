"""Learned polling in a run: fewer requests as it goes on, one pause for all when a provider finds them too many."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from called_worlds import called
from studio import WAY_S, Answer, Script, Studio, says
from worlds import PACE, World

from runner.core.limits.retry import RETRY_AFTER_MOST_S
from runner.core.sums.ending import Conclusion, Ending
from runner.events import Finished, Stalled
from runner.model import Limits

ASKED_S = 120.0  # the Retry-After of a throttled request
LIFE_S = 150.0
USUAL = 14  # polls for each job of LIFE_S at the traits' pace: 20 s after its receipt, then every 10 s


def batch(folder: Path, jobs: int, scripts: dict[str, Script] | None = None, **options: object) -> World:
    """Return a world of items whose jobs take the same, unless their scripts say otherwise."""
    ids = [f"item-{number:03}" for number in range(jobs)]
    studio = Studio(scripts={id_: Script(life_s=LIFE_S) for id_ in ids} | (scripts or {}))
    return World(folder=folder, ids=ids, studio=studio, **{"learns": True, **options})  # type: ignore[arg-type]


def polls_of(world: World, id_: str) -> list[float]:
    (job,) = world.studio.jobs_of(id_)
    return [at for at, job_id in world.studio.polls if job_id == job.id]


def lags_s(world: World, ids: list[str]) -> list[float]:
    """Return how late the ends of jobs were noticed."""
    return [world.diary.times(Finished, id_)[0] - world.studio.jobs_of(id_)[0].ends_at for id_ in ids]


def test_a_run_asks_less_and_less_often_and_notices_ends_as_soon(tmp_path: Path) -> None:
    world = batch(tmp_path, 48, in_flight=1)
    assert world.run() == Conclusion(ending=Ending.FINISHED)

    first, last = world.ids[0], world.ids[-16:]
    assert sum(len(polls_of(world, id_)) for id_ in last) / 16 <= 4 < USUAL / 3
    assert len(polls_of(world, first)) > 2 * 4
    assert max(lags_s(world, [*last])) <= PACE.every_s


def test_of_jobs_that_began_together_one_is_asked_after_for_all(tmp_path: Path) -> None:
    world = batch(tmp_path, 16, in_flight=8)
    world.run()

    first = world.ids[:8]
    assert sum(len(polls_of(world, id_)) for id_ in first) / 8 <= 5 < USUAL / 2
    assert max(lags_s(world, [*first])) <= PACE.every_s


def test_a_fixed_pace_is_kept_to_exactly(tmp_path: Path) -> None:
    world = batch(tmp_path, 12, in_flight=2, learns=False)
    world.run()

    for id_ in world.ids:
        asked = polls_of(world, id_)
        assert len(asked) == USUAL
        assert asked[0] == pytest.approx(world.studio.jobs_of(id_)[0].made_at + PACE.first_s + 2 * WAY_S)
        assert {round(later - earlier, 6) for earlier, later in pairwise(asked)} == {PACE.every_s}


def test_after_a_slow_answer_a_fixed_pace_waits_half_a_gap_and_falls_into_step_again(tmp_path: Path) -> None:
    slow = Answer(after_s=0.8 * PACE.every_s)
    world = batch(tmp_path, 1, {"item-000": Script(life_s=LIFE_S, polls=[slow])}, learns=False)
    world.run()

    first, second, *others = (
        at - world.studio.jobs_of("item-000")[0].made_at - 2 * WAY_S for at in polls_of(world, "item-000")
    )
    assert first == pytest.approx(PACE.first_s)
    assert second == pytest.approx(PACE.first_s + WAY_S + slow.after_s + PACE.every_s / 2)
    assert others[:2] == [pytest.approx(PACE.first_s + PACE.every_s * count) for count in (2, 3)]


def test_a_job_that_one_run_followed_tells_how_often_it_was_asked_after(tmp_path: Path) -> None:
    world = batch(tmp_path, 4, in_flight=2)
    world.run(stop_after_s=60.0)
    world.run()

    told = {id_: state.polls for id_, state in world.states().items()}
    assert told == dict.fromkeys(world.ids[:2]) | {id_: len(polls_of(world, id_)) for id_ in world.ids[2:]}
    assert min(len(polls_of(world, id_)) for id_ in world.ids) > 1


def test_the_next_run_knows_what_the_last_one_learned(tmp_path: Path) -> None:
    world = batch(tmp_path, 30, in_flight=3)
    world.run(stop_after_s=1200.0)
    known = len(world.studio.jobs)
    world.run()

    assert 15 < known < 30
    later = world.ids[known:]
    assert sum(len(polls_of(world, id_)) for id_ in later) / len(later) <= 4.5
    assert set(world.phases().values()) == {"done"}


def test_a_call_teaches_as_a_poll_does(tmp_path: Path) -> None:
    studio = Studio(scripts={f"{number}": Script(life_s=LIFE_S) for number in range(30)})
    world = called(tmp_path, [f"{number}" for number in range(30)], studio, learns=True, in_flight=3)
    world.run()

    assert max(lags_s(world, [*world.ids])) <= 1.0
    assert sum(len(polls_of(world, id_)) for id_ in world.ids[-12:]) / 12 <= 4


@pytest.mark.parametrize("where", ["polls", "links"])
def test_a_throttled_request_pauses_all_that_are_free_and_nothing_that_is_bought(tmp_path: Path, where: str) -> None:
    throttled = Script(life_s=40.0, **{where: [says(1002, retry_after_s=ASKED_S)]})  # type: ignore[arg-type]
    world = batch(tmp_path, 12, {"item-000": throttled}, in_flight=6)
    world.run()

    (since,) = world.diary.times(Stalled)
    free = sorted(at for at, _ in (*world.studio.polls, *world.studio.links))
    behind = [at for at in free if at >= since + ASKED_S]
    assert not [at for at in free if since + WAY_S < at < since + ASKED_S]
    assert behind[1] - behind[0] >= 0.4
    assert world.phases() == dict.fromkeys(world.ids, "done")
    assert world.state("item-000").stalls == 0
    assert len([text for text in world.diary.said_ if "too often" in text]) == 1


def test_a_throttled_poll_pauses_no_purchase(tmp_path: Path) -> None:
    throttled = Script(polls=[says(1002, retry_after_s=ASKED_S)], life_s=LIFE_S)
    world = batch(tmp_path, 2, {"item-000": throttled, "item-001": Script(submits=[says(1002)], life_s=LIFE_S)})
    world.run()

    (since,) = world.diary.times(Stalled)
    assert world.studio.submits_of("item-001")[-1] < since + ASKED_S


def test_throttling_is_no_reason_to_believe_that_a_job_is_gone(tmp_path: Path) -> None:
    answers = [*[says(1002)] * 5, says(2013, words="invalid params, task_id")]
    world = batch(tmp_path, 1, {"item-000": Script(polls=answers, life_s=LIFE_S)})
    world.run()

    assert world.phases() == {"item-000": "done"}


def test_a_restart_keeps_to_what_the_provider_asked_for(tmp_path: Path) -> None:
    throttled = Script(polls=[says(1002, retry_after_s=3600.0)], life_s=LIFE_S)
    world = batch(tmp_path, 6, {"item-000": throttled})
    world.run(stop_after_s=100.0)
    (since,) = world.diary.times(Stalled)
    world.run()

    assert not [at for at, _ in world.studio.polls if since + WAY_S < at < since + 3600.0]
    assert set(world.phases().values()) == {"done"}


def test_a_wish_without_measure_freezes_nothing(tmp_path: Path) -> None:
    throttled = Script(polls=[says(1002, retry_after_s=1e9)], life_s=LIFE_S)
    world = batch(tmp_path, 2, {"item-000": throttled}, limits=Limits(item_deadline_s=2 * RETRY_AFTER_MOST_S))
    world.run()

    assert set(world.phases().values()) == {"done"}


def test_the_last_look_at_a_job_comes_at_its_deadline_however_late_the_next_would_be(tmp_path: Path) -> None:
    world = batch(tmp_path, 1, {"item-000": Script(life_s=899.0)}, limits=Limits(item_deadline_s=900.0))
    world.run()

    (job,) = world.studio.jobs.values()
    assert polls_of(world, "item-000")[-1] == pytest.approx(job.made_at + 900.0, abs=2 * WAY_S)
    assert world.phases() == {"item-000": "ready"}  # seen in time, and the next run brings it home


def test_a_clock_that_went_back_between_two_runs_delays_no_poll(tmp_path: Path) -> None:
    world = batch(tmp_path, 1)
    world.run(stop_after_s=60.0)
    world.now_s -= 50.0
    ran_from = world.now_s
    world.run()

    assert [at for at, _ in world.studio.polls if at > ran_from]
    assert world.phases() == {"item-000": "done"}
