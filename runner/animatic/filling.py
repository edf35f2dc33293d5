"""Push-pull: unknown pixels are filled from the known ones around them, smoothly and at any distance.

Push: the picture is halved again and again, and each pixel of a smaller picture is the mean of the *known* part of the
four above it. Pull: from the smallest up, an unknown pixel takes the enlarged colour from below.
Source: Gortler, Grzeszczuk, Szeliski, Cohen, "The Lumigraph", SIGGRAPH 1996, section 3.4.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from .picture import Soft

SMALLEST: Final = 2  # pixels; below this there is nothing left to halve
NOTHING: Final = 1e-4  # a weight that counts as unknown


def fill(colour: Soft, known: Soft) -> Soft:
    """Return the picture (rows, columns, 3) with its unknown parts filled; `known` is 0 to 1 for each pixel."""
    if min(known.shape) <= SMALLEST:
        total = float(known.sum())
        mean = (colour * known[:, :, None]).sum(axis=(0, 1)) / max(total, NOTHING)
        return _over(colour, known, np.broadcast_to(mean, colour.shape).astype(np.float32))
    size = ((known.shape[1] + 1) // 2, (known.shape[0] + 1) // 2)
    weight = np.asarray(cv2.resize(known, size, interpolation=cv2.INTER_AREA), np.float32)
    summed = np.asarray(cv2.resize(colour * known[:, :, None], size, interpolation=cv2.INTER_AREA), np.float32)
    smaller = fill(summed / np.maximum(weight, NOTHING)[:, :, None], np.minimum(1.0, weight * 4.0))
    enlarged = cv2.resize(smaller, (known.shape[1], known.shape[0]), interpolation=cv2.INTER_LINEAR)
    return _over(colour, known, np.asarray(enlarged, np.float32))


def _over(colour: Soft, known: Soft, below: Soft) -> Soft:
    return np.asarray(below + known[:, :, None] * (colour - below), np.float32)
