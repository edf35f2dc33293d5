"""Everything that a clip is drawn from, prepared once: the layers of the portrait, and who moves what when.

A scene is never changed after it is made; `frame.draw(scene, second)` is a function of it and of the time. So any frame
can be drawn alone, in any order.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Final

import numpy as np

from ..values import dataclass
from .acting import Actor, direct
from .beats import Timeline
from .camera import Camera, plan_camera
from .cutout import Cutout, background, cut_out
from .face_paint import Face, prepare
from .framing import TIGHTER, frame_portrait
from .label import Label, draw_label
from .looks import Looks, plan_looks
from .picture import Pixels
from .plate import FEATHER, SOFTER, Plate, paint_plate
from .portrait import Portrait
from .view import Box, Shape, View, seen, together

BODY: Final = 0.05  # frame heights that a body moves by itself
FAR: Final = (0.45, 0.55)  # of the person's zoom and of their shift, that the background takes part in
AROUND: Final = 0.16  # frame heights that the background goes by when the camera orbits


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A clip before it is drawn."""

    shape: Shape
    portrait: Portrait
    timeline: Timeline
    camera: Camera
    actor: Actor
    looks: Looks
    label: Label
    plate: Plate
    cutout: Cutout | None
    painted: tuple[Face, ...]

    def background_view(self, second: float) -> View:
        """Return what the camera sees of the background, which is further off than the person.

        What is further off grows less when one comes nearer, and moves less when one steps aside: its zoom lies
        between the person's and none (a geometric mean with weight 0.45), its centre moves 0.55 of the person's.
        In a dolly zoom it draws back alone.
        """
        view, framing = self.camera.at(second), self.camera.framing
        around = AROUND * view.height * self.camera.orbit(second)
        nearer = TIGHTER ** self.camera.dolly(second)
        return View(
            x=framing.wide_x + FAR[1] * (view.x - framing.wide_x) - around,
            y=framing.wide_y + FAR[1] * (view.y - framing.wide_y),
            height=nearer * view.height ** FAR[0] * framing.widest ** (1.0 - FAR[0]), roll=view.roll,
        )  # fmt: skip


def prepare_scene(portrait: Portrait, timeline: Timeline, *, entropy: int, shape: Shape) -> Scene:
    """Return the scene: every layer painted as large as the camera's path needs it, and no larger."""
    picture = portrait.picture
    framing = frame_portrait(picture.shape[1] / picture.shape[0], portrait.anatomy)
    camera = plan_camera(
        timeline if portrait.alpha is not None else _in_one_layer(timeline), framing, _chance(entropy, "camera")
    )
    empty = Scene(
        shape=shape, portrait=portrait, timeline=timeline, camera=camera,
        actor=direct(timeline, _chance(entropy, "actor")), looks=plan_looks(timeline, _chance(entropy, "looks")),
        label=draw_label(shape.width, shape.height), plate=Plate(levels=()), cutout=None, painted=(),
    )  # fmt: skip
    times = [n / shape.fps for n in range(shape.frames)]
    views = [camera.at(second) for second in times]
    if portrait.alpha is None:
        margin = BODY * max(view.height for view in views) if portrait.actor else 0.0
        return _with_face(replace(empty, plate=_plate(picture, views, shape, margin=margin)))
    behind = background(picture, portrait.alpha)
    finest, coarsest = (shape.height / pick(view.height for view in views) for pick in (min, max))
    return _with_face(
        replace(
            empty,
            plate=_plate(behind, [empty.background_view(second) for second in times], shape, feather=SOFTER),
            cutout=cut_out(picture, portrait.alpha, behind, coarsest=coarsest, finest=finest),
        )
    )


def _in_one_layer(timeline: Timeline) -> Timeline:
    """Where nothing can draw back behind the person, a dolly zoom is a zoom."""
    beats = (replace(beat, kind="zoom_in") if beat.kind == "dolly_zoom" else beat for beat in timeline.beats)
    return replace(timeline, beats=tuple(beats))


def _plate(picture: Pixels, views: list[View], shape: Shape, *, margin: float = 0.0, feather: float = FEATHER) -> Plate:
    """Paint what all views show, and a margin where what is on the plate moves by itself."""
    box = together([seen(view, shape) for view in views])
    wider = Box(left=box.left - margin, top=box.top - margin, right=box.right + margin, bottom=box.bottom + margin)
    heights = [view.height for view in views]
    return paint_plate(
        picture, wider, coarsest=shape.height / max(heights), finest=shape.height / min(heights), feather=feather
    )


def _with_face(scene: Scene) -> Scene:
    """Prepare the face on each resolution of the layer that it is on."""
    anatomy, light = scene.portrait.actor, scene.portrait.light
    if anatomy is None:
        return scene
    levels = scene.cutout.levels if scene.cutout else scene.plate.levels
    return replace(scene, painted=tuple(prepare(level, anatomy, light=light) for level in levels))


def _chance(entropy: int, what: str) -> np.random.Generator:
    """Return the random numbers of one department: what one of them uses up moves nothing in another."""
    digest = hashlib.sha256(entropy.to_bytes(32, "big") + what.encode()).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))
