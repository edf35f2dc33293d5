"""The shadow that a chin casts on the neck: deeper when the head nods down or the jaw drops."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..values import dataclass
from .anatomy import Anatomy
from .canvas import Canvas, Region
from .easing import smooth
from .picture import Soft
from .pose import Pose

LENGTH: Final = 0.17  # face widths over which the shadow fades downwards
RISE: Final = 0.035  # face widths of its soft upper edge, along the jaw
HALF: Final = (0.40, 0.56)  # face widths from the middle, between which it fades out sideways
BY_NOD: Final = 1.9  # darkness for each radian of nod
BY_JAW: Final = 1.4  # and for each mouth width of opening
MOST: Final = 0.38
LEAST: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Shade:
    """Where the shadow of darkness 1 lies on a canvas of one size."""

    region: Region
    cover: Soft


def shade(canvas: Canvas, anatomy: Anatomy) -> Shade | None:
    """Return the shadow's place; None where the neck is not on the canvas."""
    chin = anatomy.height * 0.62
    region = canvas.region(anatomy.face, u=(-HALF[1], HALF[1]), v=(chin - 0.45, chin + 4.0 * LENGTH))
    if region is None:
        return None
    u, v = region.places()
    jaw = np.asarray(anatomy.jaw, np.float32)
    jaw_u, jaw_v = anatomy.face.inside(jaw[:, 0], jaw[:, 1])
    order = np.argsort(jaw_u)
    below = v - np.interp(u, jaw_u[order], jaw_v[order]).astype(np.float32)
    edge = (below / np.float32(RISE)).clip(0.0, 1.0)
    aside = 1.0 - ((np.abs(u) - HALF[0]) / (HALF[1] - HALF[0])).clip(0.0, 1.0)
    cover = smooth(edge) * np.exp(-np.maximum(below, 0.0) / LENGTH) * aside
    return Shade(region=region, cover=np.asarray(cover, np.float32)[:, :, None])


def cast(canvas: Canvas, where: Shade, pose: Pose) -> None:
    """Darken the neck, as much as the pose says."""
    dark = min(MOST, BY_NOD * max(0.0, pose.pitch) + BY_JAW * pose.opening)
    if dark < LEAST:
        return
    part = canvas.texels[where.region.top : where.region.bottom, where.region.left : where.region.right, :3]
    part[:] = (part * (1.0 - np.float32(dark) * where.cover)).astype(np.uint8)
