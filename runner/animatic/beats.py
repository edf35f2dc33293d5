"""What a prompt asks for, as data: the words that the reader of prompts and the drawer of frames share.

A `Timeline` is made once, by `timeline.read(prompt, seed, seconds)`; every frame is a function of it and of the time.

Left and right have two meanings, because people use them so. Of a wink (`left eye`) the side is the *person's* own:
their left eye, which stands on the right of the picture. Of everything else (a turn, a look, a tilt of the head, a
camera) it is the *viewer's*: the left of the picture.
"""

from __future__ import annotations

from typing import Final, Literal

from ..values import dataclass

Side = Literal["left", "right"]
Kind = Literal[
    "run", "walk", "jump", "dance",
    "wink", "blink", "smile", "stop_smiling", "laugh", "surprise", "sad", "frown", "talk",
    "look_aside", "look_up", "look_down", "look_back", "close_eyes",
    "turn", "nod", "shake", "tilt_head",
    "push_in", "pull_out", "pan_left", "pan_right", "tilt_up", "tilt_down", "zoom_in", "zoom_out", "orbit",
    "dolly_zoom", "truck_left", "truck_right", "pedestal_up", "pedestal_down", "shake_camera", "static", "close_up",
    "slow_motion",
    "sunset", "night", "black_and_white", "snow", "rain", "sepia",
]  # fmt: skip

MOTION: Final[frozenset[Kind]] = frozenset({"run", "walk", "jump", "dance"})
"""The whole body, toward the camera or in place; spans the clip unless something else is said to come after it."""

FACE: Final[frozenset[Kind]] = frozenset(
    {"wink", "blink", "smile", "stop_smiling", "laugh", "surprise", "sad", "frown", "talk",
     "look_aside", "look_up", "look_down", "look_back", "close_eyes"}
)  # fmt: skip
HEAD: Final[frozenset[Kind]] = frozenset({"turn", "nod", "shake", "tilt_head"})
CAMERA: Final[frozenset[Kind]] = frozenset(
    {"push_in", "pull_out", "pan_left", "pan_right", "tilt_up", "tilt_down", "zoom_in", "zoom_out", "orbit",
     "dolly_zoom", "truck_left", "truck_right", "pedestal_up", "pedestal_down", "shake_camera", "static", "close_up"}
)  # fmt: skip
MODIFIER: Final[frozenset[Kind]] = frozenset({"slow_motion"})
LOOK: Final[frozenset[Kind]] = frozenset({"sunset", "night", "black_and_white", "snow", "rain", "sepia"})
"""Light and weather; a look holds from its start to its end, as a rule for the whole clip."""

KINDS: Final = MOTION | FACE | HEAD | CAMERA | MODIFIER | LOOK


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One thing that happens, from `start_s` to `end_s` seconds of the clip: 0 <= start_s < end_s <= its length.

    A beat's time includes its coming and going: a wink of 0.8 s is open at both ends. What holds to the end of the
    clip (a smile) ends with it. `strength` is 1.0 as a rule, less for *slightly*, more for *broadly*, within 0.3 to
    1.5. `side` is None where the prompt names none (then the seed picks) or where a side has no meaning.
    """

    kind: Kind
    start_s: float
    end_s: float
    side: Side | None = None
    strength: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A prompt, understood: its beats by start, what was obeyed of its words, and what could not be."""

    seconds: float
    beats: tuple[Beat, ...]
    honoured: tuple[str, ...]
    ignored: tuple[str, ...]
    without: frozenset[Kind] = frozenset()
    """What the prompt forbids: idle life leaves it out, too (*doesn't blink*, *without turning her head*)."""
