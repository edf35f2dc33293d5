"""The event loop of a run: a time-out is a silence that the run listened to, and not one that it slept through.

A process may be kept from running: by Ctrl-Z, in a frozen container, by a disk that takes its time over a sync. Then
answers lie in the sockets, those to paid requests among them, and every timer has expired. asyncio would run the
timers first: where a wait brought nothing, at once, and where it brought data, before whoever waits for it has a turn.
So after such an absence the loop's clock stands still until all that came meanwhile is read and worked off, and goes on
from there: no timer counts the absence. Whoever waits for something that is due by the wall clock is called.

A loop that has work without end is never away, and late all the same. There timers run some turns late, so that what
came before one was due has been worked off by then. Where each turn takes as long as an absence, none counts for one
any more, until the loop has waited: its clock would stand for ever.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from math import inf
from typing import Final, TypeAlias

from ..lookups import LookUp, UnheldLoop

LATE_S: Final = 0.1  # behind the end of a wait, or between two of them: a busy machine may be late by less
_BEFORE_S: Final = 0.001  # before the next timer is due: there the clock stands, and goes on behind it
_TURNS_MOST: Final = 1000  # while it stands: what lay in some dozen sockets is read by then, however busy they stay

_TURNS_BEHIND: Final = 8  # of a loop that never waits: from a socket to whoever awaits its answer takes two or three

_Events: TypeAlias = list[tuple[selectors.SelectorKey, int]]


class PatientLoop(UnheldLoop):
    """An event loop as every other, but for its clock."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, look_up: LookUp = socket.getaddrinfo) -> None:
        """Call nothing yet when an absence is over (`came_back`); `clock` gives seconds that go on meanwhile."""
        self.came_back: Callable[[], None] = lambda: None
        self._clock = clock
        self._absent_s = 0.0  # all that is not counted
        self._seen = inf  # by the system's clock, when the loop last ran; while it waits it is not expected to
        self._stands_at: float | None = None
        self._turns = 0  # since it stood; at _TURNS_MOST no absence counts any more, until the loop waits
        self._looked_at: deque[float] = deque(maxlen=_TURNS_BEHIND + 1)  # at the sockets, since the loop last waited
        self._chooses_by: float | None = None  # the timers that are due: asyncio asks for the time next after a look
        super().__init__(_Selector(self._wait), look_up=look_up)

    def time(self) -> float:
        """Return seconds, those of absences left out."""
        if self._stands_at is not None:
            return self._stands_at
        now = self._clock()
        if now - self._seen > LATE_S and self._turns < _TURNS_MOST:
            return self._stand(self._seen - self._absent_s)
        self._seen = now
        if self._chooses_by is not None:
            told, self._chooses_by = self._chooses_by, None
            return told
        return now - self._absent_s

    def _wait(self, timeout: float | None, select: Callable[[float | None], _Events]) -> _Events:
        """Return what came, as `select` does; after an absence, what lies there already."""
        if self._stands_at is None and timeout != 0:
            self._turns = 0
        began = self.time()
        if self._stands_at is not None:
            return self._catch_up(select, is_idle=timeout != 0)
        entered, self._seen = self._seen, inf
        events = select(timeout)
        self._seen = self._clock()
        if timeout is not None and (late_s := self._seen - entered - timeout) >= 0:
            # A wait that ended in a stop brings nothing, whatever lies there by now.
            events = events or (select(0) if timeout else events)
            if (late_s > LATE_S and self._turns < _TURNS_MOST) or (timeout and events):
                self._stand(began + timeout - _BEFORE_S)
                return events
        if timeout != 0:
            self._looked_at.clear()
        self._looked_at.append(self._seen - self._absent_s)
        self._chooses_by = self._looked_at[0]
        return events

    def _catch_up(self, select: Callable[[float | None], _Events], *, is_idle: bool) -> _Events:
        """Return what lies there; where nothing does, and nobody has anything left to do, the clock goes on."""
        events = select(0)
        self._turns += 1
        if (is_idle and not events) or self._turns >= _TURNS_MOST:
            self._go_on()
        return events

    def _stand(self, at: float) -> float:
        self._stands_at, self._turns, self._chooses_by = at, 0, None
        self._looked_at.clear()
        self.came_back()
        return at

    def _go_on(self) -> None:
        """Let the clock go on behind the timer before which it stood; what passed meanwhile is not counted."""
        assert self._stands_at is not None
        self._seen = self._clock()
        self._absent_s, self._stands_at = self._seen - self._stands_at - 2 * _BEFORE_S, None
        self._looked_at.append(self._seen - self._absent_s)


class _Selector(selectors.DefaultSelector):
    """The system's own, asked by way of the loop."""

    def __init__(self, wait: Callable[[float | None, Callable[[float | None], _Events]], _Events]) -> None:
        super().__init__()
        self._wait = wait

    def select(self, timeout: float | None = None) -> _Events:
        return self._wait(timeout, super().select)
