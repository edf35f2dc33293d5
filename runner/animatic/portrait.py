"""A portrait, looked into once: who is in it, cut out how, in which light, and what it can therefore show.

How much is made of a portrait depends on what is in it:
- a face and its owner: the person is cut out, and stands before a background of their own;
- a face that fills the picture: one layer, whose face moves;
- no face, or one with too few pixels: one layer, over which only the camera moves.
"""

from __future__ import annotations

from typing import Final, Literal

import cv2
import numpy as np

from ..faces.eyes import Eye
from ..faces.finding import Face, find_faces
from ..faces.person import person
from ..values import dataclass
from .anatomy import Anatomy, measure
from .beats import CAMERA, KINDS, LOOK, MODIFIER, Kind
from .inside import FULL, LUMA, WHITE, Light, light_on
from .matte import matte
from .picture import Pixels, Soft, no_larger
from .spectacles import wears_spectacles

LONG_SIDE: Final = 1600  # pixels of a portrait with a face: no frame shows more of it
SMALLEST: Final = 40  # pixels of face width: a smaller one is framed, but has too few pixels to act with
SKIN: Final = (50, 280, 151)  # mesh points of both cheeks and the chin, which no hair covers
GLEAM: Final = (67, 95)  # percentiles of brightness between the lids: the white of an eye lies there
DIM: Final = 40.0  # red of a white that is too dark to say what colour the light has
WITHOUT_FACE: Final[frozenset[Kind]] = CAMERA - {"close_up", "dolly_zoom"} | LOOK | MODIFIER | {"run", "walk"}
"""What a camera can show alone: who comes nearer grows."""

Depth = Literal["layers", "face", "camera"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """What was found. `anatomy` is None without a face; `alpha` where the person cannot be told from the rest."""

    picture: Pixels
    anatomy: Anatomy | None = None
    alpha: Soft | None = None
    light: Light = FULL
    faces: int = 0
    face_pixels: int = 0
    is_profile: bool = False
    plain: bool = False

    @property
    def depth(self) -> Depth:
        """Return what moves: a person before a background, a face on one layer, or the camera alone."""
        if self.actor is None:
            return "camera"
        return "face" if self.alpha is None else "layers"

    @property
    def actor(self) -> Anatomy | None:
        """Return the face that acts, if there is one with pixels enough."""
        return self.anatomy if self.face_pixels >= SMALLEST else None

    @property
    def able(self) -> frozenset[Kind]:
        """Return the kinds of beats that can be shown with this portrait."""
        if not self.actor and not self.plain:
            return WITHOUT_FACE
        one_layer: frozenset[Kind] = frozenset() if self.alpha is not None or self.plain else frozenset({"dolly_zoom"})
        return KINDS - one_layer - ({"look_back"} if self.is_profile else frozenset())


def look_into(picture: Pixels, *, plain: bool = False) -> Portrait:
    """Return the portrait. `plain` looks for no face, in a tenth of the time: for films too small to see one in.

    Such a film says of a prompt what the large one would of a portrait with a face.
    """
    small = picture if plain else no_larger(picture, LONG_SIDE)
    found = () if plain else find_faces(small)
    if not found:
        return Portrait(picture=picture, plain=plain)
    face = found[0]
    width = round(face.width)
    nose = (float(face.points[4, 0]), float(face.points[4, 1]))
    alpha = matte(small, person(small), inside=nose) if width >= SMALLEST else None
    spectacles = wears_spectacles(small, face)
    return Portrait(
        picture=small, alpha=alpha, light=_light(small, face), faces=len(found), face_pixels=width,
        anatomy=measure(face, lines=small.shape[0], head_top=_head_top(alpha, face), spectacles=spectacles),
        is_profile=face.is_profile,
    )  # fmt: skip


def _head_top(alpha: Soft | None, face: Face) -> float | None:
    """Return the world y of the topmost hair above the face, where the person is known."""
    if alpha is None:
        return None
    x, half = float(face.points[10, 0]), 0.35 * face.width
    columns = alpha[:, max(0, round(x - half)) : max(1, round(x + half))]
    rows = np.nonzero((columns > 0.5).any(axis=1))[0] if columns.size else np.zeros(0)  # noqa: PLR2004 - more than not
    return float(rows[0]) / alpha.shape[0] if rows.size else None


def _light(picture: Pixels, face: Face) -> Light:
    """Return the light on the skin of cheeks and chin, and its tint in the whiter eye: one may lie in the shade."""
    spots = [
        picture[max(0, int(y) - 3) : max(0, int(y) + 4), max(0, int(x) - 3) : max(0, int(x) + 4)].reshape(-1, 3)
        for x, y in face.points[list(SKIN), :2]
    ]
    seen = np.concatenate(spots)
    if not seen.size:
        return FULL
    return light_on(seen.mean(axis=0), white=max(_white(picture, eye) for eye in (face.right, face.left)))


def _white(picture: Pixels, eye: Eye) -> float:
    """Return the blue of the brightest third between the lids, in its red; the glint of a lamp is left out."""
    outline = np.vstack([eye.upper, eye.lower[::-1]])
    (left, top), (right, bottom) = np.floor(outline.min(axis=0)).astype(int), np.ceil(outline.max(axis=0)).astype(int)
    part = picture[max(0, top) : max(0, bottom) + 1, max(0, left) : max(0, right) + 1]
    between = np.zeros(part.shape[:2], np.uint8)
    corner = np.maximum(0, [left, top])
    cv2.fillPoly(between, [np.round(outline - corner).astype(np.int32)], 1)
    seen = part[between > 0].astype(np.float32)
    if not seen.size:
        return WHITE
    bright = seen @ LUMA
    low, high = np.percentile(bright, GLEAM)
    blue, _, red = seen[(bright >= low) & (bright <= high)].mean(axis=0).tolist()
    return float(blue / red) if red > DIM else WHITE
