"""What becomes of whole videos that do not show their person: the policy, its money, and death at any point of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest
from studio import TAKEN, Script, Studio, video_of
from worlds import DOUBLE, PRICE, STRANGER, Fuse, World, item

from runner.core.life.state import Phase
from runner.core.limits.steering import Cancel, Instruction, Pause, Resume
from runner.core.sums.ending import Conclusion, Ending
from runner.core.sums.tally import row
from runner.edge.journal.journal import Journal
from runner.engine.agenda import SUBMITS
from runner.engine.collecting import REFETCHES
from runner.events import Accepted, Intended, Judged, Requeued, Reviewed, Spoiled
from runner.gates import Gates, IdentityGate
from runner.model import CheckPolicy, Limits, Money, StopAfter

OTHER: Final = b"video of a third person"
ASKED: Final = Gates(identity=IdentityGate())
REVIEW: Final = CheckPolicy(gates=ASKED)
ACCEPT: Final = CheckPolicy(gates=ASKED, on_fail="accept")
RETAKE: Final = CheckPolicy(gates=ASKED, on_fail="retake", max_retakes=1)
TWICE: Final = replace(RETAKE, max_retakes=2)


def numbered(video: bytes, ids: Iterable[str]) -> dict[str, Sequence[bytes]]:
    """Return such a video for each item, of bytes of its own."""
    return {id_: [b"%s, job %d" % (video, number)] for number, id_ in enumerate(ids, 1)}


def world_of(folder: Path, files: dict[str, Sequence[bytes]], policy: CheckPolicy, *, room: float = 9) -> World:
    """Return a world in which the first jobs of each item make these videos, with money for so many."""
    folder.mkdir(exist_ok=True)
    scripts = {id_: Script(films=videos) for id_, videos in files.items()}
    budget = Money(micros=round(room * PRICE.micros), currency="USD")
    return World(
        folder=folder, ids=list(files), studio=Studio(scripts=scripts), checks=policy, limits=Limits(budget=budget)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A policy, the videos that come, and what it must come to."""

    policy: CheckPolicy
    videos: Sequence[bytes]
    phase: str
    jobs: int
    room: float = 9
    why: str = ""


