from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from sample_pictures import grain

from runner.animatic.beats import Kind
from runner.animatic.camera import SCREEN, STEPS, Timeline, View, plan_timeline
from runner.animatic.frame import Shape, compose, see_plate
from runner.animatic.label import draw_label
from runner.animatic.plate import Box, Plate, paint_plate

MOVES: list[Kind | None] = [*STEPS, "shake_camera"]
ASPECTS = [0.4, 0.75, 1.0, 1.5, SCREEN, 2.5]
SMALL = Shape(width=320, height=180, seconds=2.0)


def timeline(*moves: Kind | None, aspect: float = 1.0, seed: int = 1, seconds: float = 6.0) -> Timeline:
    return plan_timeline((moves,), aspect=aspect, seconds=seconds, rng=np.random.default_rng(seed))


def views(line: Timeline) -> list[View]:
    return [line.view(n / 25) for n in range(round(line.seconds * 25))]


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
    seen = views(timeline(move))

    change = getattr(seen[-1], quantity) - getattr(seen[0], quantity)
    assert change * sign > 0.1


@pytest.mark.parametrize("aspect", ASPECTS)
@pytest.mark.parametrize("move", [*MOVES, "static"])
def test_the_frame_never_leaves_the_portrait_above_or_below(move: Kind | None, aspect: float) -> None:
    for view in views(timeline(move, aspect=aspect)):
        down = view.height / 2 * math.cos(view.roll) + view.height / 2 * SCREEN * abs(math.sin(view.roll))
        assert view.y - down > -0.012
        assert view.y + down < 1.012


@pytest.mark.parametrize("move", [*MOVES, "static"])
def test_the_camera_starts_and_stops_gently_and_never_jumps(move: Kind | None) -> None:
    seen = views(timeline(move))
    path = np.array([[v.x / v.height, v.y / v.height, math.log(v.height), v.roll] for v in seen])
    speed = np.abs(np.diff(path, axis=0)).max(axis=1)
    jerk = np.abs(np.diff(path, n=2, axis=0)).max(axis=1)

    assert speed.min() > 0.0
    assert speed.max() < 0.02
    assert jerk.max() < 0.006


def test_a_shake_is_quicker_than_a_still_camera() -> None:
    shaken, still = (np.array([[v.x, v.y] for v in views(timeline(m))]) for m in ("shake_camera", "static"))

    assert np.abs(np.diff(shaken, axis=0)).mean() > 4 * np.abs(np.diff(still, axis=0)).mean()


def test_two_beats_share_the_clip() -> None:
    beats: tuple[tuple[Kind | None, ...], ...] = (("push_in",), ("pan_left",))
    line = plan_timeline(beats, aspect=1.0, seconds=6.0, rng=np.random.default_rng(1))
    start, middle, end = (line.view(t) for t in (0.0, 3.0, 6.0))

    assert middle.height < 0.8 * start.height
    assert end.height == pytest.approx(middle.height, rel=0.02)
    assert middle.x == pytest.approx(start.x, abs=0.02)
    assert end.x < middle.x - 0.05


def test_another_seed_sways_otherwise() -> None:
    assert timeline("static", seed=1).view(1.0) != timeline("static", seed=2).view(1.0)


def residual(plate: Plate, line: Timeline) -> float:
    """Return what changes between frames beyond the known motion of the camera, as a share of the detail."""
    label = draw_label(SMALL.width, SMALL.height)
    left = []
    for n in range(10, 40, 5):
        here, there = line.view(n / SMALL.fps), line.view((n + 1) / SMALL.fps)
        frames = [compose(plate, view, SMALL, label).astype(np.float64) for view in (here, there)]
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
    line = timeline("push_in", aspect=SCREEN, seconds=SMALL.seconds)
    picture = np.asarray(grain(1280, 720))
    everything = Box(left=-0.1, top=-0.1, right=SCREEN + 0.1, bottom=1.1)
    naive = paint_plate(picture, everything, coarsest=720.0, finest=720.0)

    calm = residual(see_plate(picture, line, SMALL), line)

    assert calm < 0.3  # white noise, the worst there is; a photograph leaves 0.01
    assert calm < residual(naive, line) / 3
