"""From the beats of a timeline to a pose at a time: what each word makes the face, the head and the body do.

A beat adds its share to the pose; beats that overlap add up and are bounded at the end. Under all of it lies *idle
life* (blinks, breath, small movements of head and eyes), so that nobody ever stands frozen. Angles are in degrees
here, as people think of them; the bounds are where the picture still looks right (yaw 20, pitch 11, roll 8).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from .beats import Beat, Kind, Side, Timeline
from .easing import Unrest, unrest
from .envelope import held, swing
from .pose import Pose
from .stride import MOVES

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

Doing = dict[str, float]
"""What a beat adds to the fields of a `Pose` (angles in degrees)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """The small movements that no prompt asks for."""

    yaw: Unrest
    pitch: Unrest
    roll: Unrest
    breath: Unrest
    glance: Unrest
    syllables: Unrest
    blinks: tuple[Beat, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The whole performance of a clip: beats with their sides settled, and idle life."""

    beats: tuple[Beat, ...]
    idle: Idle
    seconds: float
    pace: float
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
                yield DEEDS[beat.kind](beat, second, self)

    def _last(self, beat: Beat) -> float:
        return self.seconds if beat.end_s >= self.seconds - 0.1 else beat.end_s

    def _idle(self, second: float) -> Doing:
        """Life at rest; whoever runs or walks has enough to do."""
        t = second * self.pace
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
        syllables=unrest(rng, slowest_hertz=2.6, fastest_hertz=6.1, waves=3),
        blinks=() if "blink" in timeline.without else tuple(_blinks(beats, timeline.seconds, pace, rng)),
    )  # fmt: skip
    return Actor(beats=beats, idle=idle, seconds=timeline.seconds, pace=pace, without=timeline.without)


def _blinks(beats: tuple[Beat, ...], seconds: float, pace: float, rng: np.random.Generator) -> Iterator[Beat]:
    busy = [(b.start_s - 0.45, b.end_s + 0.45) for b in beats if b.kind in CALM]
    length = BLINK_S / pace
    at = float(rng.uniform(0.5, BLINK_EVERY_S[0]))
    while at + length < seconds:
        if not any(start < at + length and at < end for start, end in busy):
            yield Beat(kind="blink", start_s=at, end_s=at + length)
        at += float(rng.uniform(*BLINK_EVERY_S)) / pace


def _sign(beat: Beat) -> float:
    """Return -1 for the viewer's left, 1 for the right."""
    return -1.0 if beat.side == "left" else 1.0


def _wink(beat: Beat, t: float, actor: Actor) -> Doing:
    """One lid, its cheek, that corner of the mouth, and a tilt of the head to that side (the person's own side)."""
    much = held(beat, t, rise=0.16, fall=0.24, clip=actor.seconds)
    away = 1.0 if beat.side == "left" else -1.0
    return {
        f"close_{beat.side}": much, f"wink_{beat.side}": much, "smile": 0.30 * much * beat.strength,
        "roll": 4.0 * away * held(beat, t, rise=0.30, fall=0.30, clip=actor.seconds), "raised": 0.08 * much,
    }  # fmt: skip


def _blink(beat: Beat, t: float, actor: Actor) -> Doing:
    much = held(beat, t, rise=0.10, fall=0.16, clip=actor.seconds + 1.0)
    return {"close_left": much, "close_right": much}


def _close_eyes(beat: Beat, t: float, actor: Actor) -> Doing:
    much = held(beat, t, rise=0.35, fall=0.35, clip=actor.seconds)
    return {"close_left": much, "close_right": much, "pitch": 2.0 * much}


def _smile(beat: Beat, t: float, actor: Actor) -> Doing:
    much = held(beat, t, rise=0.55, fall=0.6, clip=actor.seconds) * beat.strength
    return {"smile": much, "close_left": 0.16 * much, "close_right": 0.16 * much}


def _laugh(beat: Beat, t: float, actor: Actor) -> Doing:
    """A broad smile; mouth and head go up and down together, some four times a second."""
    much = held(beat, t, rise=0.35, fall=0.45, clip=actor.seconds) * min(1.2, beat.strength)
    ha = 0.5 - 0.5 * math.cos(math.tau * 4.2 * actor.pace * (t - beat.start_s))
    return {
        "smile": 1.15 * much, "opening": much * (0.095 + 0.06 * ha),
        "close_left": 0.38 * much, "close_right": 0.38 * much, "pitch": much * (-3.0 - 1.2 * ha),
        "shift_y": -0.004 * much * ha, "raised": 0.15 * much,
    }  # fmt: skip


def _surprise(beat: Beat, t: float, actor: Actor) -> Doing:
    much = held(beat, t, rise=0.26, fall=0.5, clip=actor.seconds)
    strong = min(1.2, beat.strength)
    return {"raised": 1.0 * much * strong, "opening": 0.17 * much * strong, "pitch": -2.5 * much}


def _sad(beat: Beat, t: float, actor: Actor) -> Doing:
    much = held(beat, t, rise=0.7, fall=0.7, clip=actor.seconds) * beat.strength
    return {
        "worried": much, "smile": -0.25 * much, "pitch": 4.0 * much, "gaze_y": 0.4 * much,
        "close_left": 0.22 * much, "close_right": 0.22 * much,
    }  # fmt: skip


def _frown(beat: Beat, t: float, actor: Actor) -> Doing:
    much = held(beat, t, rise=0.4, fall=0.5, clip=actor.seconds) * beat.strength
    return {"drawn": much, "smile": -0.30 * much, "close_left": 0.12 * much, "close_right": 0.12 * much}


def _talk(beat: Beat, t: float, actor: Actor) -> Doing:
    """Syllables: a restless opening that closes now and then, and the head goes a little with them."""
    much = held(beat, t, rise=0.15, fall=0.2, clip=actor.seconds)
    wave = actor.idle.syllables.at(t * actor.pace)
    return {"opening": much * max(0.0, 0.050 + 0.085 * wave), "pitch": 1.2 * much * wave, "raised": 0.12 * much * wave}


def _look_aside(beat: Beat, t: float, actor: Actor) -> Doing:
    eyes = held(beat, t, rise=0.16, fall=0.2, clip=actor.seconds)
    head = held(beat, t, rise=0.5, fall=0.5, clip=actor.seconds)
    return {"gaze_x": _sign(beat) * eyes * beat.strength, "yaw": 5.0 * _sign(beat) * head}


def _look_up(beat: Beat, t: float, actor: Actor) -> Doing:
    much = held(beat, t, rise=0.4, fall=0.45, clip=actor.seconds)
    return {"gaze_y": -0.9 * much, "pitch": -6.0 * much * beat.strength, "raised": 0.3 * much}


def _look_down(beat: Beat, t: float, actor: Actor) -> Doing:
    much = held(beat, t, rise=0.4, fall=0.45, clip=actor.seconds)
    return {
        "gaze_y": 0.9 * much, "pitch": 6.0 * much * beat.strength, "close_left": 0.35 * much, "close_right": 0.35 * much
    }  # fmt: skip


def _turn(beat: Beat, t: float, actor: Actor) -> Doing:
    """The eyes lead, the head follows."""
    eyes = held(beat, t, rise=0.18, fall=0.35, clip=actor.seconds)
    head = held(beat, t, rise=0.75, fall=0.75, clip=actor.seconds)
    return {
        "yaw": 17.0 * _sign(beat) * head * beat.strength, "gaze_x": _sign(beat) * (0.9 * eyes - 0.5 * head),
        "roll": 1.5 * _sign(beat) * head,
    }  # fmt: skip


def _nod(beat: Beat, t: float, actor: Actor) -> Doing:
    much = held(beat, t, rise=0.2, fall=0.3, clip=actor.seconds + 1.0)
    return {"pitch": 8.0 * beat.strength * much * swing(beat, t, hertz=1.5 * actor.pace)}


def _shake(beat: Beat, t: float, actor: Actor) -> Doing:
    much = held(beat, t, rise=0.2, fall=0.3, clip=actor.seconds + 1.0)
    way = swing(beat, t, hertz=1.6 * actor.pace)
    return {"yaw": 11.0 * beat.strength * much * way, "gaze_x": -0.45 * much * way}


def _tilt_head(beat: Beat, t: float, actor: Actor) -> Doing:
    return {"roll": 7.0 * _sign(beat) * beat.strength * held(beat, t, rise=0.6, fall=0.6, clip=actor.seconds)}


def _motion(beat: Beat, t: float, actor: Actor) -> Doing:
    much = held(beat, t, rise=0.35, fall=0.35, clip=actor.seconds)
    return MOVES[beat.kind]((t - beat.start_s) * actor.pace, much * min(1.3, beat.strength))


DEEDS: Final[Mapping[str, Callable[[Beat, float, Actor], Doing]]] = {
    "wink": _wink, "blink": _blink, "close_eyes": _close_eyes, "smile": _smile, "laugh": _laugh, "surprise": _surprise,
    "sad": _sad, "frown": _frown, "talk": _talk, "look_aside": _look_aside, "look_up": _look_up,
    "look_down": _look_down, "turn": _turn, "nod": _nod, "shake": _shake, "tilt_head": _tilt_head,
    "run": _motion, "walk": _motion, "jump": _motion, "dance": _motion,
}  # fmt: skip


def _bounded(total: Doing) -> Pose:
    def within(name: str, low: float, high: float) -> float:
        return min(high, max(low, total.get(name, 0.0)))

    def angle(name: str, most: float) -> float:
        return math.radians(most * math.tanh(total.get(name, 0.0) / most * 1.1))

    return Pose(
        close_left=within("close_left", 0, 1), close_right=within("close_right", 0, 1),
        wink_left=within("wink_left", 0, 1), wink_right=within("wink_right", 0, 1),
        gaze_x=within("gaze_x", -1, 1), gaze_y=within("gaze_y", -1, 1), smile=within("smile", -0.5, SMILE_MOST),
        opening=within("opening", 0, OPENING_MOST), raised=within("raised", 0, 1.2), drawn=within("drawn", 0, 1.2),
        worried=within("worried", 0, 1.2), yaw=angle("yaw", YAW_MOST), pitch=angle("pitch", PITCH_MOST),
        roll=angle("roll", ROLL_MOST), shift_x=total.get("shift_x", 0.0), shift_y=total.get("shift_y", 0.0),
        lean=math.radians(total.get("lean", 0.0)), grow=total.get("grow", 0.0),
        blurred=total.get("speed", 0.0) > BLURRED,
    )  # fmt: skip
