"""Buying pauses while what is bought cannot come home, and ends when it never will; nothing paid for is lost."""

from __future__ import annotations

from pathlib import Path

from studio import Script, Studio, says
from worlds import PRICE, Room, World

from runner.core.limits.backlog import SPARE_BYTES, UNFETCHED_MOST, VIDEO_BYTES
from runner.core.sums.ending import Conclusion, Ending
from runner.events import Finished, Intended, Saved
from runner.inspection import Unfetched
from runner.model import Limits, Rate

CUT = Unfetched(reason="the connection was cut")


def _downloads_fail(ids: list[str], times: int) -> Studio:
    return Studio(scripts={id_: Script(files=[CUT] * times) for id_ in ids})


def test_buying_pauses_while_downloads_fail_and_goes_on_when_they_come_home(tmp_path: Path) -> None:
    ids = [f"{number:03}" for number in range(UNFETCHED_MOST + 20)]
    world = World(folder=tmp_path, ids=ids, studio=_downloads_fail(ids, 20), in_flight=8)

    assert world.run().ending is Ending.FINISHED

    unfetched = dict.fromkeys(ids, 0)
    for _, id_, event in world.diary.pages:
        unfetched[id_] = isinstance(event, Finished) or (unfetched[id_] and not isinstance(event, Saved))
        if isinstance(event, Intended):
            assert sum(unfetched.values()) < UNFETCHED_MOST
    assert set(world.phases().values()) == {"done"}
    assert f"buying pauses: {UNFETCHED_MOST} videos are made and not yet home" in world.diary.said_
    assert "buying goes on" in world.diary.said_


def test_when_nothing_comes_home_at_all_buying_ends_and_the_next_run_collects(tmp_path: Path) -> None:
    ids = [f"{number:03}" for number in range(UNFETCHED_MOST + 20)]
    world = World(
        folder=tmp_path, ids=ids, studio=_downloads_fail(ids, 1_000), in_flight=8, limits=Limits(item_deadline_s=600.0)
    )  # fmt: skip

    conclusion = world.run()

    bought = len(world.studio.submits)
    assert conclusion.ending is Ending.UNREACHABLE
    assert conclusion.why.endswith("videos are made and not yet home")
    assert UNFETCHED_MOST <= bought < UNFETCHED_MOST + 8
    world.studio.scripts = {}
    assert world.run() == Conclusion(ending=Ending.FINISHED)
    assert len(world.studio.submits) == len(ids)
    assert set(world.phases().values()) == {"done"}


def test_videos_that_an_earlier_run_could_not_fetch_are_tried_first_and_stop_no_later_run_for_good(
    tmp_path: Path,
) -> None:
    ids = [f"{number:03}" for number in range(UNFETCHED_MOST + 20)]
    lost = ids[: UNFETCHED_MOST + 8]
    world = World(
        folder=tmp_path, ids=ids, studio=_downloads_fail(lost, 1_000), in_flight=8, limits=Limits(item_deadline_s=600.0)
    )  # fmt: skip
    assert world.run().ending is Ending.UNREACHABLE
    bought, began_s = len(world.studio.submits), world.now_s

    assert world.run() == Conclusion(ending=Ending.FINISHED)

    assert sorted(receipt.prompt for receipt in world.studio.submits[bought:]) == ids[bought:]
    assert world.studio.submits[bought].at >= began_s + 600.0
    assert {world.phases()[id_] for id_ in ids if id_ not in lost} == {"done"}


def test_a_disk_without_room_for_one_more_is_seen_before_anything_is_bought(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("abc"), space=Room(bytes_=SPARE_BYTES + VIDEO_BYTES - 1))

    conclusion = world.run()

    assert conclusion.ending is Ending.HALTED
    assert conclusion.why.endswith("make room")
    assert world.studio.submits == []
    world.space.bytes_ = 1e12
    assert world.run() == Conclusion(ending=Ending.FINISHED)


def test_what_is_under_way_fits_on_the_disk_before_more_is_bought(tmp_path: Path) -> None:
    space = Room(bytes_=SPARE_BYTES + 2 * VIDEO_BYTES)
    world = World(folder=tmp_path, ids=list("abcdef"), space=space)

    assert world.run() == Conclusion(ending=Ending.FINISHED)

    first = min(at for at, *_ in world.diary.pages if at in world.diary.times(Saved))
    assert sum(at < first for at in world.diary.times(Intended)) == 2  # a seen video weighs little: then all others fit
    assert world.studio.most_in_flight() > 2


def test_too_few_open_files_stop_buying_and_name_the_limit(tmp_path: Path) -> None:
    conclusion = World(folder=tmp_path, ids=["a"], space=Room(files=3)).run()

    assert conclusion.ending is Ending.HALTED
    assert "ulimit -n" in conclusion.why


def test_a_run_in_which_nothing_moves_ends_and_keeps_what_is_paid_for(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(life_s=float("inf")), "b": Script(submits=[says(1002)] * 1_000)})
    world = World(folder=tmp_path, ids=["a", "b"], studio=studio, limits=Limits(no_progress_s=600.0))

    conclusion = world.run()

    assert conclusion.ending is Ending.DEADLINE
    assert conclusion.why.startswith("nothing moved for 10 min: 1002")
    assert world.now_s < 700.0
    assert world.phases() == {"a": "running", "b": "planned"}
    assert world.committed() == {"USD": PRICE.micros}


def test_a_run_that_waits_for_its_own_pace_is_not_at_a_standstill(tmp_path: Path) -> None:
    world = World(
        folder=tmp_path, ids=list("abc"), rates=(Rate(count=1, window_s=3_600.0),), limits=Limits(no_progress_s=300.0)
    )  # fmt: skip

    assert world.run() == Conclusion(ending=Ending.FINISHED)
    assert set(world.phases().values()) == {"done"}


def test_a_run_that_is_refused_at_its_own_pace_time_and_again_ends(tmp_path: Path) -> None:
    world = World(
        folder=tmp_path, ids=["a"], studio=Studio(scripts={"a": Script(submits=[says(1002)] * 10_000)}),
        rates=(Rate(count=1, window_s=120.0),), limits=Limits(no_progress_s=600.0),
    )  # fmt: skip

    conclusion = world.run(stop_after_s=20_000.0)

    assert conclusion.ending is Ending.DEADLINE
    assert conclusion.why.startswith("nothing moved for 10 min: 1002")
    assert 600.0 <= world.now_s <= 1_200.0


def test_of_the_videos_that_wait_the_one_that_expires_first_comes_home_first(tmp_path: Path) -> None:
    late = Script(polls=[says(1000)])  # the oldest job, of which the run hears last
    world = World(
        folder=tmp_path, ids=list("abcdef"), studio=Studio(scripts={"a": late}), limits=Limits(downloads=1),
        rates=(Rate(count=1, window_s=1.0),),
    )  # fmt: skip
    world.run(stop_after_s=15.0)
    world.now_s = 400.0

    world.run()

    assert [id_ for _, id_, event in world.diary.pages if isinstance(event, Finished)][-1] == "a"
    home = [id_ for _, id_, event in world.diary.pages if isinstance(event, Saved)]
    assert home.index("a") < home.index("d")
