"""The camera's track: planned once from the beats, then a function of the time.

A beat of the camera is a *leg*: an amount on one axis between two moments, eased at both ends. Legs on one axis add up.
The axes: `depth` in full push-ins, `x` and `y` in reaches (how far there is to go sideways, up and down), `orbit` from
-1 to 1, `dolly` in push-ins that the background goes alone. Who runs or walks comes nearer at a constant speed, so the
frame's height falls as 1 / distance.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from ..values import dataclass
from .beats import Beat, Kind, Timeline
from .easing import Unrest, ease, unrest
from .framing import EDGE, SCREEN, TIGHTER, Framing
from .view import View

SWAY: Final = 0.0045  # idle life of the camera, in frame heights
QUIVER: Final = 0.011  # shake of the camera, in frame heights
STATIC: Final = 0.3  # of the sway is left when the camera is told to stand still
ORBIT_SHIFT: Final = 0.06  # frame heights that an orbit moves the person aside
DEPTH_MOST: Final = 1.3  # push-ins that one clip may cross, where the portrait does not say more
DOLLY_MOST: Final = 1.0  # and that the background may draw back while the person stays as large
DRIFT: Final = 0.5
RAMP: Final = 0.16  # of the way toward the camera, at either end, in which it gains and loses its speed
ROOM: Final = {"y": 0.65, "x": 0.35, "orbit": 0.25}
"""How much room around the frame legs along an axis need; of several axes the first says it for all."""
SHAKE_ROOM: Final = 0.12
STEPS: Final[dict[Kind, tuple[str, float]]] = {
    "push_in": ("depth", 1.0), "pull_out": ("depth", -1.0), "zoom_in": ("depth", 1.3), "zoom_out": ("depth", -1.3),
    "pan_left": ("x", -1.0), "pan_right": ("x", 1.0), "truck_left": ("x", -0.8), "truck_right": ("x", 0.8),
    "dolly_zoom": ("dolly", -1.0),
    "tilt_up": ("y", -1.0), "tilt_down": ("y", 1.0), "pedestal_up": ("y", -0.8), "pedestal_down": ("y", 0.8),
}  # fmt: skip
"""Left, right, up and down are where the camera turns or goes, not where the picture goes."""
COMING: Final[dict[Kind, float]] = {"run": 1.0, "walk": 0.7}
"""Of the way from the widest to the closest frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One move on one axis between two moments, in seconds; `nearing` is at constant speed toward the camera."""

    axis: str
    amount: float
    start_s: float
    end_s: float
    nearing: bool = False

    def at(self, second: float) -> float:
        """Return how far the move has come."""
        progress = (second - self.start_s) / (self.end_s - self.start_s)
        return self.amount * (_nearing(progress, self.amount) if self.nearing else ease(progress))


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """The camera's track: a framing, legs on five axes, and unrest."""

    framing: Framing
    legs: tuple[Leg, ...]
    depth: float
    reach_x: float
    reach_y: float
    start_x: float
    start_y: float
    calm: float
    shakes: tuple[Beat, ...]
    sway: tuple[Unrest, Unrest, Unrest, Unrest]
    quiver: tuple[Unrest, Unrest, Unrest]

    def at(self, second: float) -> View:
        """Return what the camera sees at a time."""
        height = self.framing.height(self.depth + self._moved("depth", second))
        centre_x, centre_y = self.framing.centre(height)
        sway = tuple(wave.at(second) * SWAY * self.calm for wave in self.sway)
        shake = sum(b.strength * _inside(b, second) for b in self.shakes)
        quiver = tuple(wave.at(second) * QUIVER * shake for wave in self.quiver)
        aside = self.reach_x * self._moved("x", second) + ORBIT_SHIFT * height * self.orbit(second)
        return View(
            x=centre_x + self.start_x + aside + height * (sway[0] + quiver[0]),
            y=centre_y + self.start_y + self.reach_y * self._moved("y", second) + height * (sway[1] + quiver[1]),
            height=height * (1.0 + 0.6 * sway[2]),
            roll=0.5 * sway[3] + quiver[2],
        )

    def orbit(self, second: float) -> float:
        """Return how far the camera has gone round the person: -1 to 1, positive to the viewer's right."""
        return self._moved("orbit", second)

    def dolly(self, second: float) -> float:
        """Return how many push-ins nearer the background is than when it has drawn back: never below 0."""
        return self._moved("dolly", second) - min(_path(self.legs, "dolly"))

    def _moved(self, axis: str, second: float) -> float:
        return sum(leg.at(second) for leg in self.legs if leg.axis == axis)


