"""Closing an eye, and moving its gaze, with nothing but the skin and the eyeball of the portrait.

A lid that closes slides over a resting eyeball. So the skin between brow and lid is stretched downwards, its lowest
part (the lashes) moves as one piece, and what lies below is covered, not moved. All in the eye's frame: u along the
eye, v down, the unit is the eye's width. The shares below were found by looking (measured on light and dark skin).
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from ..values import dataclass
from .anatomy import EyeShape, curve_at
from .canvas import Canvas, Region, edge
from .easing import smooth
from .picture import Soft

LOWER_SHARE: Final = 0.12  # of the way, that the lower lid comes up in a blink
WINK_SHARE: Final = 0.32  # and in a wink, where the cheek pushes it
OVERLAP: Final = 0.04  # of the opening, by which the lids meet beyond each other
SKIN: Final = (0.62, 0.05)  # of the opening, and of the width: the height of the skin that is stretched
LASHES: Final = (0.16, 0.012)  # the same for the piece that moves whole
BELOW: Final = 0.40  # widths, over which the rise of the lower lid fades out downwards
LINE: Final = 0.022  # widths: thickness of the line of lashes
INK: Final = 0.40  # its darkness
SHADE: Final = 0.10  # darkness of the closed lid at its lower edge
GAZE: Final = (0.15, 0.10)  # widths that the iris moves sideways and up or down at most
BENT: Final = 0.2  # of the opening, that it moves up or down at most: beyond, what follows it is drawn out to streaks
SPARED: Final = 0.6  # with spectacles: share of the skin band that is used, to stay clear of the rims
STREAKS: Final = (0.022, 0.09)  # widths: deviation of the blur along the skin above the eye, and along the lid
CORNER: Final = 0.16  # widths before either corner, over which the lid passes into the skin around it
UNDER: Final = (0.14, 0.34)  # widths below the eye: skin that shows the face's own colour
LID_LIGHT: Final = 0.94  # brightness of a closed lid, in that of the skin below the eye
GAIN_MOST: Final = 2.2  # how much brighter than the band that it is made of
BROW: Final = (2.4, 3.4)  # times brighter below the eye than above: there it begins to be taken for brow, and is
INNER: Final = 0.35  # widths from the middle of the eye, within which the skin above it is judged
HUE: Final = 0.4  # of the band's own tint, that gives way to the skin's
REACH: Final = 0.85  # widths around the eye that may change


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shut:
    """A closing lid at every texel of a region: the place (u, v), and there the lid's edge before and now."""

    u: Soft
    v: Soft
    upper: Soft
    meet: Soft


def close(canvas: Canvas, eye: EyeShape, *, closure: float, wink: float, spectacles: bool) -> None:
    """Paint the eye closed: 0 as it is in the portrait, 1 shut; `wink` from 0 to 1 lets the cheek push up, too."""
    region = canvas.region(eye.frame, u=(-0.75, 0.75), v=(-REACH, REACH)) if closure > 0.01 else None  # noqa: PLR2004
    if region is None:
        return
    u, v = region.places()
    upper, lower = curve_at(eye.upper, u), curve_at(eye.lower, u)
    share = LOWER_SHARE + (WINK_SHARE - LOWER_SHARE) * wink
    opening = np.float32(eye.opening)
    rise = np.maximum(0.0, lower - upper) * np.float32(share * closure)
    meet = upper + ((1.0 - share) * np.maximum(0.0, lower - upper) + OVERLAP * opening * _within(u)) * closure
    skin = _blurred(region.taken_from(u, _skin_source(eye, v, upper, meet, spectacles=spectacles)), STREAKS[0], region)
    below = region.taken_from(u, v + rise * (1.0 - ((v - lower + rise) / BELOW).clip(0.0, 1.0)) * (v > lower - rise))
    above = edge(meet - v, region.texel)[:, :, None]
    shut = _Shut(u=u, v=v, upper=upper, meet=meet)
    covered = _covered(eye, shut)
    skin += np.minimum(1.0, 2.0 * covered)[:, :, None] * (_blurred(skin, STREAKS[1], region) - skin)
    _pale(region, eye, shut, skin, covered)
    if not spectacles:
        _from_below(region, eye, shut, skin, covered)
    skin[:, :, :3] *= _shading(eye, shut, closure)
    mixed = below + above * (skin - below)
    mixed[:, :, :3] *= 1.0 - _line(u, v, meet, closure * min(1.0, 3.0 * closure))[:, :, None]
    region.paint(mixed)


def look(canvas: Canvas, eye: EyeShape, *, across: float, down: float) -> None:
    """Shift what is seen between the lids: -1 is as far to the viewer's left (or up) as looks natural, 1 the other.

    Up and down the eyeball is bent between the lids, where it rests: there is nothing behind them to bring forward.
    """
    shifts = abs(across) + abs(down) > 0.01  # noqa: PLR2004 - less cannot be seen
    region = canvas.region(eye.frame, u=(-0.55, 0.55), v=(-0.5, 0.5)) if shifts else None
    if region is None:
        return
    u, v = region.places()
    upper, lower = curve_at(eye.upper, u), curve_at(eye.lower, u)
    inside = np.minimum(edge(v - upper - 0.03, region.texel, softness=3.0), edge(lower - v, region.texel, softness=2.0))
    hump = np.maximum(0.0, 1.0 - 4.0 * u * u)
    top, height = upper + np.float32(0.035), np.maximum(lower - upper - np.float32(0.055), 1e-4)
    bent = np.float32(np.clip(GAZE[1] * down / eye.opening, -BENT, BENT))
    place = ((v - top) / height).clip(0.0, 1.0)
    moved = region.taken_from(
        np.asarray(u - np.float32(GAZE[0] * across) * hump, np.float32),
        np.asarray(top + height * (place - bent * np.sin(np.float32(np.pi) * place)), np.float32),
    )
    old = region.pixels.astype(np.float32)
    region.paint(np.asarray(old + (inside * (hump > 0.0))[:, :, None] * (moved - old), np.float32))


