"""Everything that a clip is drawn from, prepared once: the portrait taken apart, and who moves what when.

A scene is never changed after it is made; `frame.draw(scene, second)` is a function of it and of the time. So any frame
can be drawn alone, in any order.

How much is made of a portrait depends on what is in it:
- a face and its owner: the person is cut out, and stands before a background of their own;
- a face that fills the picture: one layer, whose face moves;
- no face, or one too small to see: one layer, over which only the camera moves.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from ..faces.finding import Face, find_faces
from ..faces.person import person
from .acting import Actor, direct
from .anatomy import Anatomy, measure
from .beats import Timeline
from .camera import Camera, plan_camera
from .cutout import Cutout, background, cut_out
from .face_paint import Face as PaintedFace
from .face_paint import prepare
from .framing import frame_portrait
from .inside import FULL, Light, light_on
from .label import Label, draw_label
from .looks import Looks, plan_looks
from .matte import matte
from .picture import Pixels, Soft, no_larger
from .plate import Plate, paint_plate
from .spectacles import wears_spectacles
from .view import Box, Shape, View, seen, together

LONG_SIDE: Final = 1600  # pixels of a portrait with a face: no frame shows more of it
SMALLEST: Final = 40  # pixels of face width: one that is smaller is framed, but has too few pixels to act with
SKIN: Final = (50, 280, 151)  # mesh points of both cheeks and the tip of the chin, which no hair covers
SOFT: Final = 120  # pixels of face width, below which the film is visibly soft
BODY: Final = 0.05  # frame heights that a body moves by itself

Depth = Literal["layers", "face", "camera"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A clip before it is drawn."""

    shape: Shape
    timeline: Timeline
    camera: Camera
    actor: Actor
    looks: Looks
    label: Label
    plain: bool
    depth: Depth
    anatomy: Anatomy | None
    is_profile: bool
    faces: int
    face_pixels: int
    plate: Plate
    cutout: Cutout | None
    painted: tuple[PaintedFace, ...]

    def background_view(self, second: float) -> View:
        """Return what the camera sees of the background, which is further off than the person.

        What is further off grows less when one comes nearer, and moves less when one steps aside: its zoom is the
        mean of the person's zoom (weight 0.45) and none, its centre moves 0.55 of the person's.
        """
        view, framing = self.camera.at(second), self.camera.framing
        around = 0.16 * view.height * self.camera.orbit(second)
        return View(
            x=framing.wide_x + 0.55 * (view.x - framing.wide_x) - around,
            y=framing.wide_y + 0.55 * (view.y - framing.wide_y),
            height=view.height**0.45 * framing.widest**0.55, roll=view.roll,
        )  # fmt: skip