def plan_camera(timeline: Timeline, framing: Framing, rng: np.random.Generator) -> Camera:
    """Return the track; the frame stays inside the portrait, above and below, and at the sides where it can."""
    legs = _legs(timeline, framing)
    depth = _starting_depth(
        legs, framing, shaken=any(b.kind == "shake_camera" for b in timeline.beats),
        close=any(b.kind == "close_up" and b.start_s <= 0.0 for b in timeline.beats),
    )  # fmt: skip
    height = framing.height(depth + min(0.0, *_path(legs, "depth")))
    reach_x, start_x = _pan(legs, framing, height)
    reach_y, start_y = _tilt(legs, framing, height)
    return Camera(
        framing=framing, legs=legs, depth=depth, reach_x=reach_x, reach_y=reach_y, start_x=start_x, start_y=start_y,
        calm=STATIC if any(b.kind == "static" for b in timeline.beats) else 1.0,
        shakes=tuple(b for b in timeline.beats if b.kind == "shake_camera"),
        sway=(_sway(rng), _sway(rng), _sway(rng), _sway(rng)),
        quiver=(_quiver(rng), _quiver(rng), _quiver(rng)),
    )  # fmt: skip


def _legs(timeline: Timeline, framing: Framing) -> tuple[Leg, ...]:
    legs = [leg for beat in timeline.beats for leg in _leg(beat, timeline.seconds, framing)]
    moved = any(b.kind in STEPS or b.kind in COMING or b.kind in {"static", "orbit"} for b in timeline.beats)
    if not moved:
        legs.append(Leg(axis="depth", amount=DRIFT, start_s=0.0, end_s=timeline.seconds))
    within_depth = _within(tuple(legs), "depth", max(framing.deepest, DEPTH_MOST))
    return _within(within_depth, "dolly", DOLLY_MOST)


def _within(legs: tuple[Leg, ...], axis: str, most: float) -> tuple[Leg, ...]:
    """Return the legs, those of an axis shortened where they cross more than there is."""
    path = _path(legs, axis)
    excess = (max(path) - min(path)) / most
    return tuple(_shortened(leg, excess) if leg.axis == axis and excess > 1.0 else leg for leg in legs)


def _leg(beat: Beat, seconds: float, framing: Framing) -> list[Leg]:
    """A short beat goes less far: with the square root of its length, so it is quicker all the same."""
    start_s, end_s = beat.start_s, beat.end_s
    share = math.sqrt(min(1.0, (end_s - start_s) / seconds))
    if beat.kind in STEPS:
        axis, amount = STEPS[beat.kind]
        return [Leg(axis=axis, amount=amount * share * min(1.3, beat.strength), start_s=start_s, end_s=end_s)]
    if beat.kind in COMING:
        amount = COMING[beat.kind] * max(framing.deepest, 0.8) * share
        return [Leg(axis="depth", amount=amount, start_s=start_s, end_s=end_s, nearing=True)]
    if beat.kind == "close_up" and start_s > 0.0:
        return [Leg(axis="depth", amount=framing.deepest, start_s=start_s, end_s=end_s)]
    if beat.kind == "orbit":
        way = 1.0 if beat.side != "left" else -1.0
        before = Leg(axis="orbit", amount=-0.9 * way, start_s=-2.0, end_s=-1.0)
        amount = 1.8 * way * min(1.0, beat.strength)
        return [before, Leg(axis="orbit", amount=amount, start_s=start_s, end_s=end_s)]
    return []


