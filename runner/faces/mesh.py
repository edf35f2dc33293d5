"""The 468 points of a face, and whether it is one: MediaPipe's face mesh, which looks at 192 x 192 upright pixels.

The network wants the face upright and in the middle of a square half as large again. The first square comes from the
detector, each next one from the points just found, so the third look is centred whatever the first one was. Of a face
that lies on its side the detector sees half the lean: there it takes a few looks more until the square stands still.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from .detector import Candidate
from .networks import Floats, Pixels, batch_of, not_much_larger, run

SIDE: Final = 192
MARGIN: Final = 1.5  # side of the network's square, in sides of the face's box
LOOKS: Final = (3, 7)  # at least, and at most
SETTLED: Final = math.radians(8.0)  # a look that turns the square less was upright enough
POINTS: Final = 468
RIGHT_EYE_OUTER: Final = 33
LEFT_EYE_OUTER: Final = 263


def mesh(pixels: Pixels, candidate: Candidate) -> tuple[Floats, float]:
    """Return the points of a candidate (468 rows of x, y, z in pixels, z away from the viewer), and a score 0 to 1."""
    points, score = np.zeros((POINTS, 3), np.float32), 0.0
    for look in range(1, LOOKS[1] + 1):
        points, score = _look(pixels, candidate)
        before, candidate = candidate, _around(points)
        if look >= LOOKS[0] and abs(math.remainder(candidate.roll - before.roll, math.tau)) < SETTLED:
            break
    return points, score


def square_at(pixels: Pixels, *, x: float, y: float, side: float, roll: float, size: int) -> tuple[Pixels, Floats]:
    """Return a rotated square of the picture in `size` x `size` pixels, and the matrix from these to the picture's.

    Pixel centres lie at whole numbers on both sides, so a place keeps its place to the fraction of a pixel.
    """
    unit = side / size
    cos, sin = unit * math.cos(roll), unit * math.sin(roll)
    middle = (size - 1) / 2
    matrix = np.array(
        [[cos, -sin, x - cos * middle + sin * middle], [sin, cos, y - sin * middle - cos * middle]], np.float32
    )
    flags = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    source, scale = not_much_larger(pixels, unit)
    shrunk = matrix.copy() / np.float32(scale)
    return np.asarray(cv2.warpAffine(source, shrunk, (size, size), flags=flags), np.uint8), matrix


def placed(points: Floats, matrix: Floats) -> Floats:
    """Return points (x, y, further columns scaled alike) of a square as places of the picture."""
    moved = points.copy()
    moved[:, :2] = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    moved[:, 2:] *= np.float32(math.hypot(float(matrix[0, 0]), float(matrix[1, 0])))
    return moved


def _look(pixels: Pixels, candidate: Candidate) -> tuple[Floats, float]:
    square, matrix = square_at(
        pixels, x=candidate.x, y=candidate.y, side=candidate.side * MARGIN, roll=candidate.roll, size=SIDE
    )
    flat, logit = run("face_landmark.tflite", batch_of(square, SIDE, scale=1 / 255), ("conv2d_21", "conv2d_31"))
    score = 1.0 / (1.0 + math.exp(-min(max(float(logit), -60.0), 60.0)))
    return placed(flat.reshape(POINTS, 3), matrix), score


def _around(points: Floats) -> Candidate:
    """Return the upright square around points that were found."""
    right, left = points[RIGHT_EYE_OUTER], points[LEFT_EYE_OUTER]
    roll = math.atan2(float(left[1] - right[1]), float(left[0] - right[0]))
    cos, sin = math.cos(roll), math.sin(roll)
    turned: npt.NDArray[np.float32] = points[:, :2] @ np.array([[cos, -sin], [sin, cos]], np.float32)
    low, high = turned.min(axis=0), turned.max(axis=0)
    u, v = (float(c) for c in (low + high) / 2)
    return Candidate(x=u * cos - v * sin, y=u * sin + v * cos, side=float((high - low).max()), roll=roll)
