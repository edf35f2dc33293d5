from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from runner.checks.technical import HEIGHT, WIDTH, MotionMeter
from runner.judgement import Motion

Frames = list[npt.NDArray[np.uint8]]


def plain(*levels: int) -> Frames:
    return [np.full((HEIGHT, WIDTH), level, np.uint8) for level in levels]


def measured(frames: Frames) -> Motion:
    meter = MotionMeter()
    for frame in frames:
        meter.see(frame)
    return meter.measured()


@pytest.mark.parametrize(
    ("levels", "motion"),
    [
        pytest.param((90,), Motion(frozen=1.0, black=0.0, cuts=0, brightness=90.0, difference=0.0), id="one frame"),
        pytest.param((90, 90), Motion(frozen=1.0, black=0.0, cuts=0, brightness=90.0, difference=0.0), id="still"),
        pytest.param((90, 92), Motion(frozen=0.0, black=0.0, cuts=0, brightness=91.0, difference=2.0), id="moving"),
        pytest.param(
            (90, 90, 92), Motion(frozen=0.5, black=0.0, cuts=0, brightness=90.6667, difference=1.0), id="half still"
        ),
        pytest.param(
            (10, 60, 200), Motion(frozen=0.0, black=0.3333, cuts=2, brightness=90.0, difference=95.0), id="two cuts"
        ),
        pytest.param(
            (200, 60), Motion(frozen=0.0, black=0.0, cuts=1, brightness=130.0, difference=140.0), id="a cut to the dark"
        ),
        pytest.param(
            (0, 11, 12), Motion(frozen=0.0, black=0.6667, cuts=0, brightness=7.6667, difference=6.0), id="black"
        ),
    ],
)
def test_motion_is_measured_from_frame_to_frame(levels: tuple[int, ...], motion: Motion) -> None:
    assert measured(plain(*levels)) == motion


def test_a_wink_is_motion_and_no_cut() -> None:
    frames = plain(100, 100)
    frames[1][40:44, 60:70] = 30

    motion = measured(frames)

    assert (motion.frozen, motion.cuts) == (0.0, 0)


def test_no_frame_is_no_motion() -> None:
    with pytest.raises(ValueError, match="no frame was seen"):
        MotionMeter().measured()
