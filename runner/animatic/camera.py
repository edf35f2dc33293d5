"""What happens when: the tracks of a clip, made once from the reading of the prompt and the seed.

The order of composition, from the picture outwards: what a face does in the picture, what head and body do with it,
then the camera, then the look of the light, then the label. This storey has one track, the camera; a further one is a
further field of `Timeline`, read by `frame` in that order.

World units: the portrait is 1 high and `aspect` wide, its upper left corner at (0, 0).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from .beats import Kind
from .easing import Unrest, ease, unrest

SCREEN = 16 / 9
TIGHTER: Final = 0.64  # frame height after a full push-in, as a share of the height before
FILL_MOST: Final = 0.55  # share of the frame's width that may lie beside a narrow portrait
FOCUS: Final = 0.19  # of the widest frame, from its top: closing in on that height keeps a head whole, high or low
EDGE: Final = 0.014  # world units that stay above and below the frame for the camera's unrest
SWAY: Final = 0.0045  # idle life of the camera, in frame heights
QUIVER: Final = 0.011  # shake of the camera, in frame heights
STEPS: Final[dict[Kind | None, tuple[str, float]]] = {
    "push_in": ("depth", 1.0),
    "pull_out": ("depth", -1.0),
    "zoom_in": ("depth", 1.3),
    "zoom_out": ("depth", -1.3),
    None: ("depth", 0.5),
    "pan_left": ("x", -1.0),
    "pan_right": ("x", 1.0),
    "truck_left": ("x", -1.0),
    "truck_right": ("x", 1.0),
    "tilt_up": ("y", -1.0),
    "tilt_down": ("y", 1.0),
    "pedestal_up": ("y", -1.0),
    "pedestal_down": ("y", 1.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the camera sees: the frame's centre and height in world units, and its roll in radians."""

    x: float
    y: float
    height: float
    roll: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One move on one axis between two moments, as a share of the clip."""

    axis: str
    amount: float
    start: float
    end: float

    def at(self, progress: float) -> float:
        """Return how far the move has come."""
        return self.amount * ease((progress - self.start) / (self.end - self.start))


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """The camera's track: a widest frame, legs on three axes, and unrest."""

    legs: tuple[Leg, ...]
    aspect: float
    depth: float
    reach_x: float
    reach_y: float
    start_x: float
    start_y: float
    shake: float
    sway: tuple[Unrest, Unrest, Unrest, Unrest]
    quiver: tuple[Unrest, Unrest, Unrest]

    def at(self, second: float, *, seconds: float) -> View:
        """Return what the camera sees at a time of a clip of that length."""
        progress = second / seconds
        height = _height(self.aspect, self.depth + self._moved("depth", progress))
        sway = tuple(wave.at(second) * SWAY for wave in self.sway)
        quiver = tuple(wave.at(second) * QUIVER * self.shake for wave in self.quiver)
        return View(
            x=self.start_x + self.reach_x * self._moved("x", progress) + height * (sway[0] + quiver[0]),
            y=self._centre(height) + self.reach_y * self._moved("y", progress) + height * (sway[1] + quiver[1]),
            height=height * (1.0 + 0.6 * sway[2]),
            roll=0.5 * sway[3] + quiver[2],
        )

    def _moved(self, axis: str, progress: float) -> float:
        return sum(leg.at(progress) for leg in self.legs if leg.axis == axis)

    def _centre(self, height: float) -> float:
        """The frame closes in on the focus, which keeps its place on the screen."""
        widest = _widest(self.aspect)
        focus = EDGE + FOCUS * widest
        return self.start_y + focus + (EDGE + widest / 2 - focus) * height / widest


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """All tracks of one clip."""

    seconds: float
    camera: Camera

    def view(self, second: float) -> View:
        """Return what the camera sees at a time."""
        return self.camera.at(second, seconds=self.seconds)


