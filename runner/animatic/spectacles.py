"""Whether somebody wears spectacles: a bridge crosses the nose, and rims cross the cheeks below the eyes.

Skin is smooth along these two lines; a rim is a dark or bright stroke *across* the way one looks along. Measured is how
much the brightness changes down the picture in narrow strips, in the face's own brightness.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from ..faces.finding import Face
from ..faces.mesh import square_at
from .picture import Pixels, Soft

SIDE: Final = 160  # pixels of the upright face that is looked at; its width is FACE of that
FACE: Final = 0.7


def wears_spectacles(picture: Pixels, face: Face) -> bool:
    """Return whether rims were found, both on the nose and below the eyes."""
    bridge, rims = _strokes(picture, face)
    return bridge > BRIDGE and rims > RIMS


BRIDGE: Final = 0.12  # measured without spectacles 0.01 to 0.08, with 0.15 (thin, of horn) to 0.59
RIMS: Final = 0.10  # measured without 0.01 to 0.13 (folds of a laughing face), with 0.12 to 0.54


def _strokes(picture: Pixels, face: Face) -> tuple[float, float]:
    """Return how strong a stroke crosses the bridge of the nose, and the weaker one of those below the two eyes."""
    eyes = (face.points[33, :2] + face.points[263, :2]) / 2
    square, matrix = square_at(
        picture, x=float(eyes[0]), y=float(eyes[1]), side=face.width / FACE, roll=face.roll, size=SIDE
    )
    grey = cv2.cvtColor(square, cv2.COLOR_BGR2GRAY).astype(np.float32)
    inverse = np.linalg.inv(np.vstack([matrix.astype(np.float64), [0.0, 0.0, 1.0]]))[:2]
    places = face.points[:, :2].astype(np.float64) @ inverse[:, :2].T + inverse[:, 2]
    light = float(np.median(grey[SIDE // 2 : SIDE * 7 // 8, SIDE // 4 : SIDE * 3 // 4])) + 16.0
    inner = (places[133] + places[362]) / 2
    width = abs(float(places[362, 0] - places[133, 0]))
    bridge = _stroke(grey, inner[0], inner[1] + 0.05 * width, 0.16 * width, 0.55 * width) / light
    below = [
        _stroke(grey, x, y + 0.62 * eye, 0.35 * eye, 0.42 * eye) / light
        for (x, y), eye in ((_eye(places, 33, 133)), (_eye(places, 362, 263)))
    ]
    return bridge, min(below)


def _eye(places: Soft, one: int, other: int) -> tuple[tuple[float, float], float]:
    middle = (places[one] + places[other]) / 2
    return (float(middle[0]), float(middle[1])), float(np.hypot(*(places[one] - places[other])))


def _stroke(grey: Soft, x: float, y: float, half_width: float, half_height: float) -> float:
    """Return the strongest bright-dark-bright or dark-bright-dark stroke that crosses a whole strip."""
    top, bottom = max(0, round(y - half_height)), min(grey.shape[0], round(y + half_height) + 1)
    left, right = max(0, round(x - half_width)), min(grey.shape[1], round(x + half_width) + 1)
    if bottom - top < 8 or right - left < 2:  # noqa: PLR2004 - too small to say
        return 0.0
    profile = np.median(grey[top:bottom, left:right], axis=1)
    smooth = cv2.GaussianBlur(profile.reshape(-1, 1), (1, 0x1F), 0, sigmaY=5.0, borderType=cv2.BORDER_REPLICATE).ravel()
    return float(np.abs(profile - smooth)[2:-2].max())
