"""One pass over a video: every frame is measured for motion, and a few are kept to be looked at for the face.

The faces are looked for when the file has turned out to be whole: a damaged one costs no more than its decoding.
"""

from __future__ import annotations

from typing import Final, Protocol

from ..faces.networks import Pixels
from ..gates import Gates
from ..judgement import Judgement, Likeness
from ..model import Clip
from .identity import LikenessMeter, frames_to_look_at, read_portrait
from .judgement import judge
from .technical import HEIGHT, WIDTH, MotionMeter

LONG_SIDE: Final = 1280
"""Pixels of a kept frame (2.8 MB of a wide film, 4.9 MB of a square one): enough for a face a tenth as wide."""


class Frame(Protocol):
    """A decoded frame, which is converted only as far as somebody looks."""

    def grey(self, *, width: int, height: int) -> Pixels:
        """Return the frame's brightness, 0 to 255, in that size."""

    def colours(self, *, long_side: int) -> Pixels:
        """Return the frame in blue, green and red, its longer side reduced to so many pixels if it has more."""


class Watcher:
    """Sees the frames of one video in their order, and judges it at the end."""

    def __init__(self, *, frames: int, portrait: bytes | None, gates: Gates) -> None:
        """Prepare for a video of so many frames; without a portrait nobody asks whom it shows."""
        self._gates = gates
        self._portrait = portrait if gates.identity is not None else None
        self._motion = MotionMeter()
        self._looked_at: frozenset[int] = frozenset()
        if gates.identity is not None:
            self._looked_at = frozenset(frames_to_look_at(frames, at_most=gates.identity.frames))
        self._seen = 0
        self._kept: list[Pixels] = []

    def see(self, frame: Frame) -> None:
        """Take in the next frame."""
        self._motion.see(frame.grey(width=WIDTH, height=HEIGHT))
        if self._portrait is not None and self._seen in self._looked_at:
            self._kept.append(frame.colours(long_side=LONG_SIDE))
        self._seen += 1

    def judgement(self, clip: Clip) -> Judgement:
        """Return what follows from all that was seen, and from the measures of the file."""
        return judge(clip, self._motion.measured(), self._likeness(), gates=self._gates)

    def _likeness(self) -> Likeness | None:
        if self._portrait is None:
            return None
        meter = LikenessMeter(read_portrait(self._portrait))
        for pixels in self._kept:
            meter.see(pixels)
        return meter.measured()
