"""Smiles, brows and sorrow: smooth shifts of the skin, each a bell around a place of the face.

d(p) = sum of a_k exp(-((u / su)^2 + (v / sv)^2) / 2), with (u, v) from the bell's middle in the face's own axes. The
shift at p says how far the skin that is seen there has come, so a picture is sampled at p - d(p). The amounts are in
mouth widths or face widths and were found by looking.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from ..values import dataclass
from .anatomy import Anatomy, EyeShape, MouthShape
from .picture import Soft
from .pose import Pose

RIMS: Final = 0.3  # of the movement of the brows is left behind spectacles, whose rims must stay round
NEGLIGIBLE: Final = 1e-4  # face widths
SMILE_GAIN: Final = (1.1, 0.18, 0.4)
"""A portrait that smiles already is not pushed into a grimace: gain = clip(1.1 - smile / 0.18, 0.4, 1.1)."""
SOBER: Final = 0.7
"""How far a smile of the portrait is taken back at most, in smiles as they are put on others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bell:
    """A shift of (`right`, `down`) world units around (x, y), fading over (`wide`, `high`) world units."""

    x: float
    y: float
    right: float
    down: float
    wide: float
    high: float


def bells(anatomy: Anatomy, pose: Pose) -> list[Bell]:
    """Return the shifts of a pose; empty where nothing of the skin moves."""
    stiff = replace(pose, raised=RIMS * pose.raised, drawn=RIMS * pose.drawn) if anatomy.spectacles else pose
    found = [*_smile(anatomy, pose), *_brows(anatomy, stiff), *_wide_eyes(anatomy, stiff)]
    least = NEGLIGIBLE * anatomy.face.unit
    return [bell for bell in found if abs(bell.right) + abs(bell.down) > least]


def shift(anatomy: Anatomy, moved: list[Bell], x: Soft, y: Soft) -> tuple[Soft, Soft]:
    """Return how far (world units, right and down in the picture) what is seen at (x, y) has come."""
    cos, sin = np.float32(anatomy.face.cos), np.float32(anatomy.face.sin)
    across, along = np.zeros_like(x), np.zeros_like(y)
    for bell in moved:
        right, down = x - np.float32(bell.x), y - np.float32(bell.y)
        u, v = (right * cos + down * sin) / np.float32(bell.wide), (down * cos - right * sin) / np.float32(bell.high)
        weight = np.exp(-0.5 * (u * u + v * v))
        across += np.float32(bell.right) * weight
        along += np.float32(bell.down) * weight
    return across * cos - along * sin, across * sin + along * cos


def _smile(anatomy: Anatomy, pose: Pose) -> Iterator[Bell]:
    """Corners out and up, cheeks up, the middle of the lips down; sorrow pulls the corners down.

    A smile that the portrait has is taken back the same way, by as much of it as there is.
    """
    mouth = anatomy.mouth
    width = mouth.frame.unit
    most, over, least = SMILE_GAIN
    much = pose.smile * min(most, max(least, most - mouth.smile / over)) if pose.smile > 0 else pose.smile
    gone = SOBER * pose.sober * min(1.0, max(0.0, mouth.smile / over))
    wide = max(0.0, much) - gone
    for side in (-1.0, 1.0):
        up = 0.105 * (much - gone) - 0.05 * pose.worried
        corner = _at(mouth, 0.5 * side, 0.0)
        yield Bell(
            x=corner[0], y=corner[1], right=0.075 * side * wide * width, down=-up * width,
            wide=0.33 * width, high=0.30 * width,
        )  # fmt: skip
        cheek = _at(mouth, 0.72 * side, -0.42)
        yield Bell(
            x=cheek[0], y=cheek[1], right=0.0, down=-0.05 * wide * width,
            wide=0.38 * width, high=0.32 * width,
        )  # fmt: skip
    middle = _at(mouth, 0.0, mouth.smile)
    yield Bell(x=middle[0], y=middle[1], right=0.0, down=0.03 * wide * width, wide=0.28 * width, high=0.22 * width)


def _brows(anatomy: Anatomy, pose: Pose) -> Iterator[Bell]:
    width = anatomy.face.unit
    for side, (x, y) in zip((-1.0, 1.0), anatomy.brows, strict=True):
        yield Bell(
            x=x, y=y, right=-0.022 * side * pose.drawn * width,
            down=(-0.060 * pose.raised + 0.032 * pose.drawn) * width, wide=0.17 * width, high=0.105 * width,
        )  # fmt: skip
        inner = x - 0.10 * side * width * anatomy.face.cos, y - 0.10 * side * width * anatomy.face.sin
        yield Bell(
            x=inner[0], y=inner[1], right=0.0, down=-0.035 * pose.worried * width, wide=0.09 * width, high=0.09 * width
        )


def _wide_eyes(anatomy: Anatomy, pose: Pose) -> Iterator[Bell]:
    """With raised brows the upper lids go up a little, the lower ones hardly down: the eyes grow."""
    much = max(0.0, pose.raised - 0.35)
    for eye in (anatomy.right, anatomy.left):
        x, y = _lid(eye)
        width = eye.frame.unit
        yield Bell(x=x, y=y, right=0.0, down=-0.085 * much * width, wide=0.36 * width, high=0.15 * width)


def _at(part: EyeShape | MouthShape, u: float, v: float) -> tuple[float, float]:
    x, y = part.frame.outside(np.array([u], np.float32), np.array([v], np.float32))
    return float(x[0]), float(y[0])


def _lid(eye: EyeShape) -> tuple[float, float]:
    return _at(eye, 0.0, eye.upper[0] - 0.05)