def _shortened(leg: Leg, excess: float) -> Leg:
    return Leg(axis=leg.axis, amount=leg.amount / excess, start_s=leg.start_s, end_s=leg.end_s, nearing=leg.nearing)


def _nearing(progress: float, depth: float) -> float:
    """Return the share of the depth that is crossed: the height falls as 1 / distance, with a soft start and stop.

    From height 1 to q = TIGHTER^depth in equal steps of 1 / h: h(p) = 1 / ((1 - p) + p / q).
    """
    p = _trapezoid(progress)
    ratio = TIGHTER**depth
    return math.log(1.0 / ((1.0 - p) + p / ratio)) / math.log(ratio)


def _trapezoid(progress: float) -> float:
    """Return a way from 0 to 1 at constant speed, but for the first and last `RAMP`, where it speeds up and slows."""
    t = min(1.0, max(0.0, progress))
    full = 1.0 / (1.0 - RAMP)
    if t < RAMP:
        return full * _ramped(t / RAMP) * RAMP
    if t > 1.0 - RAMP:
        return 1.0 - full * _ramped((1.0 - t) / RAMP) * RAMP
    return full * (t - RAMP / 2)


def _ramped(x: float) -> float:
    """The integral of the smoothstep: it starts with neither speed nor acceleration and ends at speed 1."""
    return x * x * x * (1.0 - 0.5 * x)


def _path(legs: tuple[Leg, ...], axis: str) -> list[float]:
    """Where the axis stands after each instant at which a leg begins or ends, from 0."""
    instants = sorted({instant for leg in legs for instant in (leg.start_s, leg.end_s) if instant >= 0.0})
    return [0.0, *(sum(leg.at(t) for leg in legs if leg.axis == axis) for t in instants)]


def _starting_depth(legs: tuple[Leg, ...], framing: Framing, *, shaken: bool, close: bool) -> float:
    """Pans, tilts and shakes need room around the frame, so they start closer; what room is left is shared.

    A `close` film comes as near as there is to come on its way.
    """
    axes = {leg.axis for leg in legs}
    room = next((needed for axis, needed in ROOM.items() if axis in axes), SHAKE_ROOM if shaken else 0.0)
    path = _path(legs, "depth")
    slack = framing.deepest - (max(path) - min(path))
    if framing.has_face and not any(leg.nearing for leg in legs):
        room = max(room, slack / 2)
    return (max(room, slack) if close else room) - min(path)


def _pan(legs: tuple[Leg, ...], framing: Framing, height: float) -> tuple[float, float]:
    """Return the world units of one full pan, and how far from its resting place the frame's centre starts."""
    path = _path(legs, "x")
    low, high = min(path), max(path)
    width = height * SCREEN
    reach = min(max(framing.aspect - width, 0.14 * width), (0.22 if framing.has_face else 0.5) * width) / max(
        high - low, 1.0
    )
    return reach, -reach * (low + high) / 2


def _tilt(legs: tuple[Leg, ...], framing: Framing, height: float) -> tuple[float, float]:
    """Return the world units of one full tilt, and how far from its resting place the frame starts."""
    path = _path(legs, "y")
    low, high = min(path), max(path)
    reach = min(1.0 - 2 * EDGE - height, (0.2 if framing.has_face else 0.42) * height) / max(high - low, 1.0)
    rest = framing.centre(height)[1]
    wished = rest - reach * (low + high) / 2
    least, most = EDGE + height / 2 - reach * low, 1.0 - EDGE - height / 2 - reach * high
    return reach, min(max(wished, least), most) - rest


def _inside(beat: Beat, second: float) -> float:
    soft = min(0.2, (beat.end_s - beat.start_s) / 3)
    return ease((second - beat.start_s) / soft + 0.5) * ease((beat.end_s - second) / soft + 0.5)


def _sway(rng: np.random.Generator) -> Unrest:
    return unrest(rng, slowest_hertz=0.17, fastest_hertz=0.75)


def _quiver(rng: np.random.Generator) -> Unrest:
    return unrest(rng, slowest_hertz=1.3, fastest_hertz=4.2)
