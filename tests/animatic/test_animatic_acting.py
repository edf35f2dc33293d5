from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.animatic.acting import PITCH_MOST, ROLL_MOST, YAW_MOST, Actor, direct
from runner.animatic.beats import FACE, HEAD, MOTION, Beat, Kind, Side, Timeline
from runner.animatic.deeds import DEEDS
from runner.animatic.pose import Pose

SECONDS = 6.0
MOVING = sorted(FACE | HEAD | MOTION)


def actor(*beats: Beat, seed: int = 1, without: frozenset[Kind] = frozenset()) -> Actor:
    line = Timeline(seconds=SECONDS, beats=beats, honoured=(), ignored=(), without=without)
    return direct(line, np.random.default_rng(seed))


def one(kind: Kind, side: Side | None = None, *, start: float = 2.0, end: float = 4.0, strength: float = 1.0) -> Beat:
    return Beat(kind=kind, side=side, start_s=start, end_s=end, strength=strength)


def poses(player: Actor) -> list[Pose]:
    return [player.pose(n / 25) for n in range(round(SECONDS * 25))]


def test_every_kind_of_face_head_and_body_is_acted() -> None:
    assert set(DEEDS) == FACE | HEAD | MOTION


@pytest.mark.parametrize("kind", MOVING)
def test_a_beat_changes_the_pose_while_it_lasts_and_not_before(kind: Kind) -> None:
    plain, acted = actor(seed=5), actor(one(kind, "left"), seed=5)

    assert any(plain.pose(t) != acted.pose(t) for t in (2.3, 2.7, 3.1))
    assert acted.pose(1.4).yaw == plain.pose(1.4).yaw
    assert acted.pose(1.4).smile == plain.pose(1.4).smile


@pytest.mark.parametrize("kind", MOVING)
@pytest.mark.parametrize("strength", [0.3, 1.5])
def test_nothing_jumps(kind: Kind, strength: float) -> None:
    row = poses(actor(one(kind, "left", start=1.0, end=3.0, strength=strength)))

    for before, after in pairwise(row):
        assert abs(after.yaw - before.yaw) < math.radians(7.0)  # 175 degrees a second: a lively no
        assert abs(after.pitch - before.pitch) < math.radians(5.0)
        assert abs(after.opening - before.opening) < 0.08
        assert abs(after.shift_y - before.shift_y) < 0.02
        assert abs(after.smile - before.smile) < 0.3


@given(
    beats=st.lists(
        st.builds(
            lambda kind, start, length, side, strength: Beat(
                kind=kind, start_s=start, end_s=min(SECONDS, start + length), side=side, strength=strength
            ),
            st.sampled_from(MOVING), st.floats(0.0, 5.5), st.floats(0.1, 6.0),
            st.sampled_from(["left", "right", None]), st.floats(0.3, 1.5),
        ),
        max_size=8,
    ),
    second=st.floats(0.0, SECONDS),
    seed=st.integers(0, 2**32),
)  # fmt: skip
def test_whatever_comes_together_the_pose_stays_within_what_looks_right(
    beats: list[Beat], second: float, seed: int
) -> None:
    pose = actor(*beats, seed=seed).pose(second)

    assert 0.0 <= pose.close_left <= 1.0
    assert 0.0 <= pose.close_right <= 1.0
    assert 0.0 <= pose.opening <= 0.22
    assert -1.0 <= pose.gaze_x <= 1.0
    for angle, most in ((pose.yaw, YAW_MOST), (pose.pitch, PITCH_MOST), (pose.roll, ROLL_MOST)):
        assert abs(angle) <= math.radians(most) + 1e-9
    assert abs(pose.shift_x) + abs(pose.shift_y) < 0.5


def test_the_same_seed_gives_the_same_life_and_another_one_another() -> None:
    assert poses(actor(seed=3)) == poses(actor(seed=3))
    assert poses(actor(seed=3)) != poses(actor(seed=4))


def test_people_blink_by_themselves_but_not_while_they_wink() -> None:
    wink = one("wink", "left", start=1.0, end=5.0)

    assert any(pose.close_right > 0.9 for pose in poses(actor()))
    assert all(actor(wink, seed=seed).pose(t / 25).close_right == 0.0 for seed in range(5) for t in range(30, 120))


def test_who_must_not_blink_does_not() -> None:
    assert all(pose.close_left == 0.0 for pose in poses(actor(without=frozenset({"blink"}))))


def test_who_must_not_turn_keeps_the_head_still() -> None:
    without = frozenset[Kind]({"turn", "shake"})

    assert max(abs(pose.yaw) for pose in poses(actor(without=without))) < math.radians(0.5)


@pytest.mark.parametrize("kind", ["wink", "turn", "look_aside", "tilt_head"])
def test_the_seed_picks_the_side_that_the_prompt_leaves_open(kind: Kind) -> None:
    picked = {actor(one(kind), seed=seed).beats[0].side for seed in range(20)}

    assert picked == {"left", "right"}


def test_who_looks_back_holds_head_and_eyes_as_they_are_in_the_portrait() -> None:
    player = actor(one("sad", start=0.0, end=SECONDS), one("look_back"))

    assert player.pose(1.0).gaze_y > 0.2
    assert player.pose(5.5).gaze_y > 0.2
    assert (player.pose(3.0).gaze_x, player.pose(3.0).gaze_y, player.pose(3.0).yaw) == (0.0, 0.0, 0.0)


def test_what_lasts_to_the_end_of_the_clip_does_not_end_before_it() -> None:
    smile = actor(one("smile", start=2.0, end=SECONDS))

    assert smile.pose(SECONDS - 0.04).smile == pytest.approx(smile.pose(4.0).smile)


def test_slow_motion_slows_the_steps() -> None:
    run = one("run", start=0.0, end=SECONDS)
    quick, slow = (
        [player.pose(t / 100).shift_y for t in range(100, 500)]
        for player in (actor(run), actor(run, one("slow_motion", start=0.0, end=SECONDS)))
    )

    assert crossings(slow) == pytest.approx(crossings(quick) / 2, abs=2)


def crossings(values: list[float]) -> int:
    signs = np.sign(np.array(values) - np.mean(values))
    return int((np.diff(signs) != 0).sum())
