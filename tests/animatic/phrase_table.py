"""The table of prompts in phrases.txt: how a timeline is written there, and how the table is read.

`wink(left, quick) > smile(strong) & nod x2; without blink; ignored: on a beach`

A beat is written by its kind, what is particular about it in brackets, and how many of it stand in a row. `&` stands
before a beat that begins before all others have ended, `>` before one that begins after their end.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from runner.animatic.beats import CAMERA, FACE, HEAD, Beat, Timeline
from runner.animatic.timeline import HOLDING, NATURAL_S

PHRASES = Path(__file__).with_name("phrases.txt")
SECONDS = 12.0


def rows() -> Iterator[tuple[str, str]]:
    """Give each prompt with its timeline as written."""
    lines = [line for line in PHRASES.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    yield from zip(lines[::2], (line.strip() for line in lines[1::2]), strict=True)


def written(timeline: Timeline) -> str:
    """Return a timeline as the table writes it."""
    parts = [_in_a_row(timeline.beats) or "nothing"]
    parts += ["without " + ", ".join(sorted(timeline.without))] if timeline.without else []
    parts += ["ignored: " + ", ".join(timeline.ignored)] if timeline.ignored else []
    return "; ".join(parts)


def _in_a_row(beats: tuple[Beat, ...]) -> str:
    text, end = "", 0.0
    for said, group in groupby(beats, key=_said):
        same = list(group)
        text += (" & " if same[0].start_s < end - 1e-9 else " > ") if text else ""
        text += said + (f" x{len(same)}" if len(same) > 1 else "")
        end = max(end, *(beat.end_s for beat in same))
    return text


def _said(beat: Beat) -> str:
    marks = [beat.side or "", _strength(beat), _pace(beat)]
    told = ", ".join(mark for mark in marks if mark)
    return f"{beat.kind}({told})" if told else beat.kind


def _strength(beat: Beat) -> str:
    return "strong" if beat.strength > 1.05 else "weak" if beat.strength < 0.95 else ""


def _pace(beat: Beat) -> str:
    if beat.kind not in (FACE | HEAD) - HOLDING:
        return "quick" if beat.kind in CAMERA and beat.end_s == SECONDS * 0.6 else ""
    share = (beat.end_s - beat.start_s) / NATURAL_S[beat.kind]
    return "slow" if share > 1.05 else "quick" if share < 0.95 else ""
