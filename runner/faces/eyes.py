"""The exact outline of an eye: MediaPipe's iris network, which looks at 64 x 64 pixels of a right eye.

MediaPipe calls that eye the left one, for it lies on the left of the picture. The person's left eye is shown to the
network in a mirror. The square is 2.3 times as wide as the eye (MediaPipe's iris graph).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from ..values import dataclass
from .mesh import placed, square_at
from .networks import Floats, Pixels, batch_of, run

SIDE: Final = 64
MARGIN: Final = 2.3
CORNERS: Final = {"right": (33, 133), "left": (263, 362)}  # mesh points: outer and inner corner
OUTER: Final = 0  # row of the contour that is the outer corner
LOWER: Final = slice(0, 9)  # rows of the contour: outer corner, along the lower lid, inner corner
UPPER: Final = (0, 9, 10, 11, 12, 13, 14, 15, 8)  # the same along the upper lid

MIDDLE: Final = 0.5  # of the way between the corners: an outer corner this far in belongs to no eye that is seen well
NOTHING: Final = 1e-6  # pixels, squared


@dataclass(frozen=True, slots=True, kw_only=True)
class Eye:
    """One eye: both lids from the outer to the inner corner (9 rows of x, y)."""

    upper: Floats
    lower: Floats


def eye(pixels: Pixels, points: Floats, side: str) -> Eye:
    """Return the person's `left` or `right` eye, by the mesh points of the face."""
    outer, inner = (points[i, :2].astype(np.float64) for i in CORNERS[side])
    middle = (outer + inner) / 2
    along = inner - outer if side == "right" else outer - inner
    square, matrix = square_at(
        pixels, x=float(middle[0]), y=float(middle[1]), side=MARGIN * float(np.hypot(*along)),
        roll=math.atan2(float(along[1]), float(along[0])), size=SIDE,
    )  # fmt: skip
    if side == "left":
        square = np.ascontiguousarray(square[:, ::-1])
    (contour,) = run("iris_landmark.tflite", batch_of(square, SIDE, scale=1 / 255), ("output_eyes_contours_and_brows",))
    outline = contour.reshape(-1, 3)[:, :2].copy()
    if side == "left":
        outline[:, 0] = SIDE - 1 - outline[:, 0]
    outline = _drawn_out(placed(outline, matrix), *points[list(CORNERS[side]), :2])
    return Eye(upper=outline[list(UPPER)], lower=outline[LOWER])


def _drawn_out(outline: Floats, outer: Floats, inner: Floats) -> Floats:
    """Bring the outer corner out to where the mesh has it: among dark lashes the network lets an eye end too early."""
    along = outer - inner
    share = (outline - inner) @ along / np.float32(max(float(along @ along), NOTHING))
    if not MIDDLE < share[OUTER] < 1.0:
        return outline
    weight = (share / share[OUTER]).clip(0.0, 1.0)[:, None] ** 2
    return np.asarray(outline + weight * (outer - outline[OUTER]), np.float32)
