"""All that is painted into the texels of a face for one frame, in the order in which it happens in a face.

The shadow under the chin first, so that it falls with the jaw; then the gaze, the lids over it, the mouth. Lids come
before the smile (`bulges`, which bends the whole map afterwards): so they follow the cheek, and always fit the eye.
"""

from __future__ import annotations

from ..values import dataclass
from . import lids, mouth, shadow
from .anatomy import Anatomy, EyeShape
from .canvas import Canvas
from .inside import Light
from .plate import Level
from .pose import Pose

OPEN_LEAST = 0.10  # eye widths; an eye that is open less in the portrait is left alone
SPECTACLES_MOST = 0.7  # behind spectacles an eye closes no further: the skin under the rims must not be stretched


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A face on a layer of one resolution, with what can be computed once for all frames."""

    anatomy: Anatomy
    level: Level
    light: Light
    mouth: mouth.Movement | None
    shade: shadow.Shade | None


def prepare(level: Level, anatomy: Anatomy, *, light: Light) -> Face:
    """Return the face on this level, ready to be paintedin that light."""
    canvas = _canvas(level)
    return Face(
        anatomy=anatomy, level=level, light=light, mouth=mouth.movement(canvas, anatomy.mouth),
        shade=shadow.shade(canvas, anatomy),
    )  # fmt: skip


def painted(face: Face, pose: Pose) -> Level:
    """Return the level with the pose painted in: a copy, which belongs to the frame that asked."""
    canvas = _canvas(face.level, copied=True)
    if face.shade is not None:
        shadow.cast(canvas, face.shade, pose)
    most = SPECTACLES_MOST if face.anatomy.spectacles else 1.0
    for eye, closure, wink in (
        (face.anatomy.left, pose.close_left, pose.wink_left),
        (face.anatomy.right, pose.close_right, pose.wink_right),
    ):
        if eye.opening >= OPEN_LEAST and not _is_hidden(face.anatomy, eye):
            lids.look(canvas, eye, across=pose.gaze_x, down=pose.gaze_y)
            lids.close(canvas, eye, closure=most * closure, wink=wink, spectacles=face.anatomy.spectacles)
    if face.mouth is not None:
        mouth.close_mouth(canvas, face.mouth, sober=pose.sober, opening=pose.opening)
        mouth.open_mouth(canvas, face.mouth, opening=pose.opening, light=face.light)
    return Level(
        texels=canvas.texels, density=face.level.density, scale_x=canvas.scale_x, scale_y=canvas.scale_y,
        origin_x=canvas.origin_x, origin_y=canvas.origin_y,
    )  # fmt: skip


def _is_hidden(anatomy: Anatomy, eye: EyeShape) -> bool:
    """The far eye of a profile is half behind the nose; it is far narrower than the near one."""
    return eye.frame.unit < 0.5 * max(anatomy.left.frame.unit, anatomy.right.frame.unit)


def _canvas(level: Level, *, copied: bool = False) -> Canvas:
    return Canvas(
        texels=level.texels.copy() if copied else level.texels, scale_x=level.scale_x, scale_y=level.scale_y,
        origin_x=level.origin_x, origin_y=level.origin_y,
    )  # fmt: skip
