from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from sample_pictures import grain

from runner.animatic.beats import CAMERA, Beat, Kind, Timeline
from runner.animatic.camera import Camera, plan_camera
from runner.animatic.framing import SCREEN, frame_portrait
from runner.animatic.plate import Plate, paint_plate
from runner.animatic.sampling import warped
from runner.animatic.view import Box, Shape, View, seen, together

MOVES: list[Kind | None] = [None, *sorted(CAMERA - {"static", "orbit"})]
ASPECTS = [0.4, 0.75, 1.0, 1.5, SCREEN, 2.5]
SMALL = Shape(width=320, height=180, seconds=2.0)


def camera(*moves: Kind | None, aspect: float = 1.0, seed: int = 1, seconds: float = 6.0) -> Camera:
    beats = tuple(Beat(kind=move, start_s=0.0, end_s=seconds) for move in moves if move is not None)
    line = Timeline(seconds=seconds, beats=beats, honoured=(), ignored=())
    return plan_camera(line, frame_portrait(aspect, None), np.random.default_rng(seed))


def views(track: Camera, *, seconds: float = 6.0) -> list[View]:
    return [track.at(n / 25) for n in range(round(seconds * 25))]


@pytest.mark.parametrize(
    ("move", "quantity", "sign"),
    [
        ("push_in", "height", -1),
        ("zoom_in", "height", -1),
        (None, "height", -1),
        ("pull_out", "height", 1),
        ("zoom_out", "height", 1),
        ("pan_left", "x", -1),
        ("pan_right", "x", 1),
        ("tilt_up", "y", -1),
        ("tilt_down", "y", 1),
    ],
)
def test_a_move_goes_where_its_name_says(move: Kind | None, quantity: str, sign: int) -> None:
    seen = views(camera(move))

    change = getattr(seen[-1], quantity) - getattr(seen[0], quantity)
    assert change * sign > 0.1


@pytest.mark.parametrize("aspect", ASPECTS)
@pytest.mark.parametrize("move", [*MOVES, "static", "orbit"])
def test_the_frame_never_leaves_the_portrait_above_or_below(move: Kind | None, aspect: float) -> None:
    for view in views(camera(move, aspect=aspect)):
        down = view.height / 2 * math.cos(view.roll) + view.height / 2 * SCREEN * abs(math.sin(view.roll))
        assert view.y - down > -0.012
        assert view.y + down < 1.012


@pytest.mark.parametrize("move", [*MOVES, "static", "orbit"])
def test_the_camera_starts_and_stops_gently_and_never_jumps(move: Kind | None) -> None:
    seen = views(camera(move))
    path = np.array([[v.x / v.height, v.y / v.height, math.log(v.height), v.roll] for v in seen])
    speed = np.abs(np.diff(path, axis=0)).max(axis=1)
    jerk = np.abs(np.diff(path, n=2, axis=0)).max(axis=1)

    assert speed.min() > 0.0
    assert speed.max() < 0.02
    assert jerk.max() < 0.006


def test_a_shake_is_quicker_than_a_still_camera() -> None:
    shaken, still = (np.array([[v.x, v.y] for v in views(camera(m))]) for m in ("shake_camera", "static"))

    assert np.abs(np.diff(shaken, axis=0)).mean() > 4 * np.abs(np.diff(still, axis=0)).mean()


def test_two_beats_follow_one_another() -> None:
    beats = (Beat(kind="push_in", start_s=0.0, end_s=3.0), Beat(kind="pan_left", start_s=3.0, end_s=6.0))
    line = Timeline(seconds=6.0, beats=beats, honoured=(), ignored=())
    track = plan_camera(line, frame_portrait(1.0, None), np.random.default_rng(1))
    start, middle, end = (track.at(t) for t in (0.0, 3.0, 6.0))

    assert middle.height < 0.8 * start.height
    assert end.height == pytest.approx(middle.height, rel=0.02)
    assert middle.x == pytest.approx(start.x, abs=0.02)
    assert end.x < middle.x - 0.05


def test_another_seed_sways_otherwise() -> None:
    assert camera("static", seed=1).at(1.0) != camera("static", seed=2).at(1.0)


def residual(plate: Plate, track: Camera) -> float:
    """Return what changes between frames beyond the known motion of the camera, as a share of the detail."""
    left = []
    for n in range(10, 40, 5):
        here, there = track.at(n / SMALL.fps), track.at((n + 1) / SMALL.fps)
        frames = [warped(plate, view, SMALL).astype(np.float64) for view in (here, there)]
        moved = cv2.warpAffine(
            frames[0], between(there, here), (320, 180), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        )
        inner = (slice(20, 150), slice(20, 300))
        left.append(np.abs(moved[inner] - frames[1][inner]).mean() / frames[1][inner].std())
    return float(np.mean(left))


def between(now: View, before: View) -> npt.NDArray[np.float64]:
    """Return the matrix from a pixel of the later frame to the pixel of the earlier one that shows the same."""
    return (np.linalg.inv(square(before)) @ square(now))[:2]


def square(view: View) -> npt.NDArray[np.float64]:
    unit = view.height / SMALL.height
    cos, sin = unit * math.cos(view.roll), unit * math.sin(view.roll)
    x, y = (SMALL.width - 1) / 2, (SMALL.height - 1) / 2
    return np.array([[cos, -sin, view.x - cos * x + sin * y], [sin, cos, view.y - sin * x - cos * y], [0, 0, 1]])


def test_fine_detail_moves_with_the_camera_and_does_not_shimmer() -> None:
    track = camera("push_in", aspect=SCREEN, seconds=SMALL.seconds)
    seen_views = views(track, seconds=SMALL.seconds)
    box = together([seen(view, SMALL) for view in seen_views])
    heights = [view.height for view in seen_views]
    picture = np.asarray(grain(1280, 720))
    everything = Box(left=-0.1, top=-0.1, right=SCREEN + 0.1, bottom=1.1)
    naive = paint_plate(picture, everything, coarsest=720.0, finest=720.0)

    plate = paint_plate(picture, box, coarsest=SMALL.height / max(heights), finest=SMALL.height / min(heights))
    calm = residual(plate, track)

    assert calm < 0.3  # white noise, the worst there is; a photograph leaves 0.01
    assert calm < residual(naive, track) / 3
