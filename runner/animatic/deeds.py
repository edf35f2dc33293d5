"""What each word makes a person do: for every kind of beat a function of the beat and the time.

A deed gives what it adds to the fields of a `Pose`, angles in degrees, as people think of them. Left and right are the
viewer's, but for the wink, whose eye is the person's own (see `beats`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

from ..values import dataclass
from .beats import Beat
from .easing import Unrest
from .envelope import held, swing
from .stride import MOVES

Doing = dict[str, float]
"""What a beat adds to the fields of a `Pose`, by their names; `speed` besides, of a body that a shutter would blur,
and `back`, of which head and eyes are brought back to where they are in the portrait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """What a deed needs to know of its clip: the length, the tempo (0.5 is slow motion), and the rhythm of speech."""

    seconds: float
    pace: float
    syllables: Unrest


def _sign(beat: Beat) -> float:
    """Return -1 for the viewer's left, 1 for the right."""
    return -1.0 if beat.side == "left" else 1.0


def _wink(beat: Beat, t: float, clip: Clip) -> Doing:
    """One lid, its cheek, that corner of the mouth, and a tilt of the head to that side (the person's own side)."""
    much = held(beat, t, rise=0.16, fall=0.24, clip=clip.seconds)
    away = 1.0 if beat.side == "left" else -1.0
    return {
        f"close_{beat.side}": much, f"wink_{beat.side}": much, "smile": 0.30 * much * beat.strength,
        "roll": 4.0 * away * held(beat, t, rise=0.30, fall=0.30, clip=clip.seconds), "raised": 0.08 * much,
    }  # fmt: skip


def _blink(beat: Beat, t: float, clip: Clip) -> Doing:
    much = held(beat, t, rise=0.10, fall=0.16, clip=clip.seconds + 1.0)
    return {"close_left": much, "close_right": much}


def _close_eyes(beat: Beat, t: float, clip: Clip) -> Doing:
    much = held(beat, t, rise=0.35, fall=0.35, clip=clip.seconds)
    return {"close_left": much, "close_right": much, "pitch": 2.0 * much}


def _smile(beat: Beat, t: float, clip: Clip) -> Doing:
    much = held(beat, t, rise=0.55, fall=0.6, clip=clip.seconds) * beat.strength
    return {"smile": much, "close_left": 0.16 * much, "close_right": 0.16 * much}


def _stop_smiling(beat: Beat, t: float, clip: Clip) -> Doing:
    """A smile of the photo goes, too."""
    return {"sober": held(beat, t, rise=0.9, fall=0.6, clip=clip.seconds) * min(1.0, beat.strength)}


def _laugh(beat: Beat, t: float, clip: Clip) -> Doing:
    """A broad smile; mouth and head go up and down together, some four times a second."""
    much = held(beat, t, rise=0.35, fall=0.45, clip=clip.seconds) * min(1.2, beat.strength)
    ha = 0.5 - 0.5 * math.cos(math.tau * 4.2 * clip.pace * (t - beat.start_s))
    return {
        "smile": 1.15 * much, "opening": much * (0.095 + 0.06 * ha),
        "close_left": 0.38 * much, "close_right": 0.38 * much, "pitch": much * (-3.0 - 1.2 * ha),
        "shift_y": -0.004 * much * ha, "raised": 0.15 * much,
    }  # fmt: skip


def _surprise(beat: Beat, t: float, clip: Clip) -> Doing:
    much = held(beat, t, rise=0.26, fall=0.5, clip=clip.seconds)
    strong = min(1.2, beat.strength)
    return {"raised": 1.0 * much * strong, "opening": 0.17 * much * strong, "pitch": -2.5 * much}


def _sad(beat: Beat, t: float, clip: Clip) -> Doing:
    much = held(beat, t, rise=0.7, fall=0.7, clip=clip.seconds) * beat.strength
    return {
        "worried": 0.75 * much, "smile": -0.25 * much, "sober": much, "pitch": 4.0 * much, "gaze_y": 0.4 * much,
        "close_left": 0.22 * much, "close_right": 0.22 * much,
    }  # fmt: skip


