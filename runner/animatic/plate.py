"""The plate: the portrait with its surroundings, painted once per clip, as large as the camera's path needs.

A frame is a window on the plate. The plate is kept at several resolutions, a factor of the square root of two apart, so
that a frame is sampled at about one texel a pixel and never shimmers (`frame` blends two neighbours). Beside a narrow
portrait lies the picture itself, mirrored, blurred and darkened: a clean field that does not draw the eye.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np

from ..values import dataclass
from .easing import smooth
from .picture import Pixels, Soft
from .view import Box

STEP: Final = math.sqrt(2.0)
SMOOTH: Final = 1.3  # a frame that takes so many lines for one shows no shimmer
FIELD_LINES: Final = 160  # texels per world unit of the surroundings: they are blurred anyway
FEATHER: Final = 0.035  # world units over which the portrait fades into its surroundings
SOFTER: Final = 0.13  # the same behind a person who is cut out: what is lost there is only background
BLUR: Final = 0.055  # world units, standard deviation
DARKEST: Final = 0.42  # brightness of the surroundings far from the portrait
FADE: Final = 0.5  # world units from the edge of the portrait to the darkest place


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The plate at one resolution: world (x, y) lies at texel (x * scale_x + origin_x, y * scale_y + origin_y)."""

    texels: Pixels
    density: float
    scale_x: float
    scale_y: float
    origin_x: float
    origin_y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """All resolutions, coarsest first."""

    levels: tuple[Level, ...]

    def around(self, density: float) -> tuple[Level, Level, float]:
        """Return the two levels next to `density` texels per world unit, and the weight of the finer one."""
        place = math.log(density / self.levels[0].density) / math.log(STEP)
        place = min(max(place, 0.0), float(len(self.levels) - 1))
        coarse = min(int(place), max(0, len(self.levels) - 2))
        return self.levels[coarse], self.levels[min(coarse + 1, len(self.levels) - 1)], place - coarse


def paint_plate(picture: Pixels, box: Box, *, coarsest: float, finest: float, feather: float = FEATHER) -> Plate:
    """Return the plate of `box` for frames of `coarsest` to `finest` pixels per world unit."""
    field = _surroundings(picture, box)
    sizes = densities(picture.shape[0], coarsest=coarsest, finest=finest)
    return Plate(levels=tuple(_level(picture, field, box, density, feather) for density in sizes))


def densities(lines: int, *, coarsest: float, finest: float) -> tuple[float, ...]:
    """Return the resolutions to keep of a picture with so many lines, in texels per world unit.

    Only what has detail can shimmer. An enlarged picture has none finer than its own lines, so above `SMOOTH` times
    those one resolution serves all: the finest. Below, the steps are a factor of the square root of two.
    """
    if lines <= SMOOTH * coarsest:
        return (finest,)
    count = max(1, math.ceil(math.log(finest / coarsest) / math.log(STEP) - 1e-6) + 1)
    return tuple(coarsest * STEP**i for i in range(count))


def _level(picture: Pixels, field: Soft, box: Box, density: float, feather: float) -> Level:
    height = max(2, round(density))
    width = max(2, round(density * picture.shape[1] / picture.shape[0]))
    aspect = picture.shape[1] / picture.shape[0]
    left, top = math.floor(box.left * width / aspect), math.floor(box.top * height)
    right, bottom = math.ceil(box.right * width / aspect), math.ceil(box.bottom * height)
    resized = _resized(picture, width, height)
    cut = resized[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    inside = left >= 0 and top >= 0 and right <= width and bottom <= height
    texels = np.ascontiguousarray(cut)
    if not inside:
        bed = np.asarray(cv2.resize(field, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR), np.float32)
        _lay(bed, cut, at=(max(0, -left), max(0, -top)), cover=_cover(box, width, height, feather * density))
        texels = (bed + 0.5).astype(np.uint8)
    return Level(
        texels=texels, density=density, scale_x=width / aspect, scale_y=float(height),
        origin_x=-left - 0.5, origin_y=-top - 0.5,
    )  # fmt: skip


def _resized(picture: Pixels, width: int, height: int) -> Pixels:
    shrinks = height <= picture.shape[0]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (width, height), interpolation=method), dtype=np.uint8)


