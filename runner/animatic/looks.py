"""Light and weather over the finished picture: a grade of the colours, and snow or rain between camera and person.

A grade is a matrix on the colours, as film labs do it, and a darkening towards edges; flakes and drops are functions of
seed and time: each has a place, a depth and a speed, and comes back at the top when it has fallen through.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

import cv2
import numpy as np

from ..values import dataclass
from .beats import Beat, Timeline
from .envelope import held
from .picture import Pixels, Soft

LUMA: Final = np.array([0.0722, 0.7152, 0.2126])  # of blue, green and red (BT.709)
FLAKES: Final = 150
DROPS: Final = 130
FADE_S: Final = 0.8  # seconds in which a look comes and goes
AT_ONCE_S: Final = 0.05  # a look that starts before this is there from the first frame
VIGNETTE: Final = 0.14  # darkness of the corners without any look


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """New colours: `mix` (3 x 3, of blue, green, red) times the old, plus `lift`; and how dark corners and top are."""

    mix: Soft
    lift: tuple[float, float, float] = (0.0, 0.0, 0.0)
    vignette: float = VIGNETTE
    dusk: float = 0.0


def _tinted(colour: tuple[float, float, float], *, grey: float) -> Soft:
    """Return the matrix that takes away `grey` of all colour, and tints what is left."""
    mix = (1.0 - grey) * np.eye(3) + grey * np.tile(LUMA, (3, 1))
    return np.asarray(np.diag(colour) @ mix, np.float32)


GRADES: Final[Mapping[str, Grade]] = {
    "sunset": Grade(mix=_tinted((0.66, 0.90, 1.13), grey=0.10), lift=(-4.0, 2.0, 12.0), vignette=0.30, dusk=0.22),
    "night": Grade(mix=_tinted((0.66, 0.50, 0.40), grey=0.45), lift=(10.0, 3.0, 0.0), vignette=0.45, dusk=0.15),
    "black_and_white": Grade(mix=_tinted((1.0, 1.0, 1.0), grey=1.0), vignette=0.22),
    "sepia": Grade(mix=_tinted((0.72, 0.90, 1.07), grey=1.0), lift=(8.0, 10.0, 12.0), vignette=0.28),
    "snow": Grade(mix=_tinted((1.04, 1.0, 0.95), grey=0.18), lift=(8.0, 6.0, 5.0)),
    "rain": Grade(mix=_tinted((0.96, 0.91, 0.86), grey=0.28), vignette=0.24),
}
WET_NIGHT: Final = _tinted((0.95, 0.95, 0.95), grey=0.0)
"""Rain over a night takes away as much of the little light as its drops throw back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """The looks of a clip: their beats, and the particles that the seed has strewn."""

    beats: tuple[Beat, ...]
    seconds: float
    pace: float
    strewn: Soft
    corners: Soft

    def laid(self, frame: Pixels, second: float) -> Pixels:
        """Return the frame in its light at a time."""
        graded = frame
        dark, dusk = VIGNETTE, 0.0
        felt = self._felt(second)
        night = max((min(1.0, much) for beat, much in felt if beat.kind == "night"), default=0.0)
        for beat, much in felt:
            grade = GRADES[beat.kind]
            wet = np.float32(night if beat.kind == "rain" else 0.0)
            full = grade.mix + wet * (WET_NIGHT - grade.mix)
            mix = np.eye(3, dtype=np.float32) + np.float32(much) * (full - np.eye(3, dtype=np.float32))
            lift = np.asarray(grade.lift, np.float32)[:, None] * np.float32(much)
            graded = np.asarray(cv2.transform(graded, np.hstack([mix, lift])), np.uint8)
            dark, dusk = max(dark, grade.vignette * much), max(dusk, grade.dusk * much)
        shaded = _shaded(graded, self.corners, dark, dusk)
        for beat, much in felt:
            if beat.kind in FALLING:
                FALLING[beat.kind](shaded, self.strewn, second * self.pace, much * beat.strength)
        return shaded

    def _felt(self, second: float) -> list[tuple[Beat, float]]:
        felt = []
        for beat in self.beats:
            at_once = beat.start_s <= AT_ONCE_S
            much = held(
                beat, second + 1e-3 if at_once else second, rise=1e-6 if at_once else FADE_S, fall=FADE_S,
                clip=self.seconds,
            )  # fmt: skip
            if much > 0.0:
                felt.append((beat, min(1.2, much * min(1.2, 0.5 + beat.strength / 2))))
        return felt


