"""What a camera sees, and the matrices between the pixels of a frame and the places of the world."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ..values import dataclass

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The size and length of a clip."""

    width: int = 1280
    height: int = 720
    fps: int = 25
    seconds: float = 6.0

    @property
    def frames(self) -> int:
        """Return the number of frames."""
        return max(1, round(self.fps * self.seconds))


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the camera sees: the frame's centre and height in world units, and its roll in radians."""

    x: float
    y: float
    height: float
    roll: float

    def to_world(self, shape: Shape) -> Matrix:
        """Return the matrix (2 x 3) from a pixel of the frame to a place of the world."""
        unit = self.height / shape.height
        cos, sin = unit * math.cos(self.roll), unit * math.sin(self.roll)
        across, down = (shape.width - 1) / 2, (shape.height - 1) / 2
        return np.array(
            [
                [cos, -sin, self.x - cos * across + sin * down],
                [sin, cos, self.y - sin * across - cos * down],
            ]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A part of the world: left, top, right and bottom in world units."""

    left: float
    top: float
    right: float
    bottom: float


def seen(view: View, shape: Shape) -> Box:
    """Return the upright box around what a view shows."""
    half_height = view.height / 2
    half_width = half_height * shape.width / shape.height
    cos, sin = abs(math.cos(view.roll)), abs(math.sin(view.roll))
    across, down = half_width * cos + half_height * sin, half_width * sin + half_height * cos
    return Box(left=view.x - across, top=view.y - down, right=view.x + across, bottom=view.y + down)


def together(boxes: list[Box]) -> Box:
    """Return the box around boxes."""
    return Box(
        left=min(b.left for b in boxes), top=min(b.top for b in boxes),
        right=max(b.right for b in boxes), bottom=max(b.bottom for b in boxes),
    )  # fmt: skip
