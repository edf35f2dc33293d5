"""A contact sheet: frames of a clip side by side, with the time below each and what happens at that moment.

Even times miss a wink of 0.8 seconds, so the middle of every short beat has a frame of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .beats import Beat
from .frame import draw
from .picture import Pixels
from .scene import Scene

EVEN: Final = 6  # frames at even times, first and last included
COLUMNS: Final = 3
WIDTH: Final = 480  # pixels of a frame on the sheet
LINE: Final = 26  # pixels of the caption below it
NEAR_S: Final = 0.12  # two frames nearer than that show the same
MOST: Final = 18  # frames on a sheet
PAPER: Final = (24, 24, 24)
INK: Final = (225, 225, 225)


def sheet(scene: Scene, out: Path) -> None:
    """Draw the sheet into a PNG file."""
    height = round(WIDTH * scene.shape.height / scene.shape.width)
    times = moments(scene.timeline.beats, scene.shape.seconds, last=(scene.shape.frames - 1) / scene.shape.fps)
    rows = -(-len(times) // COLUMNS)
    paper = Image.new("RGB", (COLUMNS * WIDTH, rows * (height + LINE)), PAPER)
    pen, font = ImageDraw.Draw(paper), ImageFont.load_default(15)
    for i, second in enumerate(times):
        left, top = i % COLUMNS * WIDTH, i // COLUMNS * (height + LINE)
        paper.paste(Image.fromarray(_small(draw(scene, second), height)), (left, top))
        pen.text((left + 8, top + height + 4), caption(scene.timeline.beats, second), font=font, fill=INK)
    paper.save(out, "PNG")


def moments(beats: tuple[Beat, ...], seconds: float, *, last: float) -> tuple[float, ...]:
    """Return the times to show: even ones, and the middle of each beat shorter than half of the clip."""
    planned = [(b.start_s + b.end_s) / 2 for b in beats if b.end_s - b.start_s < seconds / 2]
    chosen: list[float] = []
    for second in (*planned, *np.linspace(0.0, last, EVEN).tolist()):
        if len(chosen) < MOST and all(abs(second - other) > NEAR_S for other in chosen):
            chosen.append(min(second, last))
    return tuple(sorted(chosen))


def caption(beats: tuple[Beat, ...], second: float) -> str:
    """Return the time and the names of the beats that are on."""
    names = dict.fromkeys(b.kind.replace("_", " ") for b in beats if b.start_s <= second <= b.end_s)
    return f"{second:.2f} s  {', '.join(names)}".rstrip()


def _small(frame: Pixels, height: int) -> Pixels:
    small = cv2.resize(frame, (WIDTH, height), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small[:, :, ::-1])
