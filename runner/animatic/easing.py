"""How a movement starts and ends: curves from 0 to 1, and the small unrest of a camera held by a person."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from ..values import dataclass
from .picture import Soft

WAVES: Final = 3  # of an unrest


def ease(progress: float) -> float:
    """Return the smooth way from 0 to 1: speed and acceleration are zero at both ends."""
    t = min(1.0, max(0.0, progress))
    return min(1.0, t * t * t * (t * (6.0 * t - 15.0) + 10.0))  # a rounding short of the end may lie beyond it


def smooth(t: Soft) -> Soft:
    """Return the smooth cubic from 0 to 1, at rest at both ends; `t` lies between them."""
    return t * t * (3.0 - 2.0 * t)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrest:
    """A sum of sines, seeded once: smooth, never at rest, within -1 to 1."""

    hertz: tuple[float, ...]
    phase: tuple[float, ...]
    share: tuple[float, ...]

    def at(self, second: float) -> float:
        """Return the value at a time."""
        waves = zip(self.hertz, self.phase, self.share, strict=True)
        return sum(share * math.sin(math.tau * hertz * second + phase) for hertz, phase, share in waves)


def unrest(rng: np.random.Generator, *, slowest_hertz: float, fastest_hertz: float) -> Unrest:
    """Return a new unrest from the generator: the faster a wave, the smaller."""
    spread = np.geomspace(slowest_hertz, fastest_hertz, WAVES) * rng.uniform(0.85, 1.15, WAVES)
    weights = 1.0 / np.sqrt(np.arange(1, WAVES + 1))
    return Unrest(
        hertz=tuple(float(h) for h in spread),
        phase=tuple(float(p) for p in rng.uniform(0.0, math.tau, WAVES)),
        share=tuple(float(w) for w in weights / weights.sum()),
    )