def prepare_scene(picture: Pixels, timeline: Timeline, *, entropy: int, shape: Shape, plain: bool = False) -> Scene:
    """Return the scene. `plain` looks for no face: only the camera moves, in a tenth of the time."""
    found = () if plain else find_faces(no_larger(picture, LONG_SIDE))
    if not found:
        return _assemble(picture, timeline, _Parts(plain=plain, faces=len(found)), entropy=entropy, shape=shape)
    small = no_larger(picture, LONG_SIDE)
    face = found[0]
    acts = face.width >= SMALLEST
    alpha = matte(small, person(small), inside=(float(face.points[4, 0]), float(face.points[4, 1]))) if acts else None
    anatomy = measure(
        face, lines=small.shape[0], head_top=_head_top(alpha, face), spectacles=wears_spectacles(small, face)
    )
    parts = _Parts(
        anatomy=anatomy, alpha=alpha, is_profile=face.is_profile, faces=len(found), face_pixels=round(face.width),
        light=_light(small, face), acts=acts,
    )  # fmt: skip
    return _assemble(small, timeline, parts, entropy=entropy, shape=shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What was found in the portrait."""

    plain: bool = False
    anatomy: Anatomy | None = None
    is_profile: bool = False
    alpha: Soft | None = None
    faces: int = 0
    face_pixels: int = 0
    light: Light = FULL
    acts: bool = False


def _assemble(picture: Pixels, timeline: Timeline, parts: _Parts, *, entropy: int, shape: Shape) -> Scene:
    framing = frame_portrait(picture.shape[1] / picture.shape[0], parts.anatomy)
    camera = plan_camera(timeline, framing, _chance(entropy, "camera"))
    views = [camera.at(n / shape.fps) for n in range(shape.frames)]
    finest, coarsest = (shape.height / f(view.height for view in views) for f in (min, max))
    anatomy, alpha = parts.anatomy if parts.acts else None, parts.alpha
    empty = Scene(
        shape=shape, timeline=timeline, camera=camera, actor=direct(timeline, _chance(entropy, "actor")),
        looks=plan_looks(timeline, _chance(entropy, "looks")), label=draw_label(shape.width, shape.height),
        depth="camera" if anatomy is None else "face" if alpha is None else "layers", anatomy=anatomy,
        plain=parts.plain, is_profile=parts.is_profile, faces=parts.faces, face_pixels=parts.face_pixels,
        plate=Plate(levels=()), cutout=None, painted=(),
    )  # fmt: skip
    if anatomy is None or alpha is None:
        plate = paint_plate(picture, _wider(views, shape, anatomy), coarsest=coarsest, finest=finest)
        return _with(empty, plate=plate, cutout=None, light=parts.light)
    behind = background(picture, alpha)
    far = [empty.background_view(n / shape.fps) for n in range(shape.frames)]
    plate = paint_plate(
        behind, _wider(far, shape, None), coarsest=shape.height / max(v.height for v in far),
        finest=shape.height / min(v.height for v in far),
    )  # fmt: skip
    cutout = cut_out(picture, alpha, behind, coarsest=coarsest, finest=finest)
    return _with(empty, plate=plate, cutout=cutout, light=parts.light)


def _with(empty: Scene, *, plate: Plate, cutout: Cutout | None, light: Light) -> Scene:
    """Put the layers into the scene, and the face onto each of their resolutions."""
    levels = cutout.levels if cutout else plate.levels
    painted = tuple(prepare(level, empty.anatomy, light=light) for level in levels) if empty.anatomy else ()
    return replace(empty, plate=plate, cutout=cutout, painted=painted)


def _wider(views: list[View], shape: Shape, anatomy: Anatomy | None) -> Box:
    """Return the box around what the views show; with a face on the same layer, its body may move beyond that."""
    box = together([seen(view, shape) for view in views])
    if anatomy is None:
        return box
    more = BODY * max(view.height for view in views)
    return Box(left=box.left - more, top=box.top - more, right=box.right + more, bottom=box.bottom + more)


def _chance(entropy: int, what: str) -> np.random.Generator:
    """Return the random numbers of one department: what one of them uses up moves nothing in another."""
    digest = hashlib.sha256(entropy.to_bytes(32, "big") + what.encode()).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


def _head_top(alpha: Soft | None, face: Face) -> float | None:
    """Return the world y of the topmost hair above the face, where the person is known."""
    if alpha is None:
        return None
    x, half = float(face.points[10, 0]), 0.35 * face.width
    columns = alpha[:, max(0, round(x - half)) : max(1, round(x + half))]
    rows = np.nonzero((columns > 0.5).any(axis=1))[0] if columns.size else np.zeros(0)  # noqa: PLR2004 - more than not
    return float(rows[0]) / alpha.shape[0] if rows.size else None


def _light(picture: Pixels, face: Face) -> Light:
    """Return the light on the skin of cheeks and nose."""
    spots = [
        picture[max(0, int(y) - 3) : int(y) + 4, max(0, int(x) - 3) : int(x) + 4].reshape(-1, 3)
        for x, y in face.points[list(SKIN), :2]
    ]
    skin = np.concatenate(spots).mean(axis=0)
    return light_on(skin) if np.isfinite(skin).all() else FULL
