"""The room's one call: a portrait, a prompt and a seed become an MP4 file.

Everything that is drawn follows from the arguments: the random numbers come from a digest of the portrait's bytes, the
prompt, the seed number and `ENGINE`. On one machine with the same libraries the bytes are the same every time; on
another kind of processor the pictures look the same, but the bytes may differ.

The way of a clip, module by module: `picture` reads the portrait, `portrait` looks into it (`anatomy`, `matte`,
`spectacles`), `timeline` reads the prompt into `beats`; `scene` prepares the layers (`cutout`, `filling`, `plate`) and
who moves what (`acting` with `deeds` and `stride`, `camera` with `framing`, `looks`); `frame` draws one moment: paints
the face (`face_paint`: `shadow`, `lids`, `mouth`, `inside`), bends head and skin (`head`, `bulges`), and samples
(`sampling`); `encoder` writes. The door of the room itself loads nothing heavy.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
import PIL

from ..faces.networks import DIGESTS
from ..values import dataclass
from .beats import Beat
from .encoder import Encoder
from .frame import draw
from .label import TEXT
from .picture import read_picture
from .portrait import SMALLEST, Depth, Portrait, look_into
from .scene import Scene, prepare_scene
from .timeline import read
from .view import Shape

ENGINE: Final = "animatic-3"
"""The version of the drawing: another one may draw the same request differently."""
STANDARD: Final = Shape()
SOFT: Final = 120  # pixels of face width, below which the film is visibly soft

Watch = Callable[[int], None]
"""Told the number of frames that are drawn, after each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """What was made: what of the prompt was obeyed and what not, what was found in the portrait, by what it was drawn.

    `depth` says what moves: `layers` (a person before a background), `face` (a face that fills the picture) or `camera`
    (no face was found, or it is too small). `advice` is for people: what would make a better film.
    """

    beats: tuple[Beat, ...]
    honoured: tuple[str, ...]
    ignored: tuple[str, ...]
    depth: Depth
    faces: int
    spectacles: bool
    advice: tuple[str, ...]
    width: int
    height: int
    engine: str
    libraries: tuple[tuple[str, str], ...]
    models: tuple[tuple[str, str], ...]


def render(
    portrait: bytes, prompt: str | None, *, seed: int, out: Path, shape: Shape = STANDARD, plain: bool = False
) -> Rendering:
    """Draw the clip into `out` and return what was made; may be repeated, and overwrites.

    `plain` looks for no face, and moves only the camera: for films too small to see a face in. Raises
    `UnreadablePictureError` for a portrait that is no picture. What was written before an error is left there: the
    caller gives the name of a part file, and renames it.
    """
    scene = stage(portrait, prompt, seed=seed, shape=shape, plain=plain)
    film(scene, out, seed=seed)
    return described(scene)


def film(scene: Scene, out: Path, *, seed: int, watch: Watch | None = None) -> None:
    """Draw all frames of a scene into a file, while another thread encodes those that are drawn."""
    about = {"title": TEXT, "comment": f"{TEXT}; engine {ENGINE}, seed {seed}", "description": _told(scene)}
    with Encoder(out, scene.shape, about) as encoder:
        for number in range(scene.shape.frames):
            encoder.write(draw(scene, number / scene.shape.fps))
            if watch is not None:
                watch(number + 1)


def stage(portrait: bytes, prompt: str | None, *, seed: int, shape: Shape = STANDARD, plain: bool = False) -> Scene:
    """Return the scene of a clip, of which any frame can be drawn alone."""
    cv2.setNumThreads(1)
    found = look_into(read_picture(portrait), plain=plain)
    timeline = read(prompt, seed, shape.seconds, able=found.able)
    return prepare_scene(found, timeline, entropy=_entropy(portrait, prompt, seed), shape=shape)


def described(scene: Scene) -> Rendering:
    """Return what there is to say of a scene's clip."""
    timeline, portrait = scene.timeline, scene.portrait
    return Rendering(
        beats=timeline.beats, honoured=timeline.honoured, ignored=timeline.ignored, depth=portrait.depth,
        faces=portrait.faces, advice=_advice(portrait),
        spectacles=portrait.anatomy is not None and portrait.anatomy.spectacles,
        width=scene.shape.width, height=scene.shape.height, engine=ENGINE, libraries=_libraries(),
        models=() if portrait.plain else tuple(sorted(DIGESTS.items())),
    )  # fmt: skip


def _told(scene: Scene) -> str:
    """Return as JSON what stands in the file itself, so that it tells how it was made wherever it goes."""
    timeline = scene.timeline
    told = {"generative": False, "engine": ENGINE, "libraries": dict(_libraries())}
    return json.dumps(told | {"honoured": timeline.honoured, "ignored": timeline.ignored})


def _advice(portrait: Portrait) -> tuple[str, ...]:
    if portrait.plain:
        return ()
    if portrait.anatomy is None:
        return ("no face was found: only the camera moves",)
    said = []
    if portrait.faces > 1:
        said.append(f"{portrait.faces} faces were found: only the largest one acts")
    if portrait.actor is None:
        said.append(f"the face is {portrait.face_pixels} pixels wide: below {SMALLEST} only the camera moves")
    elif portrait.face_pixels < SOFT:
        said.append(f"the face is {portrait.face_pixels} pixels wide: from 200 on it looks sharp")
    if portrait.is_profile:
        said.append("the face is seen from the side: what it does there shows little")
    return tuple(said)


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
