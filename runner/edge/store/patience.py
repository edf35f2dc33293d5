"""How long a busy store is asked again, and how often."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import field
from typing import TypeVar

from ...core.limits.retry import pause_s
from ...errors import StoreBusy
from ...model import Backoff
from ...values import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How a busy store is waited for: `backoff` between tries, `idle_s` in all, at the end, while nothing succeeds."""

    backoff: Backoff = field(default_factory=lambda: Backoff(first_s=0.5, most_s=30.0))
    idle_s: float = 120.0


def insist(step: Callable[[], T], *, patience: Patience) -> T:
    """Do a step, again and again while the store is busy; raise StoreBusy when the patience is at its end."""
    began, tries = time.monotonic(), 0
    while True:
        try:
            return step()
        except StoreBusy:
            tries += 1
            if time.monotonic() - began > patience.idle_s:
                raise
            time.sleep(pause_s(patience.backoff, tries, jitter=0.0))  # before a run or behind it: nothing else goes on
