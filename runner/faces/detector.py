"""Where faces may be: the BlazeFace network, which looks at 128 x 128 pixels and guesses 896 boxes at once.

The network is best at faces that fill much of the square. What is found here is a *candidate*: only the mesh (`mesh`)
says whether it is a face.
Source of the anchors and the decoding: MediaPipe, `face_detection_short_range` graph options.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np

from ..values import dataclass
from .networks import Floats, Pixels, batch_of, run

SIDE: Final = 128
LAYERS: Final = ((16, 2), (8, 6))  # cells along a side, and anchors in each cell
LEAST: Final = 0.4  # score of a candidate; the mesh weeds out the false ones
OVERLAP: Final = 0.3  # of two candidates that share more than this of their area, the better one stays
_LOGIT_MOST: Final = 80.0  # beyond this exp() overflows


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A square that may hold a face: centre, side, and the roll of the line between its eyes in radians."""

    x: float
    y: float
    side: float
    roll: float


def candidates(pixels: Pixels) -> list[Candidate]:
    """Return what may be faces in the picture, the likeliest first."""
    square, scale = _letterboxed(pixels)
    regressors, logits = run(
        "face_detection_short_range.tflite", batch_of(square, SIDE, scale=1 / 127.5, shift=-1.0),
        ("regressors", "classificators"),
    )  # fmt: skip
    scores = 1.0 / (1.0 + np.exp(-np.clip(logits, -_LOGIT_MOST, _LOGIT_MOST)))
    order = [int(i) for i in np.argsort(-scores, kind="stable") if scores[i] >= LEAST]
    boxes = [_decoded(regressors[i], _ANCHORS[i], scale) for i in order]
    kept: list[Candidate] = []
    for box in boxes:
        if all(_shared(box, other) < OVERLAP for other in kept):
            kept.append(box)
    return kept


def _anchors() -> Floats:
    """Return the centres that the network's boxes are measured from, as shares of the square."""
    rows = [
        ((column + 0.5) / cells, (row + 0.5) / cells)
        for cells, each in LAYERS
        for row in range(cells)
        for column in range(cells)
        for _ in range(each)
    ]
    return np.asarray(rows, np.float32)


_ANCHORS: Final = _anchors()


def _letterboxed(pixels: Pixels) -> tuple[Pixels, float]:
    """Return the picture on a black square, in its upper left corner, and the square's side in pixels."""
    height, width = pixels.shape[:2]
    side = max(height, width)
    ratio = SIDE / side
    small = cv2.resize(
        pixels, (max(1, round(width * ratio)), max(1, round(height * ratio))), interpolation=cv2.INTER_AREA
    )
    square = np.zeros((SIDE, SIDE, 3), np.uint8)
    square[: small.shape[0], : small.shape[1]] = small
    return square, float(side)


def _decoded(row: Floats, anchor: Floats, scale: float) -> Candidate:
    """A row holds centre and size of the box, then six points, of which the first two are the eyes."""
    x, y, width, height = (float(v) / SIDE for v in row[:4])
    right_x, right_y, left_x, left_y = (float(v) for v in row[4:8])
    return Candidate(
        x=(x + float(anchor[0])) * scale, y=(y + float(anchor[1])) * scale, side=max(width, height) * scale,
        roll=math.atan2(left_y - right_y, left_x - right_x),
    )  # fmt: skip


def _shared(one: Candidate, other: Candidate) -> float:
    """Return intersection over union of two squares."""
    across = min(one.x + one.side / 2, other.x + other.side / 2) - max(one.x - one.side / 2, other.x - other.side / 2)
    down = min(one.y + one.side / 2, other.y + other.side / 2) - max(one.y - one.side / 2, other.y - other.side / 2)
    common = max(0.0, across) * max(0.0, down)
    return common / max(1e-9, one.side**2 + other.side**2 - common)