def _frown(beat: Beat, t: float, clip: Clip) -> Doing:
    much = held(beat, t, rise=0.4, fall=0.5, clip=clip.seconds) * beat.strength
    return {
        "drawn": much, "smile": -0.30 * much, "sober": much, "close_left": 0.12 * much, "close_right": 0.12 * much
    }  # fmt: skip


def _talk(beat: Beat, t: float, clip: Clip) -> Doing:
    """Syllables: a restless opening that closes now and then, and the head goes a little with them."""
    much = held(beat, t, rise=0.15, fall=0.2, clip=clip.seconds)
    wave = clip.syllables.at(t * clip.pace)
    return {"opening": much * max(0.0, 0.050 + 0.085 * wave), "pitch": 1.2 * much * wave, "raised": 0.12 * much * wave}


def _look_aside(beat: Beat, t: float, clip: Clip) -> Doing:
    eyes = held(beat, t, rise=0.16, fall=0.2, clip=clip.seconds)
    head = held(beat, t, rise=0.5, fall=0.5, clip=clip.seconds)
    return {"gaze_x": _sign(beat) * eyes * beat.strength, "yaw": 5.0 * _sign(beat) * head}


def _look_up(beat: Beat, t: float, clip: Clip) -> Doing:
    much = held(beat, t, rise=0.4, fall=0.45, clip=clip.seconds)
    return {"gaze_y": -0.9 * much, "pitch": -6.0 * much * beat.strength, "raised": 0.3 * much}


def _look_down(beat: Beat, t: float, clip: Clip) -> Doing:
    much = held(beat, t, rise=0.4, fall=0.45, clip=clip.seconds)
    return {
        "gaze_y": 0.9 * much, "pitch": 6.0 * much * beat.strength, "close_left": 0.35 * much, "close_right": 0.35 * much
    }  # fmt: skip


def _look_back(beat: Beat, t: float, clip: Clip) -> Doing:
    """Head and eyes stay as in the photo."""
    return {"back": held(beat, t, rise=0.3, fall=0.4, clip=clip.seconds)}


def _turn(beat: Beat, t: float, clip: Clip) -> Doing:
    """The eyes lead, the head follows."""
    eyes = held(beat, t, rise=0.18, fall=0.35, clip=clip.seconds)
    head = held(beat, t, rise=0.75, fall=0.75, clip=clip.seconds)
    return {
        "yaw": 17.0 * _sign(beat) * head * beat.strength, "gaze_x": _sign(beat) * (0.9 * eyes - 0.5 * head),
        "roll": 1.5 * _sign(beat) * head,
    }  # fmt: skip


def _nod(beat: Beat, t: float, clip: Clip) -> Doing:
    much = held(beat, t, rise=0.2, fall=0.3, clip=clip.seconds + 1.0)
    return {"pitch": 8.0 * beat.strength * much * swing(beat, t, hertz=1.5 * clip.pace)}


def _shake(beat: Beat, t: float, clip: Clip) -> Doing:
    much = held(beat, t, rise=0.2, fall=0.3, clip=clip.seconds + 1.0)
    way = swing(beat, t, hertz=1.6 * clip.pace)
    return {"yaw": 11.0 * beat.strength * much * way, "gaze_x": -0.45 * much * way}


def _tilt_head(beat: Beat, t: float, clip: Clip) -> Doing:
    return {"roll": 7.0 * _sign(beat) * beat.strength * held(beat, t, rise=0.6, fall=0.6, clip=clip.seconds)}


def _motion(beat: Beat, t: float, clip: Clip) -> Doing:
    much = held(beat, t, rise=0.35, fall=0.35, clip=clip.seconds)
    return MOVES[beat.kind]((t - beat.start_s) * clip.pace, much * min(1.3, beat.strength))


DEEDS: Final[Mapping[str, Callable[[Beat, float, Clip], Doing]]] = {
    "wink": _wink, "blink": _blink, "close_eyes": _close_eyes, "smile": _smile, "stop_smiling": _stop_smiling,
    "laugh": _laugh, "surprise": _surprise, "sad": _sad, "frown": _frown, "talk": _talk, "look_aside": _look_aside,
    "look_up": _look_up, "look_down": _look_down, "look_back": _look_back, "turn": _turn, "nod": _nod, "shake": _shake,
    "tilt_head": _tilt_head, "run": _motion, "walk": _motion, "jump": _motion, "dance": _motion,
}  # fmt: skip
