"""When files may come from one provider's links, and how many at one time: arithmetic on `now`, no clock.

A host that throttles is left alone for as long as it asks, by every download and not only by the one that it told.
After that one file comes at a time, and one more with each that came whole.
"""

from __future__ import annotations

from dataclasses import field

from ...values import dataclass
from .retry import FREE, pause_s


@dataclass(slots=True)
class Throttle:
    """Admits downloads from one provider; the manifest's `limits.downloads` holds beside it, for all providers."""

    _paused_until: float = 0.0
    _setbacks: int = 0
    _width: float = float("inf")
    _under_way: set[str] = field(default_factory=set)
    _unaware: set[str] = field(default_factory=set)

    def opens_at(self, now: float) -> float:
        """Return when one more may begin: `now` for at once, infinite when only another's end can open it."""
        return float("inf") if len(self._under_way) >= self._width else max(now, self._paused_until)

    def start(self, key: str) -> None:
        """Note that a download begins."""
        self._under_way.add(key)

    def ended(self, key: str) -> None:
        """Note that a download ended, whatever came of it."""
        self._under_way.discard(key)
        self._unaware.discard(key)

    def came(self, key: str) -> None:
        """Note a file that came whole; one that had begun before the host throttled proves nothing."""
        if key not in self._unaware:
            self._setbacks = 0
            self._width += 1

    def refused(self, now: float, *, asked_s: float | None, jitter: float) -> float:
        """Note that the host throttles; return the pause in seconds. What began before a pause makes it no worse."""
        if now >= self._paused_until:
            self._setbacks += 1
        self._width, self._unaware = 1, set(self._under_way)
        pause = pause_s(FREE, self._setbacks, jitter=jitter, asked_s=asked_s)
        self._paused_until = max(self._paused_until, now + pause)
        return pause
