"""One pass over a video: every frame goes through the meters, and a few of them are looked at for the face."""

from __future__ import annotations

from typing import Protocol

from ..faces.networks import Pixels
from ..model import Clip
from .gates import Gates
from .identity import LikenessMeter, frames_to_look_at, read_portrait
from .judgement import Judgement, judge
from .technical import HEIGHT, WIDTH, MotionMeter


class Frame(Protocol):
    """A decoded frame, which is converted only as far as somebody looks."""

    def grey(self, *, width: int, height: int) -> Pixels:
        """Return the frame's brightness, 0 to 255, in that size."""

    def colours(self) -> Pixels:
        """Return the frame in its own size: blue, green and red."""


class Watcher:
    """Sees the frames of one video in their order, and judges it at the end."""

    def __init__(self, *, frames: int, portrait: bytes | None, gates: Gates) -> None:
        """Prepare for a video of so many frames; without a portrait nobody asks whom it shows."""
        self._gates = gates
        self._motion = MotionMeter()
        self._likeness: LikenessMeter | None = None
        self._looked_at: frozenset[int] = frozenset()
        if gates.identity is not None and portrait is not None:
            self._likeness = LikenessMeter(read_portrait(portrait))
            self._looked_at = frozenset(frames_to_look_at(frames, at_most=gates.identity.frames))
        self._seen = 0

    def see(self, frame: Frame) -> None:
        """Take in the next frame."""
        self._motion.see(frame.grey(width=WIDTH, height=HEIGHT))
        if self._likeness is not None and self._seen in self._looked_at:
            self._likeness.see(frame.colours())
        self._seen += 1

    def judgement(self, clip: Clip) -> Judgement:
        """Return what follows from all that was seen, and from the measures of the file."""
        likeness = self._likeness.measured() if self._likeness is not None else None
        return judge(clip, self._motion.measured(), likeness, gates=self._gates)
