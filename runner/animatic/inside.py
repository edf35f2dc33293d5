"""The inside of a mouth, painted: darkness, the tongue, lower and upper teeth, and the shadow of the lips.

Painted for single places and not as a picture, so it fits a gap of any size and shape. Sizes are in mouth widths (a
mouth is about 50 mm wide, an upper front tooth 8.5 mm); colours are blue, green, red for a face of full light.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..values import dataclass
from .easing import smooth
from .picture import Soft

CAVITY: Final = np.array([30, 26, 70], np.float32)
TONGUE: Final = np.array([104, 98, 196], np.float32)
TEETH: Final = np.array([196, 212, 224], np.float32)
BOUNDS: Final = (0.0, 0.165, 0.295, 0.40, 0.465)  # where the teeth meet, from the middle outwards, seen from the front
LUMA: Final = np.array([0.0722, 0.7152, 0.2126], np.float32)  # of blue, green and red (BT.709)
BRIGHT: Final = 225.0  # the strongest colour of well lit skin
WHITE: Final = 0.78
"""Blue in the red of the white of an eye: in daylight at least, measured 0.78 to 0.96; by candles 0.4 to 0.5."""
TINT: Final = (0.5, 0.36)  # the least blue that a warm light leaves, and the power of it that is the green it leaves
SATURATED: Final = 0.18  # saturation from which on skin is natural; it is 0.25 to 0.6 in daylight
UPPER_LENGTH: Final = 0.135  # mouth widths of upper teeth that a lip can bare
LOWER_LENGTH: Final = 0.075
BARED: Final = (0.62, 0.16)  # of the gap: how much upper and lower teeth may fill of it
SPAN: Final = (0.43, 0.33)  # mouth widths from the middle at which upper and lower teeth end in the dark


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """The light on a face: how bright it is (0 to 1), and how much colour the portrait has (0 is grey, 1 natural).

    `blue` is what is left of it in a warm light, in what daylight has: 1, by a candle about a half.
    """

    brightness: float
    colour: float
    blue: float = 1.0


FULL: Final = Light(brightness=1.0, colour=1.0)


def light_on(skin: Soft, *, white: float = WHITE) -> Light:
    """Return the light by the colour of the skin (blue, green, red): any skin is reddish, unless all is grey.

    How warm it is shows in the white of the eyes: `white` is their blue in their red.
    """
    most, least = float(skin.max()), float(skin.min())
    return Light(
        brightness=min(1.0, max(0.25, most / BRIGHT)), colour=min(1.0, (most - least) / max(most, 1.0) / SATURATED),
        blue=min(1.0, max(TINT[0], white / WHITE)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """Places in a gap: (u, v), the lips' edges there, and the opening; `has_teeth` when the portrait shows its own."""

    u: Soft
    v: Soft
    top: Soft
    bottom: Soft
    opening: float
    texel: float
    has_teeth: bool
    light: Light


def paint_inside(spot: Inside) -> Soft:
    """Return the colour of every place, back to front."""
    gap = np.maximum(spot.bottom - spot.top, 1e-4)
    down = ((spot.v - spot.top) / gap).clip(0.0, 1.0)
    colour = np.broadcast_to(CAVITY, (*down.shape, 3)).astype(np.float32)
    colour = _tongue(spot, colour, gap)
    colour = _lower_teeth(spot, colour, gap)
    if not spot.has_teeth:
        colour = _upper_teeth(spot, colour, gap)
    under_lip = 1.0 - (0.30 if spot.has_teeth else 0.55) * np.exp(-(spot.v - spot.top) / np.float32(0.035))
    over_lip = 1.0 - 0.35 * np.exp(-(spot.bottom - spot.v) / np.float32(0.02))
    sides = 1.0 - 0.55 * (np.abs(spot.u) / 0.5) ** 3
    grey = np.asarray(colour @ LUMA, np.float32)
    colour = np.asarray(grey[:, None] + np.float32(spot.light.colour) * (colour - grey[:, None]), np.float32)
    colour *= np.array([spot.light.blue, spot.light.blue ** TINT[1], 1.0], np.float32)
    brightness = np.float32(0.35 + 0.65 * spot.light.brightness) * under_lip * over_lip * sides
    return np.asarray(colour * brightness[:, None], np.float32)


