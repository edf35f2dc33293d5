"""How wide and how close the camera may be, and where it looks at each distance: fixed once, by the portrait.

World units: the portrait is 1 high and `aspect` wide, its upper left corner at (0, 0). Between the widest and the
closest frame the centre moves on a straight line, in proportion to the frame's height: whatever lies inside the
portrait at both ends lies inside it all the way.
"""

from __future__ import annotations

import math
from typing import Final

from ..values import dataclass
from .anatomy import Anatomy

SCREEN: Final = 16 / 9
TIGHTER: Final = 0.64  # frame height after a full push-in, as a share of the height before: the unit of depth
FILL_MOST: Final = 0.55  # share of the frame's width that may lie beside a narrow portrait
FOCUS: Final = 0.19  # of the widest frame, from its top: closing in on that height keeps a head whole, high or low
EDGE: Final = 0.014  # world units that stay above and below the frame for the camera's unrest
FACE_LEAST: Final = 0.19  # of the widest frame's height, that a face fills
FACE_MOST: Final = 0.46  # and of the closest frame's
HEADROOM: Final = 0.085  # of the frame's height, between its top and the hair
WIDE_LEAST: Final = 0.5  # world units: the widest frame shows at least that, however small the face
EYES: Final = 0.24  # of the frame's height, between its top and the eyes, of a face too large for it
ON_HEAD: Final = 0.6  # and to the eyes of who stands on their head: the hair below them, the chin above
CLOSEST: Final = 0.22  # world units: the least frame height, below which a photograph is only blur


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """The widest frame, the closest one, and the centre of each (`depth` 0 and `deepest`)."""

    aspect: float
    widest: float
    closest: float
    wide_x: float
    wide_y: float
    close_x: float
    close_y: float
    has_face: bool

    @property
    def deepest(self) -> float:
        """Return how many full push-ins lie between the widest and the closest frame."""
        return math.log(self.closest / self.widest) / math.log(TIGHTER)

    def height(self, depth: float) -> float:
        """Return the frame's height so many push-ins from the widest."""
        return float(self.widest * TIGHTER**depth)

    def centre(self, height: float) -> tuple[float, float]:
        """Return where the frame of that height has its centre."""
        share = (self.widest - height) / (self.widest - self.closest)
        return self.wide_x + share * (self.close_x - self.wide_x), self.wide_y + share * (self.close_y - self.wide_y)


def frame_portrait(aspect: float, anatomy: Anatomy | None) -> Framing:
    """Return the framing: by the face where there is one, else by the picture alone."""
    widest = min(1.0 - 2 * EDGE, aspect / ((1.0 - FILL_MOST) * SCREEN))
    if anatomy is None:
        focus = EDGE + FOCUS * widest
        closest = widest * TIGHTER
        return Framing(
            aspect=aspect, widest=widest, closest=closest, wide_x=aspect / 2, wide_y=EDGE + widest / 2,
            close_x=aspect / 2, close_y=focus + (EDGE + widest / 2 - focus) * TIGHTER, has_face=False,
        )  # fmt: skip
    face = anatomy.height * anatomy.face.unit
    widest = min(widest, max(face / FACE_LEAST, WIDE_LEAST))
    closest = min(max(face / FACE_MOST, CLOSEST), 0.8 * widest)
    return Framing(
        aspect=aspect, widest=widest, closest=closest,
        wide_x=_across(anatomy, aspect, widest), wide_y=_down(anatomy, widest),
        close_x=_across(anatomy, aspect, closest), close_y=_down(anatomy, closest), has_face=True,
    )  # fmt: skip


def _across(anatomy: Anatomy, aspect: float, height: float) -> float:
    """The face in the middle, unless that shows what lies beside the portrait and need not."""
    half = height * SCREEN / 2
    if 2 * half >= aspect:
        return aspect / 2
    return min(max(anatomy.face.x, half), aspect - half)


def _down(anatomy: Anatomy, height: float) -> float:
    """Head room above the hair, within the portrait. A chin comes before hair, and eyes before a chin."""
    top = anatomy.head_top - HEADROOM * height
    chin_inside = anatomy.chin_y + 0.12 * height - height
    inside = min(max(top, chin_inside), anatomy.face.y - EYES * height)
    if anatomy.chin_y < anatomy.face.y:
        inside = anatomy.face.y - ON_HEAD * height
    return min(max(inside, EDGE), 1.0 - EDGE - height) + height / 2
