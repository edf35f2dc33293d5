"""One frame: the camera's window on the plate, sampled between texels, with the label on top."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .camera import Timeline, View
from .label import Label
from .picture import Pixels
from .plate import Box, Level, Plate, paint_plate

CLEARLY = 0.02  # a weight below this cannot be seen, and its level is not sampled


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The size and length of a clip."""

    width: int = 1280
    height: int = 720
    fps: int = 25
    seconds: float = 6.0

    @property
    def frames(self) -> int:
        """Return the number of frames."""
        return max(1, round(self.fps * self.seconds))


def see_plate(picture: Pixels, timeline: Timeline, shape: Shape) -> Plate:
    """Return the plate of all that the camera will see in this clip, and no more."""
    views = [timeline.view(n / shape.fps) for n in range(shape.frames)]
    boxes = [_seen(view, shape) for view in views]
    box = Box(
        left=min(b.left for b in boxes), top=min(b.top for b in boxes),
        right=max(b.right for b in boxes), bottom=max(b.bottom for b in boxes),
    )  # fmt: skip
    heights = [view.height for view in views]
    return paint_plate(picture, box, coarsest=shape.height / max(heights), finest=shape.height / min(heights))


def compose(plate: Plate, view: View, shape: Shape, label: Label) -> Pixels:
    """Return the finished frame."""
    coarse, fine, weight = plate.around(shape.height / view.height)
    if weight < CLEARLY:
        frame = _sample(coarse, view, shape)
    elif weight > 1.0 - CLEARLY:
        frame = _sample(fine, view, shape)
    else:
        frame = _mix(_sample(coarse, view, shape), _sample(fine, view, shape), weight)
    label.lay(frame)
    return frame


def _mix(one: Pixels, other: Pixels, weight: float) -> Pixels:
    return np.asarray(cv2.addWeighted(one, 1.0 - weight, other, weight, 0.0), dtype=np.uint8)


def _sample(level: Level, view: View, shape: Shape) -> Pixels:
    warped = cv2.warpAffine(
        level.texels, _backwards(level, view, shape), (shape.width, shape.height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return np.asarray(warped, dtype=np.uint8)


def _backwards(level: Level, view: View, shape: Shape) -> npt.NDArray[np.float64]:
    """Return the matrix from a pixel of the frame to a texel of the level."""
    unit = view.height / shape.height
    cos, sin = unit * math.cos(view.roll), unit * math.sin(view.roll)
    middle_x, middle_y = (shape.width - 1) / 2, (shape.height - 1) / 2
    world = np.array(
        [
            [cos, -sin, view.x - cos * middle_x + sin * middle_y],
            [sin, cos, view.y - sin * middle_x - cos * middle_y],
        ]
    )
    matrix: npt.NDArray[np.float64] = np.diag([level.scale_x, level.scale_y]) @ world
    matrix[:, 2] += (level.origin_x, level.origin_y)
    return matrix


def _seen(view: View, shape: Shape) -> Box:
    half_height = view.height / 2
    half_width = half_height * shape.width / shape.height
    cos, sin = abs(math.cos(view.roll)), abs(math.sin(view.roll))
    across, down = half_width * cos + half_height * sin, half_width * sin + half_height * cos
    return Box(left=view.x - across, top=view.y - down, right=view.x + across, bottom=view.y + down)