def _cover(box: Box, width: int, height: int, feather: float) -> Soft:
    """Return the portrait's opacity: it fades, in so many texels, only towards sides that the camera can see beyond."""
    feather = max(1.0, feather)
    columns, rows = np.arange(width, dtype=np.float32) + 0.5, np.arange(height, dtype=np.float32) + 0.5
    aspect = width / height
    across = _ramp(columns, feather, near=box.left < 0.0, far=box.right > aspect)
    down = _ramp(rows, feather, near=box.top < 0.0, far=box.bottom > 1.0)
    left, top = max(0, math.floor(box.left * width / aspect)), max(0, math.floor(box.top * height))
    return (down[top:, None] * across[None, left:]).astype(np.float32)


def _ramp(places: Soft, feather: float, *, near: bool, far: bool) -> Soft:
    distance = np.full_like(places, np.inf)
    if near:
        distance = np.minimum(distance, places)
    if far:
        distance = np.minimum(distance, places[::-1])
    t = np.clip(distance / feather, 0.0, 1.0)
    return np.asarray(smooth(t), np.float32)


def _lay(texels: Soft, cut: Pixels, *, at: tuple[int, int], cover: Soft) -> None:
    left, top = at
    part = texels[top : top + cut.shape[0], left : left + cut.shape[1]]
    alpha = cover[: part.shape[0], : part.shape[1], None]
    part += alpha * (cut[: part.shape[0], : part.shape[1]].astype(np.float32) - part)


def _surroundings(picture: Pixels, box: Box) -> Soft:
    """Return the field for the whole box: near the portrait's edge it continues it, further out it grows dark."""
    aspect = picture.shape[1] / picture.shape[0]
    small = _resized(picture, max(2, round(FIELD_LINES * aspect)), FIELD_LINES)
    pads = [
        math.ceil(max(0.0, beyond) * FIELD_LINES) + 2
        for beyond in (-box.top, box.bottom - 1.0, -box.left, box.right - aspect)
    ]
    wide = np.pad(small, ((pads[0], pads[1]), (pads[2], pads[3]), (0, 0)), mode="symmetric").astype(np.float32)
    blurred = cv2.GaussianBlur(wide, (0, 0), BLUR * FIELD_LINES, borderType=cv2.BORDER_REPLICATE)
    dimmed = np.asarray(blurred, np.float32) * _dimming(small.shape[:2], pads)[:, :, None]
    return _window(dimmed, box, aspect, pads)


def _dimming(shape: tuple[int, ...], pads: list[int]) -> Soft:
    rows = np.arange(-pads[0], shape[0] + pads[1], dtype=np.float32)
    columns = np.arange(-pads[2], shape[1] + pads[3], dtype=np.float32)
    above = np.maximum(0.0, np.maximum(-rows, rows - shape[0] + 1))
    beside = np.maximum(0.0, np.maximum(-columns, columns - shape[1] + 1))
    t = np.clip(np.hypot(above[:, None], beside[None, :]) / (FADE * FIELD_LINES), 0.0, 1.0)
    return (1.0 - (1.0 - DARKEST) * t * (2.0 - t)).astype(np.float32)


def _window(field: Soft, box: Box, aspect: float, pads: list[int]) -> Soft:
    """Cut the box out of the padded field, to the texel of the small scale."""
    width = field.shape[1] - pads[2] - pads[3]
    left = round(box.left * width / aspect) + pads[2]
    right = round(box.right * width / aspect) + pads[2]
    top, bottom = round(box.top * FIELD_LINES) + pads[0], round(box.bottom * FIELD_LINES) + pads[0]
    return np.ascontiguousarray(field[max(0, top) : bottom, max(0, left) : right])
