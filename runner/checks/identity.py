"""Is it still the person of the portrait? Of each frame looked at, the face that is closest to the portrait's counts.

The 128 numbers of a face are made, compared and dropped within one call; what is kept is a distance for each frame.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from ..faces.embedding import distance, embedding
from ..faces.finding import find_faces
from ..faces.networks import Floats, Pixels
from ..judgement import DIGITS, Likeness
from ..pictures import colours

PORTRAIT_SIDE: Final = 1600
"""Pixels to which the longer side of a portrait is reduced."""
CLOSER_LOOKS: Final = 4
"""Frames without a face at first sight in which smaller parts are searched, too: that takes as long as ten others."""


def read_portrait(content: bytes) -> Pixels | None:
    """Return the pixels of a portrait, upright by its EXIF orientation; None for bytes that are no picture."""
    picture = colours(content)  # OpenCV's own readers tell the terminal what they think of a colour profile
    if picture is None:
        return None
    pixels = np.asarray(picture)[:, :, ::-1]
    ratio = PORTRAIT_SIDE / max(pixels.shape[:2])
    if ratio < 1.0:
        size = (max(1, round(pixels.shape[1] * ratio)), max(1, round(pixels.shape[0] * ratio)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(pixels, np.uint8)


def frames_to_look_at(frames: int, *, at_most: int) -> tuple[int, ...]:
    """Return the numbers of frames, from 0, that stand for a video of so many: spread evenly, none at the very ends."""
    count = min(frames, at_most)
    return tuple((2 * i + 1) * frames // (2 * count) for i in range(count))


class LikenessMeter:
    """Takes the frames of one video that are looked at, and holds each against the portrait."""

    def __init__(self, portrait: Pixels | None) -> None:
        """Measure the largest face of the portrait."""
        faces = () if portrait is None else find_faces(portrait)
        self._wanted: Floats | None = embedding(portrait, faces[0]) if portrait is not None and faces else None
        self._distances: list[float | None] = []
        self._closer_looks = CLOSER_LOOKS

    def see(self, pixels: Pixels) -> None:
        """Take in the next frame, in blue, green and red."""
        if self._wanted is None:
            return
        faces = find_faces(pixels, closer=False)
        if not faces and self._closer_looks:
            self._closer_looks -= 1
            faces = find_faces(pixels)
        found = min((distance(self._wanted, embedding(pixels, face)) for face in faces), default=None)
        self._distances.append(None if found is None else round(found, DIGITS))

    def measured(self) -> Likeness:
        """Return the distances, one for each frame."""
        return Likeness(distances=None if self._wanted is None else tuple(self._distances))
