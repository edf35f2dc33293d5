"""From places to pixels: a frame asks, for each of its pixels, which texel of a layer is seen there.

The shifts of head and skin are smooth, so they are computed on a coarse grid (one point for each cell of the frame, and
one cell more all round) and enlarged. Enlarging smears the outermost half cell, which is why there is one to cut off.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from ..values import dataclass
from .picture import Pixels, Soft
from .plate import Level, Plate
from .view import Matrix, Shape, View

CLEARLY: Final = 0.02  # a weight below this cannot be seen, and its level is not sampled
CELLS: Final = 90  # cells in the height of a frame: 8 pixels each at 720 lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """World places of a frame's coarse grid; a cell is `cell` pixels wide and high."""

    x: Soft
    y: Soft
    cell: int
    shape: Shape

    def moved(self, right: Soft, down: Soft) -> Grid:
        """Return the grid of where things come from, that have been shifted by so much."""
        return Grid(x=self.x - right, y=self.y - down, cell=self.cell, shape=self.shape)


def grid(view: View, body: Matrix, shape: Shape) -> Grid:
    """Return the places that a view shows of a layer; `body` is a further matrix from world to layer."""
    cell = max(2, round(shape.height / CELLS))
    columns = (np.arange(-1, -(-shape.width // cell) + 1) * cell + (cell - 1) / 2).astype(np.float64)
    rows = (np.arange(-1, -(-shape.height // cell) + 1) * cell + (cell - 1) / 2).astype(np.float64)
    matrix = chained(body, view.to_world(shape))
    x = matrix[0, 0] * columns[None, :] + matrix[0, 1] * rows[:, None] + matrix[0, 2]
    y = matrix[1, 0] * columns[None, :] + matrix[1, 1] * rows[:, None] + matrix[1, 2]
    return Grid(x=x.astype(np.float32), y=y.astype(np.float32), cell=cell, shape=shape)


def chained(second: Matrix, first: Matrix) -> Matrix:
    """Return the matrix (2 x 3) that does `first`, then `second`."""
    made: Matrix = second[:, :2] @ first
    made[:, 2] += second[:, 2]
    return made


def sampled(level: Level, places: Grid, *, endless: bool) -> Pixels:
    """Return the frame of what lies at the places: `endless` repeats the layer's edge outside, else there is nothing.

    At the bottom the edge is repeated either way: a body that bobs must not show where the photo ends.
    """
    scale = np.array([level.scale_x, level.scale_y], np.float32)
    coarse = np.dstack([places.x, places.y]) * scale + np.array([level.origin_x, level.origin_y], np.float32)
    np.clip(coarse[:, :, 1], 0.0, np.float32(level.texels.shape[0] - 1), out=coarse[:, :, 1])
    whole, rest = cv2.convertMaps(_enlarged(coarse, places), np.empty(0, np.float32), cv2.CV_16SC2)
    border = cv2.BORDER_REPLICATE if endless else cv2.BORDER_CONSTANT
    return np.asarray(cv2.remap(level.texels, whole, rest, interpolation=cv2.INTER_LINEAR, borderMode=border), np.uint8)


def _enlarged(coarse: Soft, places: Grid) -> Soft:
    cell, shape = places.cell, places.shape
    size = (coarse.shape[1] * cell, coarse.shape[0] * cell)
    fine = cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(fine[cell : cell + shape.height, cell : cell + shape.width], np.float32)


def laid_over(layer: Pixels, behind: Pixels) -> Pixels:
    """Lay a layer (colours times alpha, alpha) on a picture: out = layer + (1 - alpha) behind."""
    through = cv2.bitwise_not(cv2.extractChannel(layer, 3))
    kept = cv2.multiply(behind, cv2.merge((through, through, through)), scale=1.0 / 255.0)
    return np.asarray(cv2.add(cv2.cvtColor(layer, cv2.COLOR_BGRA2BGR), kept), np.uint8)


def warped(plate: Plate, view: View, shape: Shape) -> Pixels:
    """Return what a view shows of a plate on which nothing moves, sampled at about one texel a pixel."""
    levels = between(plate, shape.height / view.height)
    looks = [_straight(level, view, shape) for level, _ in levels]
    return looks[0] if len(looks) == 1 else mixed(looks[0], looks[1], levels[1][1])


def between(plate: Plate, density: float) -> list[tuple[Level, float]]:
    """Return the levels of a plate to sample at a density, with their weights: one, or two that are mixed."""
    coarse, fine, weight = plate.around(density)
    if weight < CLEARLY:
        return [(coarse, 1.0)]
    if weight > 1.0 - CLEARLY:
        return [(fine, 1.0)]
    return [(coarse, 1.0 - weight), (fine, weight)]


def mixed(one: Pixels, other: Pixels, weight: float) -> Pixels:
    """Return the mean of two pictures, `weight` of it the second."""
    return np.asarray(cv2.addWeighted(one, 1.0 - weight, other, weight, 0.0), np.uint8)


def _straight(level: Level, view: View, shape: Shape) -> Pixels:
    matrix: Matrix = np.diag([level.scale_x, level.scale_y]) @ view.to_world(shape)
    matrix[:, 2] += (level.origin_x, level.origin_y)
    seen = cv2.warpAffine(
        level.texels, matrix, (shape.width, shape.height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return np.asarray(seen, np.uint8)
