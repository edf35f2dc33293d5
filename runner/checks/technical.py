"""What moves in a video, frame by frame, on a small grey copy: does it stand still, is it black, is it cut?"""

from __future__ import annotations

import numpy as np

from ..faces.networks import Pixels
from ..gates import BLACK_BELOW, CUT_ABOVE, FROZEN_BELOW
from ..judgement import DIGITS, Motion

WIDTH = 160
HEIGHT = 90
"""Pixels of the grey copy: small enough to cost nothing, large enough to show a wink."""


class MotionMeter:
    """Takes the frames of one video in their order; nothing of a frame is kept longer than until the next."""

    def __init__(self) -> None:
        self._before: Pixels | None = None
        self._frames = 0
        self._black = 0
        self._brightness = 0.0
        self._differences: list[float] = []

    def see(self, grey: Pixels) -> None:
        """Take in the next frame, `WIDTH` x `HEIGHT` grey pixels."""
        brightness = float(grey.mean())
        self._frames += 1
        self._brightness += brightness
        self._black += brightness < BLACK_BELOW
        if self._before is not None:
            self._differences.append(float(np.abs(grey.astype(np.int16) - self._before).mean()))
        self._before = grey

    def measured(self) -> Motion:
        """Return what was measured; a video of one frame stands still."""
        if not self._frames:
            raise ValueError("no frame was seen")
        steps = self._differences
        return Motion(
            frozen=round(sum(step < FROZEN_BELOW for step in steps) / len(steps), DIGITS) if steps else 1.0,
            black=round(self._black / self._frames, DIGITS),
            cuts=sum(step > CUT_ABOVE for step in steps),
            brightness=round(self._brightness / self._frames, DIGITS),
            difference=round(sum(steps) / len(steps), DIGITS) if steps else 0.0,
        )
