"""What was understood of a prompt, in plain words, for `s2v animatic`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from .beats import CAMERA, Beat, Kind, Timeline

WORDS: Final[Mapping[Kind, str]] = {
    "run": "runs toward the camera", "walk": "walks toward the camera", "jump": "jumps", "dance": "dances",
    "wink": "winks", "blink": "blinks", "smile": "smiles", "stop_smiling": "stops smiling",
    "laugh": "laughs", "surprise": "looks surprised", "sad": "looks sad",
    "frown": "frowns", "talk": "moves the lips, as if talking",
    "look_aside": "looks aside", "look_up": "looks up", "look_down": "looks down",
    "look_back": "looks again as in the photo", "close_eyes": "closes the eyes",
    "turn": "turns the head", "nod": "nods", "shake": "shakes the head", "tilt_head": "tilts the head",
    "push_in": "camera: comes nearer", "pull_out": "camera: moves away", "pan_left": "camera: pans left",
    "pan_right": "camera: pans right", "tilt_up": "camera: tilts up", "tilt_down": "camera: tilts down",
    "zoom_in": "camera: zooms in", "zoom_out": "camera: zooms out", "orbit": "camera: goes around the person",
    "dolly_zoom": "camera: the background draws back, the person stays as large",
    "truck_left": "camera: moves left", "truck_right": "camera: moves right", "pedestal_up": "camera: rises",
    "pedestal_down": "camera: sinks", "shake_camera": "camera: shakes, as if held by hand",
    "static": "camera: stands still", "slow_motion": "slow motion",
    "sunset": "light of a sunset", "night": "light of the night", "black_and_white": "black and white",
    "close_up": "camera: close to the face", "snow": "snow falls", "rain": "rain falls", "sepia": "sepia",
}  # fmt: skip
"""What each kind of beat shows."""
WEAK: Final = 0.95
STRONG: Final = 1.05


def explain(timeline: Timeline) -> tuple[str, ...]:
    """Return what will be shown, a line for each beat; then what the prompt forbids, and what was ignored.

    What was ignored may be seen nevertheless: of what describes a person the photo may show a lot.
    """
    shown = tuple(_line(beat) for beat in timeline.beats)
    return (
        *(shown or ("nothing of the prompt can be shown: an idle face, and a camera as usual",)),
        *_others(timeline),
    )


def _line(beat: Beat) -> str:
    return f"{beat.start_s:.1f} to {beat.end_s:.1f} s: {WORDS[beat.kind]}{_side(beat)}{_strength(beat)}"


def _side(beat: Beat) -> str:
    if beat.side is None:
        return ""
    if beat.kind == "wink":
        return f", the person's own {beat.side} eye"
    return f", to the {beat.side} of the picture"


def _strength(beat: Beat) -> str:
    word = "slightly" if beat.strength < WEAK else "strongly" if beat.strength > STRONG else ""
    if beat.kind in CAMERA and word:
        word = {"slightly": "slowly", "strongly": "far"}[word]
    return f", {word}" if word else ""


def _others(timeline: Timeline) -> Iterator[str]:
    for kind in sorted(timeline.without):
        yield f"left out, as the prompt says: {WORDS[kind]}"
    if timeline.ignored:
        yield f"ignored: {', '.join(map(repr, timeline.ignored))}: not drawn, and seen only if the photo shows it"
