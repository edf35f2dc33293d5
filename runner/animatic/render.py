"""The room's one call: a portrait, a prompt and a seed become an MP4 file.

Everything that is drawn follows from the arguments: the random numbers come from a digest of the portrait's bytes, the
prompt, the seed number and `ENGINE`. On one machine with the same libraries the bytes are the same every time; on
another kind of processor the pictures look the same, but the bytes may differ.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
import PIL

from .beats import CAMERA, Kind, Timeline
from .camera import plan_timeline
from .encoder import Encoder
from .frame import Shape, compose, see_plate
from .label import TEXT, draw_label
from .picture import read_picture
from .timeline import read

ENGINE: Final = "animatic-1"
"""The version of the drawing: another one may draw the same request differently."""
STANDARD: Final = Shape()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """What was made: which words of the prompt were obeyed, which not, the clip's measures, and by what."""

    moves: tuple[str, ...]
    honoured: tuple[str, ...]
    ignored: tuple[str, ...]
    frames: int
    seconds: float
    width: int
    height: int
    fps: int
    engine: str
    libraries: tuple[tuple[str, str], ...]


def render(portrait: bytes, prompt: str | None, *, seed: int, out: Path, shape: Shape = STANDARD) -> Rendering:
    """Draw the clip into `out` and return what was made; may be repeated, and overwrites.

    Raises `UnreadablePictureError` for a portrait that is no picture. What was written before an error is left there:
    the caller gives the name of a part file, and renames it.
    """
    cv2.setNumThreads(1)
    picture = read_picture(portrait)
    reading = read(prompt, seed, shape.seconds)
    timeline = plan_timeline(
        _moves(reading), aspect=picture.shape[1] / picture.shape[0], seconds=shape.seconds,
        rng=np.random.default_rng(_entropy(portrait, prompt, seed)),
    )  # fmt: skip
    plate = see_plate(picture, timeline, shape)
    label = draw_label(shape.width, shape.height)
    with Encoder(out, shape, {"title": TEXT, "comment": f"{TEXT}; engine {ENGINE}, seed {seed}"}) as encoder:
        for number in range(shape.frames):
            encoder.write(compose(plate, timeline.view(number / shape.fps), shape, label))
    return Rendering(
        moves=tuple(beat.kind for beat in reading.beats if beat.kind in CAMERA), honoured=reading.honoured,
        ignored=reading.ignored, frames=shape.frames, seconds=shape.frames / shape.fps, width=shape.width,
        height=shape.height, fps=shape.fps, engine=ENGINE, libraries=_libraries(),
    )  # fmt: skip


def _moves(timeline: Timeline) -> tuple[tuple[Kind | None, ...], ...]:
    """Return the camera's moves, those that begin together bound together; the slow drift, where there is none."""
    moves = [beat for beat in timeline.beats if beat.kind in CAMERA]
    starts = sorted({beat.start_s for beat in moves})
    return tuple(tuple(beat.kind for beat in moves if beat.start_s == start) for start in starts) or ((None,),)


def _entropy(portrait: bytes, prompt: str | None, seed: int) -> int:
    digest = hashlib.sha256()
    for part in (portrait, b"" if prompt is None else b"p" + prompt.encode(), str(seed).encode(), ENGINE.encode()):
        digest.update(len(part).to_bytes(8, "big") + part)
    return int.from_bytes(digest.digest(), "big")


def _libraries() -> tuple[tuple[str, str], ...]:
    return (
        ("av", av.__version__),
        ("numpy", np.__version__),
        ("opencv", str(cv2.__version__)),
        ("pillow", PIL.__version__),
    )
