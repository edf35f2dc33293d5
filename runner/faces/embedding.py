"""Who a face is, as 128 numbers: dlib's face network, which was trained so that distance tells people apart.

Two faces of one person lie less than about 0.6 apart, those of two people further. The network wants the face turned
upright and laid on a template by five points: the four corners of the eyes and the base of the nose.
An embedding is biometric data: it is returned, used and forgotten, and must not be written anywhere.
Source of template, padding and means: dlib, `get_face_chip_details` and `dnn_face_recognition_ex` (D. King).
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from .finding import Face
from .networks import Floats, Pixels, not_much_larger, run

SIDE: Final = 150
PADDING: Final = 0.25  # of the template's side, left around it
MEAN: Final = (122.782, 117.001, 104.298)  # red, green, blue
TEMPLATE: Final = np.array(
    [
        [0.1205750620789, 0.2137274526848],
        [0.3340850613712, 0.2290642403242],
        [0.6460604764104, 0.2289674387677],
        [0.8595674595992, 0.2134981538014],
        [0.4901123135679, 0.6277975316475],
    ]
)
"""Where the five points lie, in shares of the template: right eye's outer and inner corner, left eye's, nose."""
POINTS: Final = (33, 133, 362, 263, 2)
"""The same five among the points of the mesh."""


def embedding(pixels: Pixels, face: Face) -> Floats:
    """Return the 128 numbers of a face in a picture."""
    rgb = cv2.cvtColor(chip(pixels, face), cv2.COLOR_BGR2RGB).astype(np.float32)
    batch = (rgb - np.array(MEAN, np.float32)) / np.float32(256.0)
    return run("face_embed_f16.onnx", np.ascontiguousarray(batch.transpose(2, 0, 1)[None]), ("embedding",))[0]


def distance(one: Floats, other: Floats) -> float:
    """Return how far two embeddings lie apart: 0 is the same picture, about 0.6 the border between two people."""
    return float(np.linalg.norm(one - other))


def chip(pixels: Pixels, face: Face) -> Pixels:
    """Return the face as the network takes it: upright, on the template, 150 x 150 pixels."""
    target = (TEMPLATE + PADDING) / (1.0 + 2.0 * PADDING) * SIDE
    turn, shift = _laid_on(face.points[list(POINTS), :2].astype(np.float64), target)
    source, factor = not_much_larger(pixels, 1.0 / max(abs(turn), 1e-6))
    turn *= factor
    matrix = np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])
    return np.asarray(cv2.warpAffine(source, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR), np.uint8)


def _laid_on(points: npt.NDArray[np.float64], target: npt.NDArray[np.float64]) -> tuple[complex, complex]:
    """Return the turn-and-size and the shift that lay points on a target with least squares: z -> turn z + shift."""
    here, there = points @ (1.0, 1j), target @ (1.0, 1j)
    one, other = here - here.mean(), there - there.mean()
    turn = complex(np.vdot(one, other) / np.vdot(one, one).real)
    return turn, complex(there.mean() - turn * here.mean())
