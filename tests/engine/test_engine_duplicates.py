"""Two jobs that bring one file: a person is told, and nothing is bought for it by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from studio import Script, Studio, video_of
from worlds import CLIP, World, item

from runner.core.life.state import RECALLED, index_of
from runner.core.sums.ending import Ending
from runner.events import Event, Judged, Planned, Purged, Requeued, Reviewed, Spoiled
from runner.gates import Gates
from runner.judgement import Judgement
from runner.model import CheckPolicy, Limits, StopAfter

ONE: Final = b"video of anybody"
RECALL: Final = Judged(clip=CLIP, judgement=Judgement(gates=Gates()), decision="review", reason=RECALLED)
FIRST: Final = "its file is, byte for byte, that of job job-1 at studio"
TOLD: Final = f"b: {FIRST} (a); of further ones nothing is said here"


def world_of(folder: Path, ids: str, *, policy: CheckPolicy | None = None, in_flight: int = 1) -> World:
    """Return a world in which every job makes the same video."""
    scripts = {id_: Script(films=[ONE] * 9) for id_ in ids}
    return World(
        folder=folder,
        ids=list(ids),
        studio=Studio(scripts=scripts),
        in_flight=in_flight,
        checks=policy or CheckPolicy(),
    )


def test_a_file_that_another_job_brought_waits_for_a_person(tmp_path: Path) -> None:
    world = world_of(tmp_path, "abc")
    world.run()
    assert world.phases() == {"a": "done", "b": "review", "c": "review"}
    assert [world.state(id_).note for id_ in "abc"] == [None, FIRST, FIRST]
    assert [index_of(world.state(id_)).code for id_ in "abc"] == [None, "duplicate", "duplicate"]
    assert (world.disk.videos, len(world.disk.review)) == ({"a.mp4": ONE}, 2)
    assert [text for text in world.diary.said_ if "byte for byte" in text] == [TOLD]


def test_it_waits_as_well_when_the_other_came_in_an_earlier_run(tmp_path: Path) -> None:
    world = world_of(tmp_path, "ab")
    world.selected = frozenset({item("a").key})
    world.run()
    world.selected = None
    world.run()
    assert world.phases() == {"a": "done", "b": "review"}


@pytest.mark.parametrize("count", [2, 9])
def test_of_files_that_come_in_one_moment_one_counts(tmp_path: Path, count: int) -> None:
    ids = "abcdefghi"[:count]
    world = world_of(tmp_path, ids, in_flight=count)
    world.run()
    assert sorted(world.phases().values()) == ["done", *["review"] * (count - 1)]


def test_it_counts_where_the_manifest_accepts_it_and_is_told_as_found(tmp_path: Path) -> None:
    world = world_of(tmp_path, "ab", policy=CheckPolicy(on_fail="accept"))
    world.run()
    assert world.phases() == {"a": "done", "b": "done"}
    assert [index_of(world.state(id_)).flagged for id_ in "ab"] == [False, True]


def test_no_policy_buys_another_one_for_it(tmp_path: Path) -> None:
    world = world_of(tmp_path, "ab", policy=CheckPolicy(on_fail="retake", max_retakes=2))
    world.run()
    assert (world.phases(), len(world.studio.jobs)) == ({"a": "done", "b": "review"}, 2)


def test_a_provider_that_gives_everyone_the_same_file_meets_the_stop_loss(tmp_path: Path) -> None:
    world = world_of(tmp_path, "abcdefgh")
    world.limits = Limits(stop_after=StopAfter(failures=2))
    assert world.run().ending is Ending.DEADLINE
    assert len(world.studio.jobs) == 4, "the fourth is bought while the third is being fetched"


def test_a_new_purchase_that_brings_what_a_person_rejected_waits_again(tmp_path: Path) -> None:
    world = world_of(tmp_path, "a")
    world.run()
    world.note("a", Reviewed(decision="reject"))
    world.note("a", Requeued(by="retry", refetch=False))
    world.run()
    assert (world.phases(), world.state("a").note, len(world.studio.jobs)) == ({"a": "review"}, FIRST, 2)
    assert (
        f"a: {FIRST}, which was bought for the same item before; of further ones nothing is said here"
        in world.diary.said_
    )


@pytest.mark.parametrize("lost", [Spoiled(reason="the file is gone from the folder", final=True), Purged()])
def test_a_new_purchase_that_brings_back_what_was_lost_counts_until_it_is_rejected(tmp_path: Path, lost: Event) -> None:
    world = world_of(tmp_path, "a")
    world.run()
    world.note("a", lost)
    world.disk.videos.clear()
    world.note("a", Requeued(by="retry", refetch=False))
    world.note("a", Planned(item=item("a")))
    world.run()
    assert (world.phases(), len(world.studio.jobs)) == ({"a": "done"}, 2)
    world.note("a", RECALL)
    world.note("a", Reviewed(decision="reject"))
    world.note("a", Requeued(by="retry", refetch=False))
    world.run()
    assert (world.phases(), len(world.studio.jobs)) == ({"a": "review"}, 3)


def test_a_file_of_another_job_is_told_also_where_the_first_was_lost(tmp_path: Path) -> None:
    world = world_of(tmp_path, "ab")
    world.selected = frozenset({item("a").key})
    world.run()
    world.note("a", Spoiled(reason="the file is gone from the folder", final=True))
    world.selected = frozenset({item("b").key})
    world.run()
    assert world.state("b").note == FIRST


def test_a_file_that_is_fetched_again_is_no_duplicate_of_itself(tmp_path: Path) -> None:
    world = world_of(tmp_path, "ab")
    world.run()
    world.note("a", Spoiled(reason="the file is gone from the folder", final=False))
    world.disk.videos.clear()
    world.run()
    assert (world.phases(), world.disk.videos) == ({"a": "done", "b": "review"}, {"a.mp4": ONE})


def test_what_a_person_kept_stays_kept_when_it_is_fetched_again(tmp_path: Path) -> None:
    world = world_of(tmp_path, "ab")
    world.run()
    world.note("b", Reviewed(decision="keep"))
    world.note("b", Spoiled(reason="the file is gone from the folder", final=False))
    world.disk.review.clear()
    world.run()
    assert (world.phases(), len(world.studio.jobs)) == ({"a": "done", "b": "done"}, 2)


def test_two_videos_that_differ_are_no_duplicates(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=["a", "b"])
    world.run()
    assert world.disk.videos == {"a.mp4": video_of("a"), "b.mp4": video_of("b")}
    assert not [text for text in world.diary.said_ if "byte for byte" in text]