def plan_looks(timeline: Timeline, rng: np.random.Generator) -> Looks:
    """Return the looks that the beats ask for."""
    slow = any(beat.kind == "slow_motion" for beat in timeline.beats)
    return Looks(
        beats=tuple(b for b in timeline.beats if b.kind in GRADES), seconds=timeline.seconds, pace=0.5 if slow else 1.0,
        strewn=rng.uniform(0.0, 1.0, (max(FLAKES, DROPS), 5)).astype(np.float32), corners=_corners(),
    )  # fmt: skip


def _corners() -> Soft:
    """Return, on a small grid, how far each place is from the middle (squared, 1 at the corners), and its height."""
    rows = np.linspace(-1.0, 1.0, 18, dtype=np.float32)[:, None]
    columns = np.linspace(-1.0, 1.0, 32, dtype=np.float32)[None, :]
    distance = ((rows * rows + columns * columns) / 2.0) ** 1.5
    return np.dstack([distance, np.broadcast_to((1.0 - rows) / 2.0, distance.shape)]).astype(np.float32)


def _shaded(frame: Pixels, corners: Soft, dark: float, dusk: float) -> Pixels:
    gain = 255.0 * (1.0 - np.float32(dark) * corners[:, :, 0]) * (1.0 - np.float32(dusk) * corners[:, :, 1] ** 2)
    small = np.repeat(gain.clip(0.0, 255.0).astype(np.uint8)[:, :, None], 3, axis=2)
    full = cv2.resize(small, frame.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.multiply(frame, full, scale=1.0 / 255.0), np.uint8)


def _snow(frame: Pixels, strewn: Soft, second: float, much: float) -> None:
    """Near flakes are large, quick and soft; all drift to and fro."""
    lines, columns = frame.shape[:2]
    layer = np.zeros((lines, columns), np.uint8)
    for across, start, depth, phase, _ in strewn[:FLAKES].tolist():
        near = 0.25 + depth * depth
        y = (start + second * (0.10 + 0.16 * near)) % 1.1 - 0.05
        x = (across + 0.02 * math.sin(1.3 * second + math.tau * phase) + 0.015 * second) % 1.0
        radius = lines * (0.0018 + 0.0052 * near * depth)
        brightness = min(255.0, (235.0 - 90.0 * depth) * min(1.3, much))
        cv2.circle(
            layer, (round(x * columns * 8), round(y * lines * 8)), max(4, round(radius * 8)), brightness, -1,
            cv2.LINE_AA, 3,
        )  # fmt: skip
    _brightened(frame, np.asarray(cv2.GaussianBlur(layer, (0, 0), lines / 600), np.uint8), (255, 252, 248))


def _rain(frame: Pixels, strewn: Soft, second: float, much: float) -> None:
    lines, columns = frame.shape[:2]
    layer = np.zeros((lines, columns), np.uint8)
    for across, start, depth, _, own in strewn[:DROPS].tolist():
        near = 0.35 + depth
        y = (start + second * (1.5 + 0.9 * near) * (0.9 + 0.2 * own)) % 1.3 - 0.15
        length = 0.035 + 0.05 * near
        x = (across - 0.05 * y) % 1.0
        head, tail = (
            (round(c * columns * 8), round(r * lines * 8)) for c, r in ((x, y), (x - 0.05 * length, y + length))
        )
        cv2.line(
            layer, head, tail, min(255.0, (60.0 + 70.0 * depth) * much), max(1, round(lines / 500)), cv2.LINE_AA, 3
        )
    _brightened(frame, layer, (235, 225, 215))


FALLING: Final[Mapping[str, Callable[[Pixels, Soft, float, float], None]]] = {"snow": _snow, "rain": _rain}


def _brightened(frame: Pixels, layer: Pixels, colour: tuple[int, int, int]) -> None:
    """Lay a colour over the frame where the layer is bright, in place."""
    share = cv2.merge((layer, layer, layer))
    kept = cv2.multiply(frame, cv2.bitwise_not(share), scale=1.0 / 255.0)
    tint = cv2.multiply(share, np.full(3, 1.0) * np.array(colour) / 255.0)
    frame[:] = cv2.add(kept, np.asarray(tint, np.uint8))
