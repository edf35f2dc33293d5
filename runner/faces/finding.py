"""The faces of a picture: the detector proposes, the mesh confirms; failing that, parts are looked at closer.

A detector's hit counts only when the mesh says that it is a face (measured: without that rule a false hit on an object
in the background hid the real face in 4 of 12 wide pictures, with it in none).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from ..values import dataclass
from .detector import Candidate, candidates
from .eyes import Eye, eye
from .mesh import mesh
from .networks import Floats, Pixels

CONFIRMED: Final = 0.5  # the mesh's score of a face
SURE: Final = 0.995  # and of one that stands as it was looked at; upside down the same face has 0.05 to 0.993
TILES: Final = (0.6, 0.4, 0.25)  # sides of the closer looks, in long sides of the picture; half of each overlaps
TOO_SMALL: Final = 24.0  # pixels; the mesh invents a face in anything smaller
NOSE_TIP: Final = 4
RIGHT_SIDE: Final = 234
LEFT_SIDE: Final = 454
PROFILE: Final = 0.55  # of `turned`, beyond which one eye is hidden


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A confirmed face: its mesh (468 rows of x, y, z in pixels), its eyes, the network's score."""

    points: Floats
    right: Eye
    left: Eye
    score: float

    @property
    def width(self) -> float:
        """Return the width between the sides of the face, in pixels."""
        return float(np.hypot(*(self.points[LEFT_SIDE, :2] - self.points[RIGHT_SIDE, :2])))

    @property
    def height(self) -> float:
        """Return the height from the hairline to the chin, in pixels."""
        return float(np.hypot(*(self.points[152, :2] - self.points[10, :2])))

    @property
    def roll(self) -> float:
        """Return how far the head leans, in radians: positive when its right eye is the higher one in the picture."""
        across = self.points[263, :2] - self.points[33, :2]
        return math.atan2(float(across[1]), float(across[0]))

    @property
    def turned(self) -> float:
        """Return how far the face is turned: 0 is frontal, 1 a full profile, positive to the viewer's right."""
        to_left, to_right = (
            float(np.hypot(*(self.points[NOSE_TIP, :2] - self.points[i, :2]))) for i in (RIGHT_SIDE, LEFT_SIDE)
        )
        return (to_left - to_right) / max(to_left + to_right, 1e-6)

    @property
    def is_profile(self) -> bool:
        """Return whether the face is turned so far that one eye is hidden."""
        return abs(self.turned) > PROFILE


def find_faces(pixels: Pixels, *, closer: bool = True) -> tuple[Face, ...]:
    """Return the confirmed faces, the largest first; empty when there is none.

    Without `closer` the picture is looked at once, as a whole: ten times as fast where there is no face.
    """
    for look in _looks(pixels) if closer else [candidates(pixels)]:
        found = [face for candidate in look if (face := _confirmed(pixels, candidate)) is not None]
        if found:
            return tuple(_distinct(sorted(found, key=lambda face: -face.width)))
    return ()


def _looks(pixels: Pixels) -> Iterator[list[Candidate]]:
    """Give the candidates of the whole picture, then those of ever smaller parts of it."""
    yield candidates(pixels)
    height, width = pixels.shape[:2]
    for share in TILES:
        side = max(64, round(share * max(height, width)))
        yield [
            replace(candidate, x=candidate.x + left, y=candidate.y + top)
            for top in _starts(height, side)
            for left in _starts(width, side)
            for candidate in candidates(np.ascontiguousarray(pixels[top : top + side, left : left + side]))
        ]


def _starts(length: int, side: int) -> list[int]:
    if length <= side:
        return [0]
    count = math.ceil((length - side) / (side / 2)) + 1
    return [round(i * (length - side) / (count - 1)) for i in range(count)]


def _confirmed(pixels: Pixels, candidate: Candidate) -> Face | None:
    if candidate.side < TOO_SMALL:
        return None
    points, score = _seen(pixels, candidate)
    if score < CONFIRMED or not np.isfinite(points).all():
        return None
    face = Face(points=points, right=eye(pixels, points, "right"), left=eye(pixels, points, "left"), score=score)
    return face if face.width >= TOO_SMALL and _is_sound(face) else None


def _seen(pixels: Pixels, candidate: Candidate) -> tuple[Floats, float]:
    """Look at a candidate; one that is not surely a face may stand on its head, which the detector does not tell."""
    points, score = mesh(pixels, candidate)
    if score < SURE:
        turned, surely = mesh(pixels, replace(candidate, roll=candidate.roll + math.pi))
        if surely >= SURE:
            return turned, surely
    return points, score


def _is_sound(face: Face) -> bool:
    """The features of a face stand in order from the hairline to the chin; points invented in a texture do not."""
    axis = face.points[152, :2] - face.points[10, :2]
    heights = [float(face.points[i, :2] @ axis) for i in (10, 6, NOSE_TIP, 13, 152)]
    return all(upper < lower for upper, lower in pairwise(heights))


def _distinct(faces: list[Face]) -> Iterator[Face]:
    """Give each face once: overlapping tiles find the same one again."""
    taken: list[Face] = []
    for face in faces:
        nose = face.points[NOSE_TIP, :2]
        if all(float(np.hypot(*(nose - other.points[NOSE_TIP, :2]))) > 0.5 * other.width for other in taken):
            taken.append(face)
            yield face
