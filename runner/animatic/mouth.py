"""Opening a mouth: the lips part along their seam, the jaw follows, and an inside is painted into the gap.

In the mouth's frame (u along the lips, v down, the unit is the mouth's width) the gap at u is the arch
G(u) = g (1 - 4 u u)^0.8 for an opening g. A tenth of it lifts the upper lip, the rest lowers the lower one; towards the
chin the arch widens into the jaw, which moves as a whole, and below the chin the movement fades out.

A mouth that is closed in the portrait parts at its seam, and gets the upper teeth that it hides. A smile that shows
teeth parts *below* them, at the edge of the lower lip, and keeps its own; one that goes takes them with it: the lower
lip comes up over them. A mouth that stands wide open is stretched: it shows its inside already. How far each texel
moves is the opening times a number that never changes, so these numbers are computed once (`Movement`).
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from ..values import dataclass
from .anatomy import Curve, MouthShape, curve_at
from .canvas import Canvas, Region, edge
from .easing import smooth
from .inside import Inside, Light, paint_inside
from .picture import Soft

LIFTED: Final = 0.10  # of the gap, by the upper lip
ARCH: Final = 0.8  # exponent: 1 is a parabola, smaller is squarer
INNER: Final = 0.92  # of its width: a mouth that shows teeth is rounded at its corners, and parts inside them
LIFT_FADE: Final = 0.30  # mouth widths above the seam, over which the lift fades out
JAW: Final = (0.72, 0.80)  # how wide the jaw's movement is (mouth widths, deviation), and its share of the gap
NECK_FADE: Final = (0.95, 1.75)  # from this to this share of the way to the chin the movement fades out
REACH: Final = 1.45  # mouth widths to both sides that move
LEAST: Final = 0.004  # mouth widths: a smaller opening cannot be seen
WIDE: Final = 0.32  # mouth widths: a portrait's gap that is stretched and not parted
CLOSES: Final = 0.85  # of a portrait's gap, that the lower lip covers when a smile is gone
SMILING: Final = 0.08  # from so much of a smile on all of that; a mouth that is open without one stays so
OPENED: Final = 0.05  # mouth widths of opening, from which on nothing of the gap is covered
SHUT: Final = (1.0, 0.55)  # how far a closed mouth opens, and one that already shows teeth, for the same request


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """What an opening of 1 does to every texel of a region: by how many texels it comes from further up, and right."""

    region: Region
    mouth: MouthShape
    u: Soft
    v: Soft
    seam: Soft
    arch: Soft
    columns: Soft
    rows: Soft
    lift: Soft
    drop: Soft


def movement(canvas: Canvas, mouth: MouthShape) -> Movement | None:
    """Return how the texels of such a canvas move when the mouth opens; None where the mouth is not on it."""
    region = canvas.region(mouth.frame, u=(-REACH, REACH), v=(-0.5, mouth.chin * NECK_FADE[1] + 0.25))
    if region is None:
        return None
    u, v = region.places()
    seam = curve_at(_seam(mouth), u)
    reach = INNER if mouth.is_open else 1.0
    arch = np.maximum(0.0, 1.0 - (2.0 * u / reach) ** 2) ** np.float32(ARCH)
    columns, rows = region.texels_at(u, v)
    return Movement(
        region=region, mouth=mouth, u=u, v=v, seam=seam, arch=arch, columns=columns, rows=rows,
        lift=np.asarray(LIFTED * arch * (1.0 - ((seam - v) / LIFT_FADE).clip(0.0, 1.0)), np.float32),
        drop=_dropped(mouth, u, v, seam, arch),
    )  # fmt: skip


def open_mouth(canvas: Canvas, how: Movement, *, opening: float, light: Light) -> None:
    """Paint the mouth open by `opening` mouth widths more than in the portrait."""
    grown = opening * (SHUT[1] if how.mouth.is_open else SHUT[0])
    if grown < LEAST:
        return
    gap = np.float32(grown) * how.arch
    top, bottom = how.seam - LIFTED * gap, how.seam + (1.0 - LIFTED) * gap
    is_below = how.v > (top + bottom) / 2
    shift = np.where(is_below, np.float32(-grown) * how.drop, np.float32(grown) * how.lift)
    if how.mouth.gap > WIDE:
        shift = _stretched(how, gap, shift)
    lips = _moved(canvas, how, shift)
    part = canvas.texels[how.region.top : how.region.bottom, how.region.left : how.region.right]
    if how.mouth.gap <= WIDE:
        _lay_inside(lips, how, gap, (top, bottom), opening=grown, light=light)
    part[:] = lips


def close_mouth(canvas: Canvas, how: Movement, *, sober: float, opening: float) -> None:
    """Paint the teeth that a smile bares covered: the lower lip comes up over them, and the jaw with it."""
    smiles = min(1.0, max(0.0, how.mouth.smile / SMILING)) if how.mouth.is_open else 0.0
    closed = CLOSES * smiles * sober * (1.0 - min(1.0, opening / OPENED)) * how.mouth.gap
    if closed < LEAST or how.mouth.gap > WIDE:
        return
    raised = np.float32(closed) * how.arch
    below = np.where(how.v > how.seam, how.drop / np.float32(1.0 - LIFTED), how.arch)
    lips = _moved(canvas, how, np.asarray(np.float32(closed) * below, np.float32))
    part = canvas.texels[how.region.top : how.region.bottom, how.region.left : how.region.right]
    share = edge(how.v - how.seam + raised, how.region.texel)[:, :, None]
    part[:] = (part + share * (lips.astype(np.float32) - part) + np.float32(0.5)).astype(np.uint8)


def _seam(mouth: MouthShape) -> Curve:
    if mouth.is_open:
        return mouth.lower
    a, b, c = ((one + other) / 2 for one, other in zip(mouth.upper, mouth.lower, strict=True))
    return a, b, c


def _dropped(mouth: MouthShape, u: Soft, v: Soft, seam: Soft, arch: Soft) -> Soft:
    """How far the face comes down at (u, v): the arch at the lip, the jaw at the chin, nothing on the neck."""
    way = (v - seam) / np.maximum(mouth.chin - seam, 0.2)
    jaw = np.float32(JAW[1]) * np.exp(-0.5 * (u / np.float32(JAW[0])) ** 2)
    blend = smooth(way.clip(0.0, 1.0))
    fade = 1.0 - smooth(((way - NECK_FADE[0]) / (NECK_FADE[1] - NECK_FADE[0])).clip(0.0, 1.0))
    return np.asarray((1.0 - LIFTED) * (arch + blend * (jaw - arch)) * fade * (v > seam), np.float32)


def _stretched(how: Movement, gap: Soft, shift: Soft) -> Soft:
    """Inside a mouth that stands open, the movement grows evenly from the upper to the lower lip."""
    top, bottom = curve_at(how.mouth.upper, how.u), how.seam + (1.0 - LIFTED) * gap
    down = (how.v - top) / np.maximum(bottom - top, 1e-3)
    lower = np.where(how.v > bottom, shift, -(1.0 - LIFTED) * gap * down.clip(0.0, 1.0))
    return np.asarray(np.where(how.v > top, lower, 0.0), np.float32)


def _moved(canvas: Canvas, how: Movement, shift: Soft) -> Soft:
    unit = canvas.scale_y * how.mouth.frame.unit
    return np.asarray(
        cv2.remap(
            canvas.texels, how.columns - np.float32(unit * how.mouth.frame.sin) * shift,
            how.rows + np.float32(unit * how.mouth.frame.cos) * shift,
            interpolation=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE,
        )
    )  # fmt: skip


def _lay_inside(
    lips: Soft, how: Movement, gap: Soft, lines: tuple[Soft, Soft], *, opening: float, light: Light
) -> None:
    """Lay the inside over the gap, and nowhere else."""
    rows, columns = np.nonzero((gap > how.region.texel) & (how.v > lines[0] - 0.02) & (how.v < lines[1] + 0.02))
    if not rows.size:
        return
    u, v, top, bottom = (values[rows, columns] for values in (how.u, how.v, *lines))
    spot = Inside(
        u=u, v=v, top=top, bottom=bottom, opening=opening, texel=how.region.texel,
        has_teeth=how.mouth.is_open, light=light,
    )  # fmt: skip
    share = np.minimum(edge(v - top, how.region.texel), edge(bottom - v, how.region.texel))[:, None]
    old = lips[rows, columns, :3].astype(np.float32)
    lips[rows, columns, :3] = (old + share * (paint_inside(spot) - old) + np.float32(0.5)).astype(np.uint8)
