"""The shapes that move in a face, measured once: eyes with their lids, the mouth with its seam, the head around them.

A part has a frame of its own: its middle, its lean, and its width as the unit of length, so a curve fitted here holds
at any size. In a frame u runs along the part to the viewer's right, v runs down the face. Outside frames, places are in
world units: the portrait is 1 high, its upper left corner at (0, 0).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from ..faces.eyes import Eye
from ..faces.finding import Face
from ..values import dataclass
from .picture import Soft

Curve = tuple[float, float, float]
"""A curve from corner to corner of a part: v(u) = (1 - 4 u u) (a + b u + c u u) for u from -1/2 to 1/2, else 0."""

LIPS_UPPER_INNER: Final = (191, 80, 81, 82, 13, 312, 311, 310, 415)  # mesh points from the viewer's left to right
LIPS_LOWER_INNER: Final = (95, 88, 178, 87, 14, 317, 402, 318, 324)
LIP_CORNERS: Final = (61, 291)
BROW_LOWER: Final = {"right": (46, 53, 52, 65, 55), "left": (276, 283, 282, 295, 285)}
BROW_UPPER: Final = {"right": (70, 63, 105, 66, 107), "left": (300, 293, 334, 296, 336)}
CHIN: Final = 152
NOSE_TIP: Final = 4
CLOSED: Final = 0.09  # mouth widths: a smaller gap is a closed mouth; the mesh sees up to 0.07 between closed lips


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A place, a lean and a unit: `cos` and `sin` of the angle from the picture's x axis to the frame's u axis."""

    x: float
    y: float
    cos: float
    sin: float
    unit: float

    def inside(self, x: Soft, y: Soft) -> tuple[Soft, Soft]:
        """Return world places in this frame."""
        right, down = (x - self.x) / self.unit, (y - self.y) / self.unit
        return (
            np.asarray(right * self.cos + down * self.sin, np.float32),
            np.asarray(down * self.cos - right * self.sin, np.float32),
        )

    def outside(self, u: Soft, v: Soft) -> tuple[Soft, Soft]:
        """Return places of this frame in the world."""
        return (
            np.asarray(self.x + self.unit * (u * self.cos - v * self.sin), np.float32),
            np.asarray(self.y + self.unit * (u * self.sin + v * self.cos), np.float32),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EyeShape:
    """An eye in its frame: the edges of both lids, how far it is open, and the skin under the brow."""

    frame: Frame
    upper: Curve
    lower: Curve
    opening: float
    brow_gap: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MouthShape:
    """A mouth in its frame: where the lips part, how far they are apart, and how far below the chin lies.

    `smile` is how far the middle of the lips hangs below their corners; a neutral mouth has about 0.
    """

    frame: Frame
    upper: Curve
    lower: Curve
    gap: float
    smile: float
    chin: float

    @property
    def is_open(self) -> bool:
        """Return whether teeth or the inside of the mouth can be seen in the portrait."""
        return self.gap > CLOSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Anatomy:
    """A face ready to move. `face` is the frame of the whole: between the eyes, in face widths; `height` in those, too.

    `head_top` is the world y of the top of the hair, `turned` how far the portrait looks aside (-1 to 1).
    """

    face: Frame
    height: float
    chin_x: float
    chin_y: float
    nose_x: float
    nose_y: float
    head_top: float
    turned: float
    right: EyeShape
    left: EyeShape
    mouth: MouthShape
    brows: tuple[tuple[float, float], tuple[float, float]]
    jaw: tuple[tuple[float, float], ...]
    spectacles: bool


def curve_at(curve: Curve, u: Soft) -> Soft:
    """Return v of a curve at places along its part; beyond the corners it is 0."""
    a, b, c = (np.float32(k) for k in curve)
    return np.asarray(np.maximum(0.0, 1.0 - 4.0 * u * u) * (a + b * u + c * u * u), np.float32)


def measure(face: Face, *, lines: int, head_top: float | None, spectacles: bool) -> Anatomy:
    """Return the anatomy of a face found in a picture of that many pixel rows.

    `head_top` is the world y of the topmost hair, when it is known; else it is guessed from the face's height.
    """
    places = face.points[:, :2].astype(np.float64) / lines
    cos, sin = math.cos(face.roll), math.sin(face.roll)
    right_eye, left_eye = (_eye(e, lines, cos, sin) for e in (face.right, face.left))
    between = ((right_eye.x + left_eye.x) / 2, (right_eye.y + left_eye.y) / 2)
    width = face.width / lines
    whole = Frame(x=between[0], y=between[1], cos=cos, sin=sin, unit=width)
    chin, nose = places[CHIN], places[NOSE_TIP]
    top = float(places[10, 1]) - 0.30 * face.height / lines if head_top is None else head_top
    return Anatomy(
        face=whole, height=face.height / face.width, chin_x=float(chin[0]), chin_y=float(chin[1]),
        nose_x=float(nose[0]), nose_y=float(nose[1]), head_top=min(top, float(places[10, 1])), turned=face.turned,
        right=_shape(face.right, right_eye, places[list(BROW_LOWER["right"])], lines),
        left=_shape(face.left, left_eye, places[list(BROW_LOWER["left"])], lines),
        mouth=_mouth(places, float(chin[0]), float(chin[1])),
        brows=(_middle(places, "right"), _middle(places, "left")),
        jaw=tuple((float(x), float(y)) for x, y in places[list(JAW)]), spectacles=spectacles,
    )  # fmt: skip


JAW: Final = (58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288)
"""Mesh points along the jaw, from the viewer's left ear over the chin to the right one."""


def _frame(left: npt.NDArray[np.float64], right: npt.NDArray[np.float64]) -> Frame:
    across = right - left
    unit = max(float(np.hypot(*across)), 1e-6)
    middle = (left + right) / 2
    return Frame(
        x=float(middle[0]), y=float(middle[1]), cos=float(across[0]) / unit, sin=float(across[1]) / unit, unit=unit
    )


def _eye(eye: Eye, lines: int, cos: float, sin: float) -> Frame:
    """Return the frame from one corner to the other along the face, which may stand on its head."""
    corners = sorted((eye.upper[0], eye.upper[-1]), key=lambda at: float(at[0]) * cos + float(at[1]) * sin)
    return _frame(corners[0].astype(np.float64) / lines, corners[1].astype(np.float64) / lines)


def _shape(eye: Eye, frame: Frame, brow: npt.NDArray[np.float64], lines: int) -> EyeShape:
    upper, lower = (_fitted(frame, lid.astype(np.float64) / lines) for lid in (eye.upper, eye.lower))
    middle = np.linspace(-0.35, 0.35, 15, dtype=np.float32)
    opening = float((curve_at(lower, middle) - curve_at(upper, middle)).max())
    _, brow_v = frame.inside(brow[:, 0].astype(np.float32), brow[:, 1].astype(np.float32))
    return EyeShape(
        frame=frame, upper=upper, lower=lower, opening=max(opening, 0.02),
        brow_gap=max(0.08, float(curve_at(upper, middle).min() - brow_v.max())),
    )  # fmt: skip


def _mouth(places: npt.NDArray[np.float64], chin_x: float, chin_y: float) -> MouthShape:
    frame = _frame(*(places[i] for i in LIP_CORNERS))
    upper, lower = (_fitted(frame, places[list(row)]) for row in (LIPS_UPPER_INNER, LIPS_LOWER_INNER))
    zero = np.zeros(1, np.float32)
    top, bottom = (float(curve_at(curve, zero)[0]) for curve in (upper, lower))
    _, chin = frame.inside(np.array([chin_x], np.float32), np.array([chin_y], np.float32))
    return MouthShape(
        frame=frame, upper=upper, lower=lower, gap=bottom - top, smile=(top + bottom) / 2,
        chin=max(0.3, float(chin[0])),
    )  # fmt: skip


def _fitted(frame: Frame, places: npt.NDArray[np.float64]) -> Curve:
    """Fit the curve by least squares; the corners are where the frame says, whatever the points say."""
    u, v = frame.inside(places[:, 0].astype(np.float32), places[:, 1].astype(np.float32))
    hump = np.maximum(0.0, 1.0 - 4.0 * u * u)
    columns = np.stack([hump, hump * u, hump * u * u], axis=1).astype(np.float64)
    (a, b, c), *_ = np.linalg.lstsq(columns, v.astype(np.float64), rcond=None)
    return float(a), float(b), float(c)


def _middle(places: npt.NDArray[np.float64], side: str) -> tuple[float, float]:
    x, y = places[[*BROW_LOWER[side], *BROW_UPPER[side]]].mean(axis=0)
    return float(x), float(y)