def _blurred(skin: Soft, widths: float, region: Region) -> Soft:
    """Stretched lashes and pores become streaks; a blur along the lid takes them out."""
    return np.asarray(cv2.GaussianBlur(skin, (0, 0), max(0.3, widths / region.texel), sigmaY=0.3), np.float32)


def _covered(eye: EyeShape, shut: _Shut) -> Soft:
    """Return where the stretched skin covers the eye: 1 at the lid's lower edge, 0 at the corners and above."""
    depth = (shut.v - shut.upper) / np.maximum(shut.meet - shut.upper, 0.3 * eye.opening) + np.float32(0.25)
    corner = smooth(((0.5 - np.abs(shut.u)) / CORNER).clip(0.0, 1.0))
    return np.asarray(depth.clip(0.0, 1.0) * corner * (shut.v < shut.meet + LINE), np.float32)


def _pale(region: Region, eye: EyeShape, shut: _Shut, skin: Soft, covered: Soft) -> None:
    """Bring the covering lid towards the colour of the skin below the eye, where it is darker.

    The stretched band is often dark: make-up, the shadow of the brow, the brow itself. A lid in the light is not.
    """
    v, upper, meet = shut.v, shut.upper, shut.meet
    lid = (v > upper) & (v < meet)
    under = (v > eye.opening * 0.6 + UNDER[0]) & (v < eye.opening * 0.6 + UNDER[1])
    if not lid.any() or not under.any():
        return
    wanted = np.median(region.pixels[:, :, :3][np.broadcast_to(under, v.shape)], axis=0) * np.float32(LID_LIGHT)
    old = skin[:, :, :3]
    bright, aim = old.mean(axis=2) + np.float32(1.0), float(wanted.mean())
    gain = np.maximum(1.0, np.minimum(np.clip(aim / np.median(bright[lid]), 1.0, GAIN_MOST), aim / bright))
    lit = old * gain[:, :, None]
    own = (lit.mean(axis=2) / np.float32(max(aim, 1.0)))[:, :, None] * wanted.astype(np.float32)
    old += covered[:, :, None] * (lit + np.float32(HUE) * (own - lit) - old)


def _from_below(region: Region, eye: EyeShape, shut: _Shut, skin: Soft, covered: Soft) -> None:
    """Make the covering lid of the skin below the eye, mirrored, where the brow hangs over the eye and hides its own.

    Photographs of people whose lid is seen, made up or not, are at most 2.0 times as bright below as above.
    """
    u, v, upper = shut.u, shut.v, shut.upper
    band, lashes = _band(eye, spectacles=False)
    above = (v > upper - band) & (v < upper - lashes) & (np.abs(u) < INNER)
    start = eye.opening * 0.6 + UNDER[0]
    under = (v > start) & (v < start + UNDER[1] - UNDER[0]) & (np.abs(u) < INNER)
    if not above.any() or not under.any():
        return
    bright = region.pixels[:, :, :3].mean(axis=2) + np.float32(1.0)
    times = float(np.median(bright[under]) / np.median(bright[above]))
    share = min(1.0, max(0.0, (times - BROW[0]) / (BROW[1] - BROW[0])))
    if share > 0.0:
        mirrored = region.taken_from(u, np.float32(start) + np.maximum(0.0, shut.meet - v))
        mirrored[:, :, :3] *= np.float32(LID_LIGHT)
        skin += np.float32(share) * covered[:, :, None] * (mirrored - skin)


def _within(u: Soft) -> Soft:
    return np.maximum(0.0, 1.0 - 4.0 * u * u)


def _skin_source(eye: EyeShape, v: Soft, upper: Soft, meet: Soft, *, spectacles: bool) -> Soft:
    """Where the skin at v comes from: the crease rests, the band below it is stretched, the lashes move whole."""
    band, lashes = _band(eye, spectacles=spectacles)
    crease = upper - np.float32(band)
    stretch = (upper - lashes - crease) / np.maximum(meet - lashes - crease, 1e-4)
    stretched = np.where(v >= meet - lashes, v - (meet - upper), crease + (v - crease) * stretch)
    return np.asarray(np.where(v <= crease, v, stretched), np.float32)


def _band(eye: EyeShape, *, spectacles: bool) -> tuple[float, float]:
    """Return the heights of the skin that is stretched and, lowest in it, of the piece that moves whole."""
    band = min(SKIN[0] * eye.opening + SKIN[1], 0.8 * eye.brow_gap) * (SPARED if spectacles else 1.0)
    return band, min(LASHES[0] * eye.opening + LASHES[1], 0.5 * band)


def _shading(eye: EyeShape, shut: _Shut, closure: float) -> Soft:
    """A closed lid is a ball under skin: it grows a little darker towards its lower edge and the corners."""
    depth = ((shut.v - shut.upper) / np.maximum(shut.meet - shut.upper, 0.25 * eye.opening)).clip(0.0, 1.0)
    dark = SHADE * closure * depth * depth * (0.6 + 1.6 * shut.u * shut.u) * _within(shut.u) ** 0.25
    return np.asarray(1.0 - dark, np.float32)[:, :, None]


def _line(u: Soft, v: Soft, meet: Soft, closure: float) -> Soft:
    """The lashes lie on the meeting line: darkest outwards from its middle, fading to the corners."""
    across = np.exp(-0.5 * ((v - meet) / LINE) ** 2)
    return np.asarray(INK * closure * across * _within(u) ** 0.35, np.float32)