def _tongue(spot: Inside, colour: Soft, gap: Soft) -> Soft:
    """An oval that rests on the floor of the mouth, lit from the front, with a furrow along its middle."""
    width, height = 0.40, 0.62 * spot.opening
    centre = spot.bottom - 0.25 * gap + 0.08 * spot.opening
    across, up = spot.u / np.float32(width), (spot.v - centre) / np.float32(max(height, 1e-3))
    far = np.sqrt(across * across + up * up)
    cover = _step((1.0 - far) * np.float32(min(width, max(height, 1e-3))), 6.0 * spot.texel + 0.012)
    lit = 0.62 + 0.38 * (1.0 - far).clip(0.0, 1.0) - 0.16 * np.exp(-((spot.u / 0.03) ** 2)) * (up > -0.7)  # noqa: PLR2004
    return _laid(colour, TONGUE * lit[:, None], cover * min(1.0, spot.opening / 0.07))


def _lower_teeth(spot: Inside, colour: Soft, gap: Soft) -> Soft:
    length = np.minimum(LOWER_LENGTH, BARED[1] * gap)
    line = spot.bottom - length * (1.0 - (spot.u / SPAN[1]) ** 2 * 0.5)
    cover = _step(spot.v - line, 2.0 * spot.texel) * _step(SPAN[1] - np.abs(spot.u), 0.08)
    shade = 0.62 - 0.30 * (np.abs(spot.u) / SPAN[1]).clip(0.0, 1.0)
    notch = 1.0 - 0.12 * _joint(np.abs(spot.u) % 0.095, 0.095, spot.texel)
    return _laid(colour, TEETH * (shade * notch)[:, None], cover * min(1.0, max(0.0, spot.opening - 0.05) / 0.06))


def _upper_teeth(spot: Inside, colour: Soft, gap: Soft) -> Soft:
    """Teeth on an arch: they look narrower and darker to the sides, each with a rounded edge."""
    place = np.abs(spot.u)
    number = np.clip(np.searchsorted(np.array(BOUNDS, np.float32), place, side="right"), 1, len(BOUNDS) - 1)
    near, far = np.array(BOUNDS, np.float32)[number - 1], np.array(BOUNDS, np.float32)[number]
    across = (place - near) / (far - near) * 2.0 - 1.0
    rounded = 1.0 - 0.10 * across**4 - 0.10 * (number == 2) - 0.22 * (place / SPAN[0]) ** 2  # noqa: PLR2004 - the second
    length = np.minimum(UPPER_LENGTH, BARED[0] * gap) * rounded
    line = spot.top + length
    cover = _step(line - spot.v, 2.0 * spot.texel + 0.004) * _step(SPAN[0] - place, 0.05)
    joint = 1.0 - 0.20 * _joint(place - near, far - near, spot.texel)
    bulge = 0.90 + 0.10 * (1.0 - across * across)
    shade = (1.0 - 0.45 * (place / SPAN[0]) ** 1.5) * joint * bulge
    shade = shade * (0.86 + 0.14 * ((spot.v - spot.top) / np.maximum(length, 1e-4)).clip(0.0, 1.0))
    dark = 1.0 - 0.45 * np.exp(-np.maximum(0.0, spot.v - line) / np.float32(0.02)) * (spot.v > line)
    return _laid(colour * dark[:, None], TEETH * shade[:, None], cover)


def _joint(place: Soft, width: Soft | float, texel: float) -> Soft:
    """Return 1 where two teeth meet and 0 inside one."""
    near = np.minimum(place, width - place)
    return np.asarray(np.exp(-((near / np.float32(max(0.006, 0.7 * texel))) ** 2)), np.float32)


def _step(distance: Soft, soft: float) -> Soft:
    t = (distance / np.float32(soft) + np.float32(0.5)).clip(0.0, 1.0)
    return np.asarray(smooth(t), np.float32)


def _laid(below: Soft, above: Soft, cover: Soft) -> Soft:
    return np.asarray(below + cover[:, None] * (above - below), np.float32)
