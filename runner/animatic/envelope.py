"""How much of a beat is felt at a time: it comes, it holds, it goes."""

from __future__ import annotations

import math

from .beats import Beat
from .easing import ease


def held(beat: Beat, second: float, *, rise: float, fall: float, clip: float) -> float:
    """Return 0 to 1: up over `rise` seconds, down over the last `fall`; one that lasts to the clip's end stays up.

    A beat shorter than both keeps their proportion.
    """
    length = beat.end_s - beat.start_s
    squeeze = min(1.0, length / max(rise + fall, 1e-6))
    coming = ease((second - beat.start_s) / max(rise * squeeze, 1e-6))
    stays = beat.end_s >= clip - 0.1 and beat.start_s < second
    going = 1.0 if stays else 1.0 - ease((second - beat.end_s + fall * squeeze) / max(fall * squeeze, 1e-6))
    return coming * going if second >= beat.start_s else 0.0


def swing(beat: Beat, second: float, *, hertz: float) -> float:
    """Return a sine from -1 to 1 with a whole number of half swings in the beat, so that it starts and ends at rest."""
    length = max(beat.end_s - beat.start_s, 1e-6)
    halves = max(2, round(2.0 * hertz * length / 2.0) * 2)
    at = (second - beat.start_s) / length
    return math.sin(math.pi * halves * at) if 0.0 <= at <= 1.0 else 0.0