CASES: Final = {
    "hers": Case(policy=RETAKE, videos=[], phase="done", jobs=1),
    "accepted": Case(policy=ACCEPT, videos=[STRANGER], phase="done", jobs=1),
    "put to review": Case(policy=REVIEW, videos=[STRANGER], phase="review", jobs=1, why="its face is 0.80 from"),
    "taken again": Case(policy=RETAKE, videos=[STRANGER], phase="done", jobs=2),
    "taken again twice": Case(policy=TWICE, videos=[STRANGER, OTHER], phase="done", jobs=3),
    "taken again in vain": Case(
        policy=RETAKE, videos=[STRANGER, OTHER], phase="review", jobs=2, why="; its one retake is used"
    ),
    "neither a pass nor a failure": Case(policy=RETAKE, videos=[DOUBLE], phase="review", jobs=1, why="0.55 from"),
    "out of budget": Case(
        policy=RETAKE, videos=[STRANGER], room=1.9, phase="review", jobs=1, why="; not taken again: budget of 1.235 USD"
    ),
    "just within budget": Case(policy=RETAKE, videos=[STRANGER], room=2, phase="done", jobs=2),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_video_that_does_not_pass_gets_exactly_what_the_policy_says(tmp_path: Path, case: Case) -> None:
    world = world_of(tmp_path, {"a": case.videos}, case.policy, room=case.room)
    assert world.run() == Conclusion(ending=Ending.FINISHED)
    state, told = world.state("a"), row(world.state("a"))
    assert (state.phase, len(world.studio.jobs)) == (case.phase, case.jobs)
    assert case.why in (state.note or "")
    assert (told.bought, told.kept, told.in_review) == (case.jobs, case.phase == "done", case.phase == "review")
    assert told.lost == len(world.disk.rejected) == case.jobs - 1
    assert (len(world.disk.videos), len(world.disk.review)) == (told.kept, told.in_review)
    assert world.committed() == {"USD": case.jobs * PRICE.micros}


def test_max_cost_of_the_run_counts_for_a_retake_too(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": [STRANGER]}, RETAKE)
    world.max_cost = PRICE
    world.run()
    assert world.phases() == {"a": "review"}
    assert len(world.studio.jobs) == 1


def test_two_videos_judged_at_one_time_do_not_both_count_on_the_last_of_the_budget(tmp_path: Path) -> None:
    world = world_of(tmp_path, numbered(STRANGER, "ab"), RETAKE, room=3)
    assert world.run() == Conclusion(ending=Ending.FINISHED)
    assert sorted(world.phases().values()) == ["done", "review"]
    assert len(world.studio.jobs) == 3


def test_a_video_that_is_not_taken_again_says_what_is_spoken_for_by_the_retakes_of_others(tmp_path: Path) -> None:
    """Without them the last of the budget looks free: 1.30 of 1.95 USD, and a video costs 0.65."""
    world = world_of(tmp_path, numbered(STRANGER, "ab"), RETAKE, room=3)
    world.run()
    (told,) = [world.state(id_).note or "" for id_, phase in world.phases().items() if phase == "review"]
    spent = "; not taken again: budget of 1.95 USD: 1.30 USD spent or reserved"
    assert told.endswith(f"{spent}, and 0.65 USD spoken for by others that are bought once more")


@pytest.mark.parametrize("count", [2, 30])
@pytest.mark.parametrize("apart", range(6))
def test_every_retake_is_taken_for_which_there_is_money_however_close_the_videos_are_judged(
    tmp_path: Path, count: int, apart: int
) -> None:
    ids = [f"{number:02}" for number in range(count)]
    world = world_of(tmp_path, numbered(STRANGER, ids), RETAKE, room=2 * count)
    world.turns = {id_: apart * number for number, id_ in enumerate(ids)}
    assert world.run() == Conclusion(ending=Ending.FINISHED)
    assert world.phases() == dict.fromkeys(ids, "done")
    assert world.committed() == {"USD": 2 * count * PRICE.micros}


def test_a_retake_that_was_cancelled_leaves_its_money_to_the_next(tmp_path: Path) -> None:
    world = world_of(tmp_path, numbered(STRANGER, "ab"), RETAKE, room=3)
    world.studio.scripts = {**world.studio.scripts, "b": replace(world.studio.scripts["b"], life_s=300.0)}
    world.asks = [(5.0, Pause()), (200.0, Cancel(names=("a",))), (201.0, Resume())]
    assert world.run() == Conclusion(ending=Ending.FINISHED)
    assert world.phases() == {"a": "planned", "b": "done"}


@pytest.mark.parametrize("change", [{"buys": False}, {"selected": frozenset[str]()}], ids=["fetch", "not selected"])
def test_a_run_that_may_not_buy_an_item_lets_its_video_wait(tmp_path: Path, change: dict[str, object]) -> None:
    world = world_of(tmp_path, {"a": [STRANGER]}, RETAKE)
    world.run(stop_after_s=30.0)
    for name, value in change.items():
        setattr(world, name, value)
    world.run()
    assert world.phases() == {"a": "review"}
    assert "this run was not asked to buy it" in (world.state("a").note or "")


@pytest.mark.parametrize(
    ("asks", "phase", "jobs", "why"),
    [
        ([(5.0, Cancel(names=("a",)))], "review", 1, "; not taken again: it was cancelled while the run went on"),
        ([(5.0, Pause()), (9_000.0, Resume())], "done", 2, ""),
    ],
    ids=["cancelled", "paused for a while"],
)
def test_what_a_person_asks_of_a_run_holds_for_its_retakes_too(
    tmp_path: Path, asks: Sequence[tuple[float, Instruction]], phase: str, jobs: int, why: str
) -> None:
    world = world_of(tmp_path, {"a": [STRANGER]}, RETAKE)
    world.asks = asks
    assert world.run() == Conclusion(ending=Ending.FINISHED)
    assert (world.phases(), len(world.studio.jobs)) == ({"a": phase}, jobs)
    assert why in (world.state("a").note or "")


def test_a_retake_of_an_earlier_runs_item_is_bought_once_when_the_plan_is_read_on_past_it(tmp_path: Path) -> None:
    """It stands behind the first page of the plan, and is planned again just when that page is bought."""
    page, last = [f"{number:03}" for number in range(256)], "last"
    world = world_of(tmp_path, {last: [STRANGER]}, RETAKE, room=99)
    world.ids = [*page, last]
    world.selected = {item(last).key}
    world.run(stop_after_s=5.0)
    bought = page[:SUBMITS]
    slow = Script(submits=[replace(TAKEN, after_s=100.0)])
    world.studio.scripts = {**world.studio.scripts, **dict.fromkeys(bought, slow)}
    world.selected = {item(id_).key for id_ in (*bought, last)}

    assert world.run() == Conclusion(ending=Ending.FINISHED)

    assert [len(world.studio.jobs_of(id_)) for id_ in (*bought, last)] == [*[1] * SUBMITS, 2]
    assert world.committed() == {"USD": (SUBMITS + 2) * PRICE.micros}
    assert world.phases()[last] == "done"


def test_a_video_that_is_fetched_again_after_it_was_given_up_opens_no_way_to_another_retake(tmp_path: Path) -> None:
    pages = [b"a web page"] * (REFETCHES + 1)
    world = world_of(tmp_path, {"a": []}, RETAKE)
    world.studio.scripts = {"a": Script(films=[STRANGER, OTHER], files=[STRANGER, *pages])}
    world.run()
    assert world.phases() == {"a": "failed"}
    world.note("a", Requeued(by="fetch", refetch=True))

    world.run()

    assert (world.phases(), len(world.studio.jobs)) == ({"a": "review"}, 2)
    assert (world.state("a").note or "").endswith("; its one retake is used")


def test_a_video_that_waits_is_left_alone_by_the_next_run(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": [STRANGER]}, REVIEW)
    world.run()
    asked = len(world.studio.polls) + len(world.studio.downloads)
    assert world.run() == Conclusion(ending=Ending.FINISHED)
    assert (len(world.studio.jobs), len(world.studio.polls) + len(world.studio.downloads)) == (1, asked)


def test_what_a_person_kept_is_not_judged_again_when_it_is_fetched_again(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": [STRANGER, STRANGER]}, RETAKE)
    world.checks = REVIEW
    world.run()
    world.note("a", Reviewed(decision="keep"))
    world.note("a", Spoiled(reason="the file is gone from the folder", final=False))
    world.disk.review.clear()
    world.checks = RETAKE
    world.run()
    assert (world.phases(), len(world.studio.jobs)) == ({"a": "done"}, 1)
    assert world.disk.videos == {"a.mp4": STRANGER}


def test_fetching_a_paid_video_again_allows_no_more_retakes_than_before(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": [STRANGER, OTHER, OTHER]}, RETAKE)
    world.run()
    world.note("a", Spoiled(reason="the file on disk is not the one that was saved", final=True))
    world.note("a", Requeued(by="fetch", refetch=True))
    world.disk.review.clear()
    world.run()
    assert (world.phases(), len(world.studio.jobs)) == ({"a": "review"}, 2)
    assert "; its one retake is used" in (world.state("a").note or "")


@pytest.mark.parametrize(("video", "bought"), [(STRANGER, 3), (DOUBLE, 5)], ids=["clear failures", "borderline ones"])
def test_the_stop_loss_counts_a_video_that_waits_as_a_failure_if_it_is_one(
    tmp_path: Path, video: bytes, bought: int
) -> None:
    """The third is bought while the second is being fetched."""
    world = world_of(tmp_path, numbered(video, "abcde"), REVIEW)
    world.limits, world.in_flight = replace(world.limits, stop_after=StopAfter(failures=2)), 1
    assert world.run().ending is (Ending.DEADLINE if bought < 5 else Ending.FINISHED)
    assert len(world.studio.jobs) == bought


DEATHS: Final = {"a": [STRANGER], "b": [STRANGER, OTHER], "c": [], "d": [DOUBLE]}


def _is_true_to_the_policy(world: World) -> None:
    """Hold journal, disk and provider against each other; what was in doubt at a death stays a person's business."""
    with Journal.read(world.folder) as journal:
        for id_, phase in world.phases().items():
            events = [stamped.event for stamped in journal.history(item(id_).key)]
            retakes = sum(isinstance(event, Judged) and event.decision == "retake" for event in events)
            intents = sum(isinstance(event, Intended) for event in events)
            jobs = len(world.studio.jobs_of(id_))
            assert jobs <= intents <= 1 + retakes <= 2
            assert phase in ({"done", "in_doubt"} if id_ in "ac" else {"review", "in_doubt"})
            assert sum(isinstance(event, Accepted) for event in events) == jobs - (
                phase == Phase.IN_DOUBT and jobs == intents
            )
    states = world.states().values()
    assert set(world.disk.videos) == {state.item.name for state in states if state.phase is Phase.DONE}
    assert set(world.disk.review) == {state.item.name for state in states if state.phase is Phase.REVIEW}
    made = {f"{id_}.mp4": [video_of(id_, n) for n in range(len(world.studio.jobs_of(id_)))] for id_ in DEATHS}
    assert all(video in made[name] for name, video in world.disk.videos.items())
    assert world.disk.saved == {}


def test_a_death_at_any_point_buys_no_retake_too_many_and_loses_no_file(tmp_path: Path) -> None:
    def made(name: str) -> World:
        return world_of(tmp_path / name, {id_: list(videos) for id_, videos in DEATHS.items()}, RETAKE)

    fuse = Fuse()
    assert made("whole").survives(fuse)
    of_checks = [n for n, point in enumerate(fuse.passed) if "aside" in point or "Judged" in point or "name" in point]
    for number in of_checks:
        world = made(str(number))
        assert not world.survives(Fuse(at=number))
        world.run()
        try:
            _is_true_to_the_policy(world)
        except AssertionError as error:
            error.add_note(f"died at point {number}: {fuse.passed[number]}")
            raise
