"""Scenes for tests: one person who does everything in one long clip, and a judge who looks at the frames.

The judge is the network that finds faces: what it measures in a drawn frame is what a viewer would see.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from runner.animatic.anatomy import curve_at, measure
from runner.animatic.beats import Beat, Kind, Side, Timeline
from runner.animatic.picture import Pixels
from runner.animatic.portrait import look_into
from runner.animatic.scene import Scene, prepare_scene
from runner.animatic.view import Shape
from runner.faces.finding import find_faces

MEDIUM = Shape(width=640, height=360, seconds=30.0)
ACTS: tuple[tuple[Kind, Side | None], ...] = (
    ("wink", "left"), ("wink", "right"), ("close_eyes", None), ("smile", None), ("laugh", None), ("surprise", None),
    ("sad", None), ("turn", "left"), ("turn", "right"), ("look_up", None), ("look_down", None), ("tilt_head", "left"),
    ("tilt_head", "right"), ("talk", None),
)  # fmt: skip
LENGTH_S = 1.6
PAUSE_S = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A face as it was seen: how far each eye and the mouth are open, how it is turned, nodded and leaned."""

    left: float
    right: float
    mouth: float
    smile: float
    turned: float
    nodded: float
    leaned: float


def pixels(image: Image.Image) -> Pixels:
    return np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1])


def staged(picture: Pixels, *beats: Beat, shape: Shape = MEDIUM, seed: int = 1) -> Scene:
    line = Timeline(seconds=shape.seconds, beats=beats, honoured=(), ignored=())
    return prepare_scene(look_into(picture), line, entropy=seed, shape=shape)


def everything(picture: Pixels) -> Scene:
    """Return a scene in which a person does one thing after another before a camera that stands still."""
    acts = [
        Beat(kind=kind, side=side, start_s=start, end_s=start + LENGTH_S)
        for (kind, side), start in zip(ACTS, starts(), strict=True)
    ]
    return staged(picture, Beat(kind="static", start_s=0.0, end_s=MEDIUM.seconds), *acts)


def starts() -> list[float]:
    return [PAUSE_S + i * (LENGTH_S + PAUSE_S) for i in range(len(ACTS))]


def middle(kind: Kind, side: Side | None = None) -> float:
    return starts()[ACTS.index((kind, side))] + LENGTH_S / 2


def looked_at(frame: Pixels) -> Seen:
    """Return what is seen in a frame; there must be a face."""
    face = find_faces(frame)[0]
    anatomy = measure(face, lines=frame.shape[0], head_top=None, spectacles=False)
    zero = np.zeros(1, np.float32)
    eyes = [float((curve_at(e.lower, zero) - curve_at(e.upper, zero))[0]) for e in (anatomy.left, anatomy.right)]
    nose = face.points[4, :2] - (face.points[33, :2] + face.points[263, :2]) / 2
    return Seen(
        left=eyes[0], right=eyes[1], mouth=anatomy.mouth.gap, smile=anatomy.mouth.smile, turned=face.turned,
        nodded=float(nose[1]) / face.width, leaned=face.roll,
    )  # fmt: skip
