"""Since when a run has been there: it may be away while the clock on the wall goes on, and waits for nothing meanwhile.

The machine sleeps then, or its clock is set forward; the loop's own time stands still. To whoever waits, coming back is
a new start. Jobs and limits at the provider go by the wall. What is short beside the time that the run waits is no
absence: a disk that holds it up now and then for a second must not keep it waiting for ever.
"""

from __future__ import annotations

import asyncio
from typing import Final

from ..model import Limits
from ..values import dataclass
from .ports import Clock

_FELT_S: Final = 1.0  # clocks that are kept right differ by less
_FELT_SHARE: Final = 1 / 60  # of the shortest time that the run waits


@dataclass(slots=True, kw_only=True)
class Absence:
    """Compares the wall clock with the loop's; `limits` say how long the run waits."""

    clock: Clock
    limits: Limits
    _back_at: float = 0.0
    _ahead_s: float = 0.0

    def begin(self, now: float) -> None:
        """Note that the run starts."""
        self._back_at, self._ahead_s = now, self._lead_s()

    def back_at(self) -> float:
        """Return when the run came back last; when it began, if it was never away."""
        lead_s = self._lead_s()
        if lead_s - self._ahead_s >= self._felt_s():
            self._back_at = self.clock.now()
        self._ahead_s = lead_s
        return self._back_at

    def _felt_s(self) -> float:
        return max(_FELT_S, self.limits.waits_s * _FELT_SHARE)

    def _lead_s(self) -> float:
        return self.clock.now() - asyncio.get_running_loop().time()
