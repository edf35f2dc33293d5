"""A piece of a picture at one size, to be painted on: its texels, and where in the world they lie.

A painter takes a region, computes in a part's own frame (`anatomy`) where each texel's new colour comes from, and
writes the region back. A canvas is made for one frame of the film, is painted by that frame alone, and is not kept.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from ..values import dataclass
from .anatomy import Frame
from .picture import Pixels, Soft


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """Texels of 3 or 4 channels; world (x, y) lies at (x * scale_x + origin_x, y * scale_y + origin_y).

    The two scales differ by less than a texel over the whole picture: its sides are whole numbers of texels.
    """

    texels: Pixels
    scale_x: float
    scale_y: float
    origin_x: float
    origin_y: float

    def region(self, frame: Frame, *, u: tuple[float, float], v: tuple[float, float]) -> Region | None:
        """Return the upright rectangle around a rectangle of a frame, or None where none of it is on the canvas."""
        corners_u = np.array([u[0], u[1], u[0], u[1]], np.float32)
        corners_v = np.array([v[0], v[0], v[1], v[1]], np.float32)
        x, y = frame.outside(corners_u, corners_v)
        left, right = (float(f(x)) * self.scale_x + self.origin_x for f in (np.min, np.max))
        top, bottom = (float(f(y)) * self.scale_y + self.origin_y for f in (np.min, np.max))
        rows, columns = self.texels.shape[:2]
        x0, x1 = max(0, math.floor(left)), min(columns, math.ceil(right) + 1)
        y0, y1 = max(0, math.floor(top)), min(rows, math.ceil(bottom) + 1)
        if x1 - x0 < 2 or y1 - y0 < 2:  # noqa: PLR2004 - nothing to interpolate between
            return None
        return Region(canvas=self, frame=frame, left=x0, top=y0, right=x1, bottom=y1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A rectangle of a canvas, seen in a part's frame."""

    canvas: Canvas
    frame: Frame
    left: int
    top: int
    right: int
    bottom: int

    @property
    def texel(self) -> float:
        """Return the size of one texel in units of the frame."""
        return 1.0 / (self.canvas.scale_y * self.frame.unit)

    @property
    def pixels(self) -> Pixels:
        """Return the region's own part of the canvas; writing to it paints."""
        return self.canvas.texels[self.top : self.bottom, self.left : self.right]

    def places(self) -> tuple[Soft, Soft]:
        """Return u and v of every texel of the region."""
        columns = np.arange(self.left, self.right, dtype=np.float32)
        rows = np.arange(self.top, self.bottom, dtype=np.float32)
        x = (columns - np.float32(self.canvas.origin_x)) / np.float32(self.canvas.scale_x)
        y = (rows - np.float32(self.canvas.origin_y)) / np.float32(self.canvas.scale_y)
        return self.frame.inside(x[None, :], y[:, None])

    def texels_at(self, u: Soft, v: Soft) -> tuple[Soft, Soft]:
        """Return the columns and rows of the canvas at places of the frame."""
        x, y = self.frame.outside(u, v)
        canvas = self.canvas
        return (
            x * np.float32(canvas.scale_x) + np.float32(canvas.origin_x),
            y * np.float32(canvas.scale_y) + np.float32(canvas.origin_y),
        )

    def taken_from(self, u: Soft, v: Soft) -> Soft:
        """Return the colours that now lie at (u, v), a place for each texel of the region."""
        columns, rows = self.texels_at(u, v)
        taken = cv2.remap(
            self.canvas.texels, columns, rows, interpolation=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(taken, np.float32)

    def paint(self, colours: Soft) -> None:
        """Write colours over the whole region."""
        self.pixels[:] = (colours + np.float32(0.5)).clip(0.0, 255.0).astype(np.uint8)


def edge(distance: Soft, texel: float, *, softness: float = 1.4) -> Soft:
    """Return 0 to 1 across an edge that is `softness` texels wide; `distance` is in units of the frame."""
    return np.asarray((distance / np.float32(softness * texel) + np.float32(0.5)).clip(0.0, 1.0), np.float32)