def plan_timeline(
    beats: tuple[tuple[Kind | None, ...], ...], *, aspect: float, seconds: float, rng: np.random.Generator
) -> Timeline:
    """Return the tracks: the beats share the clip evenly, and the frame stays inside the portrait where it can."""
    legs = _legs(beats)
    moves = {move for beat in beats for move in beat}
    depth = _starting_depth(legs, moves)
    height = _height(aspect, depth + min(0.0, *_path(legs, "depth")))
    reach_x, start_x = _pan(legs, aspect=aspect, height=height)
    reach_y, start_y = _tilt(legs, aspect=aspect, height=height)
    camera = Camera(
        legs=legs, aspect=aspect, depth=depth, reach_x=reach_x, reach_y=reach_y, start_x=start_x, start_y=start_y,
        shake=1.0 if "shake_camera" in moves else 0.0,
        sway=(_sway(rng), _sway(rng), _sway(rng), _sway(rng)),
        quiver=(_quiver(rng), _quiver(rng), _quiver(rng)),
    )  # fmt: skip
    return Timeline(seconds=seconds, camera=camera)


def _legs(beats: tuple[tuple[Kind | None, ...], ...]) -> tuple[Leg, ...]:
    share = 1.0 / len(beats)
    strength = math.sqrt(share)
    return tuple(
        Leg(axis=STEPS[move][0], amount=STEPS[move][1] * strength, start=i * share, end=(i + 1) * share)
        for i, beat in enumerate(beats)
        for move in beat
        if move in STEPS
    )


def _path(legs: tuple[Leg, ...], axis: str) -> list[float]:
    """Where the axis stands after each instant at which a leg begins or ends, from 0."""
    instants = sorted({instant for leg in legs for instant in (leg.start, leg.end)})
    return [0.0, *(sum(leg.at(t) for leg in legs if leg.axis == axis) for t in instants)]


def _starting_depth(legs: tuple[Leg, ...], moves: set[Kind | None]) -> float:
    """Pans, tilts and shakes need room around the frame, so they start closer."""
    axes = {leg.axis for leg in legs}
    room = 0.65 if "y" in axes else 0.35 if "x" in axes else 0.12 if "shake_camera" in moves else 0.0
    return room - min(_path(legs, "depth"))


def _widest(aspect: float) -> float:
    """Return the height of the widest frame: the whole portrait, unless too much of the frame would be fill."""
    return min(1.0 - 2 * EDGE, aspect / ((1.0 - FILL_MOST) * SCREEN))


def _height(aspect: float, depth: float) -> float:
    return float(_widest(aspect) * TIGHTER**depth)


def _pan(legs: tuple[Leg, ...], *, aspect: float, height: float) -> tuple[float, float]:
    """Return the world units of one full pan, and where the frame's centre starts."""
    path = _path(legs, "x")
    low, high = min(path), max(path)
    span = max(high - low, 1e-9)
    width = height * SCREEN
    reach = min(max(aspect - width, 0.14 * width), 0.5 * width) / max(span, 1.0)
    return reach, aspect / 2 - reach * (low + high) / 2


def _tilt(legs: tuple[Leg, ...], *, aspect: float, height: float) -> tuple[float, float]:
    """Return the world units of one full tilt, and how far from its resting place the frame starts."""
    path = _path(legs, "y")
    low, high = min(path), max(path)
    reach = min(1.0 - 2 * EDGE - height, 0.42 * height) / max(high - low, 1.0)
    widest = _widest(aspect)
    focus = EDGE + FOCUS * widest
    rest = focus + (EDGE + widest / 2 - focus) * height / widest
    least = EDGE + height / 2 - reach * low
    most = 1.0 - EDGE - height / 2 - reach * high
    return reach, min(max(rest, least), most) - rest


def _sway(rng: np.random.Generator) -> Unrest:
    return unrest(rng, slowest_hertz=0.17, fastest_hertz=0.75)


def _quiver(rng: np.random.Generator) -> Unrest:
    return unrest(rng, slowest_hertz=1.3, fastest_hertz=4.2)
