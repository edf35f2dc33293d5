"""The thresholds of judging, as settings, with what was measured behind their defaults. Values only.

Distance of faces (128 numbers, dlib's network as `faces.embedding` runs it; 0 is the same picture):

| pair | distance |
|---|---|
| the same photo, JPEG quality 20, half the size, mirrored, grey or darkened | 0.14 to 0.22 |
| the same photo, JPEG quality 8, or blurred by 2 px / 4 px | 0.32, 0.37 / 0.53 |
| the animatic and its portrait, median of a clip (worst frame) | 0.11 to 0.32 (0.20 to 0.39) |
| other photos of the same person | 0.32 to 0.44 |
| the closest two people of a mixed set of photos | 0.54; the median of all pairs 0.80 |
| the animatic and five other faces | 0.71 to 0.95 |
| a photo and six heads drawn in code | 0.72 to 0.75 |

The degraded pictures and the drawn heads are measured again by every run of the tests.

So 0.50 passes what shows the same person, and 0.60, the border that dlib gives for its network, fails what does not;
between them somebody has to look. The network is weaker on children and on some groups of people. It is not the network
of OpenS2V, and its numbers cannot be compared with those.

Motion (mean absolute difference of two frames in a row, of 255, at 160 x 90 grey): good clips had 1.4 to 3.1, no cut.

A manifest is judged by what it asks for and by nothing else: somebody may want a night, a still camera or a cut, so
motion is measured and written wherever pixels are looked at, and judged only where a threshold is given.
"""

from __future__ import annotations

from dataclasses import field
from typing import Final

from .values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityGate:
    """When a video shows the person of its portrait."""

    max_distance: float = 0.50
    """The median distance up to which a video passes."""
    fail_distance: float = 0.60
    """The median distance beyond which it fails; between the two, it needs a look."""
    min_coverage: float = 0.5
    """The least share of the frames looked at that must show that person; less for prompts like *turns around*."""
    frames: int = 16
    """How many frames are looked at, spread evenly; all, if the video has fewer."""

    @property
    def other_person(self) -> float:
        """Return the distance beyond which a face is taken for somebody else's."""
        return max(self.max_distance, self.fail_distance)


@dataclass(frozen=True, slots=True, kw_only=True)
class TechnicalGate:
    """What a video must be, whoever it shows. None asks for nothing."""

    min_seconds: float | None = None
    max_seconds: float | None = None
    min_short_side: int | None = None
    """Pixels of the shorter side."""
    min_fps: float | None = None
    max_frozen: float | None = None
    """The greatest share of frames that may look like the one before."""
    max_black: float | None = None
    """The greatest share of frames that may be black."""
    max_cuts: int | None = None
    """The greatest number of cuts; they are always counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """All that a video is judged by; `identity` is None where nobody asks who it shows."""

    technical: TechnicalGate = field(default_factory=TechnicalGate)
    identity: IdentityGate | None = None

    @property
    def are_any(self) -> bool:
        """Return whether anything is asked of a video beyond being whole."""
        return self != Gates()

    @property
    def need_pixels(self) -> bool:
        """Return whether the pixels must be looked at, for which the extra `local` is needed."""
        technical = self.technical
        return self.identity is not None or any(
            each is not None for each in (technical.max_frozen, technical.max_black, technical.max_cuts)
        )


FROZEN_BELOW: Final = 0.05
"""Mean difference from the frame before, of 255, below which nothing moved."""
CUT_ABOVE: Final = 35.0
"""Mean difference from the frame before, of 255, above which the picture is another one."""
BLACK_BELOW: Final = 12.0
"""Mean brightness, of 255, below which a frame is black."""
