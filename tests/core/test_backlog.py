"""Backpressure: how much may be bought and not yet home, and what the machine must have left for it."""

from __future__ import annotations

import pytest
from lives import ACCEPTED, CHECKED, FINISHED, INTENDED, SAVED, item

from runner.core.life.lifecycle import fold
from runner.core.limits.backlog import SPARE_BYTES, SPARE_FILES, UNFETCHED_MOST, VIDEO_BYTES, Backlog
from runner.events import Event, Planned, Saved, Stamped
from runner.model import Artifact

READY = (INTENDED, ACCEPTED, FINISHED)
ROOMY = 10**15


def backlog(*lives: tuple[Event, ...]) -> Backlog:
    made = Backlog()
    for number, events in enumerate(lives):
        planned = Planned(item=item(key=f"{number}", id=f"{number}"))
        made.count(fold([Stamped(at=0.0, event=event) for event in (planned, *events)]))
    return made


@pytest.mark.parametrize("end", [(), (SAVED,)], ids=["to be fetched", "to be checked"])
def test_too_many_videos_that_are_made_and_not_home_are_a_jam(end: tuple[Event, ...]) -> None:
    full = backlog(*[(*READY, *end)] * UNFETCHED_MOST)

    assert full.jam() == f"{UNFETCHED_MOST} videos are made and not yet home"
    assert backlog(*[(*READY, *end)] * (UNFETCHED_MOST - 1)).jam() is None


@pytest.mark.parametrize(
    "life", [(), (INTENDED,), (INTENDED, ACCEPTED), (*READY, SAVED, CHECKED)], ids=["planned", "asked", "runs", "done"]
)
def test_what_is_not_made_or_is_home_jams_nothing(life: tuple[Event, ...]) -> None:
    assert backlog(*[life] * (2 * UNFETCHED_MOST)).jam() is None


def test_the_disk_must_have_room_for_all_that_is_under_way_and_one_more() -> None:
    two = backlog((INTENDED,), (INTENDED, ACCEPTED), (*READY, SAVED, CHECKED), ())
    wanted = SPARE_BYTES + 3 * 2 * 1000  # twice the largest video that was seen

    assert two.squeeze(free_bytes=wanted, free_files=ROOMY) is None
    assert two.squeeze(free_bytes=wanted - 1, free_files=ROOMY) == (
        "67 MB are free on the disk of the run folder, and the videos under way with one more may need 67 MB; make room"
    )


def test_before_a_video_was_seen_an_ample_size_is_reckoned_with() -> None:
    assert backlog().squeeze(free_bytes=SPARE_BYTES + VIDEO_BYTES, free_files=ROOMY) is None
    assert backlog().squeeze(free_bytes=SPARE_BYTES + VIDEO_BYTES - 1, free_files=ROOMY) is not None


def test_the_largest_video_that_was_seen_is_the_measure() -> None:
    large = Saved(artifact=Artifact(bytes_=10**9, sha256="d" * 64))
    seen = backlog((*READY, large, CHECKED), (*READY, SAVED, CHECKED))

    assert seen.squeeze(free_bytes=2 * 10**9, free_files=ROOMY) is not None
    assert seen.squeeze(free_bytes=2 * 10**9 + SPARE_BYTES, free_files=ROOMY) is None


def test_too_few_files_that_may_be_opened_are_told_with_what_to_do() -> None:
    assert backlog().squeeze(free_bytes=ROOMY, free_files=SPARE_FILES) is None
    assert backlog().squeeze(free_bytes=ROOMY, free_files=SPARE_FILES - 1) == (
        f"only {SPARE_FILES - 1} more files may be open in this process; raise the limit (ulimit -n)"
    )
