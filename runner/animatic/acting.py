"""From the beats of a timeline to a pose at a time: what each word makes the face, the head and the body do.

A beat adds its share to the pose; beats that overlap add up and are bounded at the end. Under all of it lies *idle
life* (blinks, breath, small movements of head and eyes), so that nobody ever stands frozen. Angles are in degrees
here, as people think of them; the bounds are where the picture still looks right (yaw 20, pitch 11, roll 8).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from ..values import dataclass
from .beats import Beat, Kind, Side, Timeline
from .deeds import DEEDS, Clip, Doing
from .easing import Unrest, unrest
from .pose import Pose

YAW_MOST: Final = 20.0
PITCH_MOST: Final = 11.0
ROLL_MOST: Final = 8.0
SMILE_MOST: Final = 1.3
OPENING_MOST: Final = 0.22
BLINK_S: Final = 0.30
BLURRED: Final = 0.3  # of full speed, from which on a shutter blurs
BLINK_EVERY_S: Final = (2.1, 3.4)
STILL: Final = 0.15  # of the idle turns is left to a head that must not turn
CALM: Final = frozenset({"wink", "close_eyes", "surprise", "blink"})
"""Beats around which nobody blinks of their own accord."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """The small movements that no prompt asks for."""

    yaw: Unrest
    pitch: Unrest
    roll: Unrest
    breath: Unrest
    glance: Unrest
    blinks: tuple[Beat, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The whole performance of a clip: beats with their sides settled, and idle life."""

    beats: tuple[Beat, ...]
    idle: Idle
    clip: Clip
    without: frozenset[Kind]

    def pose(self, second: float) -> Pose:
        """Return what the person does at a time; the same for the same time, whatever was asked before."""
        total: Doing = {}
        for doing in self._doings(second):
            for name, value in doing.items():
                total[name] = total.get(name, 0.0) + value
        return _bounded(total)

    def _doings(self, second: float) -> Iterator[Doing]:
        yield self._idle(second)
        for beat in (*self.beats, *self.idle.blinks):
            if beat.kind in DEEDS and beat.start_s <= second <= max(beat.end_s, self._last(beat)):
                yield DEEDS[beat.kind](beat, second, self.clip)

    def _last(self, beat: Beat) -> float:
        return self.clip.seconds if beat.end_s >= self.clip.seconds - 0.1 else beat.end_s

    def _idle(self, second: float) -> Doing:
        """Life at rest; whoever runs or walks has enough to do."""
        t = second * self.clip.pace
        glance = self.idle.glance.at(t)
        still = STILL if self.without & {"turn", "shake"} else 1.0
        return {
            "yaw": still * (1.7 * self.idle.yaw.at(t) + 0.8 * glance), "pitch": 1.0 * self.idle.pitch.at(t),
            "roll": 0.8 * self.idle.roll.at(t), "grow": 0.0035 * self.idle.breath.at(t),
            "shift_y": -0.0022 * self.idle.breath.at(t), "gaze_x": 0.22 * glance,
        }  # fmt: skip


def direct(timeline: Timeline, rng: np.random.Generator) -> Actor:
    """Return the performance: the seed picks the sides that the prompt left open, and the idle life."""
    has_slow = any(beat.kind == "slow_motion" for beat in timeline.beats)
    pace = 0.5 if has_slow else 1.0
    sides: tuple[Side, Side] = ("left", "right")
    picked = sides[int(rng.integers(2))]
    beats = tuple(
        Beat(kind=b.kind, start_s=b.start_s, end_s=b.end_s, side=b.side or picked, strength=b.strength)
        for b in timeline.beats
    )
    idle = Idle(
        yaw=unrest(rng, slowest_hertz=0.11, fastest_hertz=0.5),
        pitch=unrest(rng, slowest_hertz=0.13, fastest_hertz=0.6),
        roll=unrest(rng, slowest_hertz=0.09, fastest_hertz=0.4),
        breath=unrest(rng, slowest_hertz=0.26, fastest_hertz=0.3),
        glance=unrest(rng, slowest_hertz=0.21, fastest_hertz=0.9),
        blinks=() if "blink" in timeline.without else tuple(_blinks(beats, timeline.seconds, pace, rng)),
    )  # fmt: skip
    syllables = unrest(rng, slowest_hertz=2.6, fastest_hertz=6.1)
    clip = Clip(seconds=timeline.seconds, pace=pace, syllables=syllables)
    return Actor(beats=beats, idle=idle, clip=clip, without=timeline.without)


def _blinks(beats: tuple[Beat, ...], seconds: float, pace: float, rng: np.random.Generator) -> Iterator[Beat]:
    busy = [(b.start_s - 0.45, b.end_s + 0.45) for b in beats if b.kind in CALM]
    length = BLINK_S / pace
    at = float(rng.uniform(0.5, BLINK_EVERY_S[0]))
    while at + length < seconds:
        if not any(start < at + length and at < end for start, end in busy):
            yield Beat(kind="blink", start_s=at, end_s=at + length)
        at += float(rng.uniform(*BLINK_EVERY_S)) / pace


def _bounded(total: Doing) -> Pose:
    def within(name: str, low: float, high: float) -> float:
        return min(high, max(low, total.get(name, 0.0)))

    def angle(name: str, most: float) -> float:
        return math.radians(most * math.tanh(total.get(name, 0.0) / most * 1.1))

    away = 1.0 - within("back", 0, 1)
    return Pose(
        close_left=within("close_left", 0, 1), close_right=within("close_right", 0, 1),
        wink_left=within("wink_left", 0, 1), wink_right=within("wink_right", 0, 1),
        gaze_x=away * within("gaze_x", -1, 1), gaze_y=away * within("gaze_y", -1, 1),
        smile=within("smile", -0.5, SMILE_MOST), sober=within("sober", 0, 1),
        opening=within("opening", 0, OPENING_MOST), raised=within("raised", 0, 1.2), drawn=within("drawn", 0, 1.2),
        worried=within("worried", 0, 1.2), yaw=away * angle("yaw", YAW_MOST), pitch=angle("pitch", PITCH_MOST),
        roll=angle("roll", ROLL_MOST), shift_x=total.get("shift_x", 0.0), shift_y=total.get("shift_y", 0.0),
        lean=math.radians(total.get("lean", 0.0)), grow=total.get("grow", 0.0),
        blurred=total.get("speed", 0.0) > BLURRED,
    )  # fmt: skip
