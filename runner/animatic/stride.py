"""How a body moves that runs, walks, jumps or dances, as far as a bust shows it: up and down, to and fro.

Steps are cosines and not bounces of |sin|, whose corners jolt. Shifts are in frame heights, angles in degrees; `speed`
says that a camera's shutter would blur the movement.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

RUN_HERTZ: Final = 2.6  # steps a second; a jogger makes 2.6 to 2.8
WALK_HERTZ: Final = 1.75  # a walker 1.7 to 1.9
JUMP_HERTZ: Final = 1.1
DANCE_HERTZ: Final = 1.9


def _steps(second: float, much: float, *, hertz: float, bounce: float, lean: float) -> dict[str, float]:
    """The body rises with every step and sways with every second one; a small second wave is the landing."""
    w = math.tau * hertz * second
    return {
        "shift_y": -bounce * much * (math.cos(w) + 0.22 * math.cos(2.0 * w + 0.6)),
        "shift_x": 0.55 * bounce * much * math.sin(w / 2.0), "lean": lean * much * math.sin(w / 2.0),
        "pitch": 0.9 * much * math.cos(w + 0.5), "yaw": 1.4 * much * math.sin(w / 2.0 + 0.7),
    }  # fmt: skip


def run(second: float, much: float) -> dict[str, float]:
    """Run: quick steps."""
    return _steps(second, much, hertz=RUN_HERTZ, bounce=0.015, lean=1.1) | {"speed": much}


def walk(second: float, much: float) -> dict[str, float]:
    """Walk: slower and flatter."""
    return _steps(second, much, hertz=WALK_HERTZ, bounce=0.0075, lean=0.7)


def jump(second: float, much: float) -> dict[str, float]:
    """Jump: a smooth hop, and a dip of the knees before it."""
    w = math.tau * JUMP_HERTZ * second
    return {
        "shift_y": 0.030 * much * (math.cos(w) - 1.0 + 0.35 * (1.0 - math.cos(2.0 * w))),
        "pitch": 1.5 * much * math.sin(w),
    }


def dance(second: float, much: float) -> dict[str, float]:
    """Dance: sway from side to side, lean with it, a small bob on every beat."""
    w = math.tau * DANCE_HERTZ * second
    return {
        "shift_x": 0.020 * much * math.sin(w / 2.0), "lean": 2.4 * much * math.sin(w / 2.0),
        "shift_y": -0.008 * much * math.cos(w), "roll": -3.0 * much * math.sin(w / 2.0 + 0.5),
        "yaw": 4.0 * much * math.sin(w / 2.0 - 0.4),
    }  # fmt: skip


MOVES: Final[Mapping[str, Callable[[float, float], dict[str, float]]]] = {
    "run": run,
    "walk": walk,
    "jump": jump,
    "dance": dance,
}
