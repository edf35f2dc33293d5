"""How free requests are spaced when a provider says that they come too fast: arithmetic on `now`, as all admission.

Polls and look-ups of files share this gate; submits have their own. One refusal pauses all of them, for what was
refused is the pace and no item. Behind the pause they leave one by one, at a spacing that shrinks with every answer.
"""

from __future__ import annotations

from typing import Final

from ...values import dataclass
from .retry import FREE, pause_s

WIDEN: Final = 2.0
NARROW: Final = 0.9  # times the spacing, with every answer
FIRST_S: Final = 0.5  # between two requests, after the first refusal
MOST_S: Final = 30.0
_NONE_S: Final = 0.05  # a narrower spacing is none
_AHEAD_S: Final = 10.0  # so far ahead places are given, for by then the spacing is another


@dataclass(slots=True)
class Courtesy:
    """The gate before one provider's free requests. It is never shut for longer than `pause_s` gives."""

    _paused_until: float = 0.0
    _open_at: float = 0.0
    _spacing_s: float = 0.0
    _setbacks: int = 0
    _last_place: float = 0.0

    def admit(self, now: float) -> float:
        """Return `now` where a request may leave, which counts it as sent; otherwise when to come back and ask."""
        if now >= self._open_at:
            self._open_at = now + self._spacing_s
            return now
        place = max(self._last_place + self._spacing_s, self._open_at)
        self._last_place = place if place <= self._open_at + _AHEAD_S else self._open_at
        return self._last_place

    def refused(self, now: float, *, jitter: float, asked_s: float | None) -> float:
        """Note that a request came too soon; return when the next may leave.

        What comes back while a pause is on left before it began: it can lengthen the pause, and is no setback more.
        """
        if now >= self._paused_until:
            self._setbacks += 1
            self._spacing_s = min(max(WIDEN * self._spacing_s, FIRST_S), MOST_S)
        self.pause(now + pause_s(FREE, self._setbacks, jitter=jitter, asked_s=asked_s))
        return self._paused_until

    def pause(self, until: float) -> None:
        """Let nothing leave before `until`."""
        self._paused_until = max(self._paused_until, until)
        self._open_at = max(self._open_at, until)

    def answered(self, now: float) -> None:
        """Note that a request was answered, whatever the answer; behind a pause the spacing shrinks by a step."""
        if now < self._paused_until:
            return
        self._setbacks = 0
        self._spacing_s *= NARROW
        if self._spacing_s < _NONE_S:
            self._spacing_s = 0.0
