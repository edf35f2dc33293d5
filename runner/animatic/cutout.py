"""The person, cut out: its own colours, alpha, and sides that end softly where the photo cut them.

Colours are kept multiplied by alpha, so that sampling between texels never mixes in what is not the person, and laying
the person on a background is one addition: out = person + (1 - alpha) background.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np

from ..values import dataclass
from .easing import smooth
from .filling import fill
from .picture import Pixels, Soft
from .plate import Level, densities

CUT: Final = 0.04  # mean alpha along a side above which the photo cuts the person there
PAD: Final = 0.22  # of the photo's width, added at such a side
ENLARGED: Final = 3.0  # times the photo's own lines: more texels than that hold nothing more
SHARPEN: Final = 0.35  # of the difference to a blurred copy, for an enlarged photo
SOLID: Final = 250  # alpha below which an enlarged texel lies at the edge: sharpened, the photo's pixels show as steps
DEFOCUS: Final = 0.0022  # of the photo's longer side: blur of the background


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutout:
    """The person at all resolutions, coarsest first; texels are blue, green, red (each times alpha) and alpha."""

    levels: tuple[Level, ...]

    def near(self, density: float) -> tuple[tuple[Level, float], ...]:
        """Return the level to sample at `density` texels per world unit, or two with weights around a change-over."""
        place = [math.log(density / level.density) / math.log(2.0) for level in self.levels]
        for i, above in enumerate(place):
            if above <= CHANGE[0] or i == len(place) - 1:
                return ((self.levels[i], 1.0),)
            if above < CHANGE[1]:
                share = (above - CHANGE[0]) / (CHANGE[1] - CHANGE[0])
                return ((self.levels[i], 1.0 - share), (self.levels[i + 1], share))
        raise AssertionError(density)


CHANGE: Final = (0.0, 0.12)
"""In octaves of enlargement: below the first a level is sampled alone, above the second the next one takes over."""


def background(picture: Pixels, alpha: Soft) -> Pixels:
    """Return the picture with the person taken out, filled from around, a little out of focus."""
    size = max(picture.shape)
    reach = max(3, round(size / 90)) | 1
    near = np.asarray(cv2.dilate((alpha > 0.02).astype(np.uint8), np.ones((reach, reach), np.uint8)), np.float32)  # noqa: PLR2004
    small = min(1.0, 640 / size)
    shape = (max(4, round(picture.shape[1] * small)), max(4, round(picture.shape[0] * small)))
    known = 1.0 - np.asarray(cv2.resize(near, shape, interpolation=cv2.INTER_AREA), np.float32)
    colours = np.asarray(cv2.resize(picture, shape, interpolation=cv2.INTER_AREA), np.float32)
    filled = np.asarray(cv2.resize(fill(colours, (known > 0.99).astype(np.float32)), picture.shape[1::-1]), np.float32)  # noqa: PLR2004
    soft = np.asarray(cv2.GaussianBlur(near, (0, 0), reach / 2), np.float32)[:, :, None]
    mixed = picture + np.maximum(soft, near[:, :, None]) * (filled - picture)
    return np.asarray(cv2.GaussianBlur(mixed, (0, 0), DEFOCUS * size) + 0.5, np.float32).clip(0, 255).astype(np.uint8)


def cut_out(picture: Pixels, alpha: Soft, behind: Pixels, *, coarsest: float, finest: float) -> Cutout:
    """Return the person at the resolutions that frames of `coarsest` to `finest` pixels per world unit need."""
    lines = picture.shape[0]
    clean = _clean(picture.astype(np.float32), alpha, behind.astype(np.float32))
    layer = np.dstack([clean * alpha[:, :, None], 255.0 * alpha])
    padded, left = _padded((layer + 0.5).clip(0, 255).astype(np.uint8))
    top, bottom, first, last = _extent(padded)
    piece = np.ascontiguousarray(padded[top:bottom, first:last])
    finest = max(min(finest, ENLARGED * lines), min(coarsest, ENLARGED * lines))
    sizes = densities(lines, coarsest=min(coarsest, finest), finest=finest)
    return Cutout(levels=tuple(_level(piece, density, lines, first - left, top) for density in sizes))


def _clean(picture: Soft, alpha: Soft, behind: Soft) -> Soft:
    """Take the background's share out of mixed pixels: F = F0 + a (I - a F0 - (1 - a) B).

    F0 is the person's colour nearby: it stands where a is small and the pixel says little; where a is 1 the pixel is F.
    """
    sigma = max(2.0, max(alpha.shape) / 150)
    weight = np.asarray(cv2.GaussianBlur(alpha, (0, 0), sigma), np.float32)
    summed = np.asarray(cv2.GaussianBlur(picture * alpha[:, :, None], (0, 0), sigma), np.float32)
    nearby = summed / np.maximum(weight, 1e-3)[:, :, None]
    a = alpha[:, :, None]
    return np.asarray((nearby + a * (picture - a * nearby - (1.0 - a) * behind)).clip(0.0, 255.0), np.float32)


def _padded(layer: Pixels) -> tuple[Pixels, int]:
    """Continue the person beyond a side that cuts it: the last columns, ever more blurred, fading away."""
    width = max(4, round(PAD * layer.shape[1]))
    cut_left, cut_right = (float(layer[:, i, 3].mean()) > CUT * 255 for i in (0, -1))
    left, right = width if cut_left else 0, width if cut_right else 0
    if not left + right:
        return layer, 0
    wide = np.asarray(cv2.copyMakeBorder(layer, 0, 0, left, right, cv2.BORDER_REPLICATE), np.uint8)
    if left:
        wide[:, :left] = _faded(wide[:, :left][:, ::-1])[:, ::-1]
    if right:
        wide[:, -right:] = _faded(wide[:, -right:])
    return wide, left


def _faded(strip: Pixels) -> Pixels:
    """Blur and fade a strip from its first column outwards."""
    soft = np.asarray(cv2.GaussianBlur(strip, (1, 0x1F), 0, sigmaY=max(1.0, strip.shape[0] / 60)), np.float32)
    t = np.linspace(0.0, 1.0, strip.shape[1], dtype=np.float32)[None, :, None]
    mixed = strip + np.minimum(1.0, 4.0 * t) * (soft - strip)
    fade = 1.0 - smooth(t)
    return np.asarray(mixed * fade + 0.5, np.float32).astype(np.uint8)


def _extent(layer: Pixels) -> tuple[int, int, int, int]:
    """Return the rows and columns that hold anything, with two empty ones around where there are."""
    rows, columns = np.nonzero(layer[:, :, 3].any(axis=1))[0], np.nonzero(layer[:, :, 3].any(axis=0))[0]
    return (
        max(0, int(rows[0]) - 2), min(layer.shape[0], int(rows[-1]) + 3),
        max(0, int(columns[0]) - 2), min(layer.shape[1], int(columns[-1]) + 3),
    )  # fmt: skip


def _level(piece: Pixels, density: float, lines: int, first: int, top: int) -> Level:
    ratio = density / lines
    size = (max(2, round(piece.shape[1] * ratio)), max(2, round(piece.shape[0] * ratio)))
    across, down = size[0] / piece.shape[1], size[1] / piece.shape[0]
    texels = np.asarray(
        cv2.resize(piece, size, interpolation=cv2.INTER_AREA if ratio <= 1.0 else cv2.INTER_LANCZOS4), np.uint8
    )
    if ratio > 1.2:  # noqa: PLR2004 - enlarged: looks soft
        blurred = np.asarray(cv2.GaussianBlur(texels, (0, 0), 0.6 * ratio), np.uint8)
        at_edge = (blurred[:, :, 3:] > 0) & (blurred[:, :, 3:] < SOLID)
        sharper = np.asarray(cv2.addWeighted(texels, 1.0 + SHARPEN, blurred, -SHARPEN, 0.0), np.uint8)
        texels = np.where(at_edge, blurred, sharper)
    texels[:, :, :3] = np.minimum(texels[:, :, :3], texels[:, :, 3:])
    return Level(
        texels=texels, density=density, scale_x=across * lines, scale_y=down * lines,
        origin_x=-first * across - 0.5, origin_y=-top * down - 0.5,
    )  # fmt: skip
