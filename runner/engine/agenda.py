"""What is due when: a heap of due times for each kind of step, so that a sleeping item costs an entry and no task."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from enum import StrEnum

from ..core.lifecycle import Phase


class Lane(StrEnum):
    """The kinds of step, in the order in which they are served: what is paid for comes home before more is bought."""

    CHECK = "check"
    FETCH = "fetch"
    POLL = "poll"
    REPEAT = "repeat"  # an unanswered request, under the idempotency key that it has
    SUBMIT = "submit"


LANES = {
    Phase.PLANNED: Lane.SUBMIT,
    Phase.IN_DOUBT: Lane.REPEAT,
    Phase.RUNNING: Lane.POLL,
    Phase.READY: Lane.FETCH,
    Phase.SAVED: Lane.CHECK,
}


@dataclass(slots=True)
class Agenda:
    """Items by due time, one heap for each lane; equal times are served in the order in which they came."""

    _heaps: dict[Lane, list[tuple[float, int, str]]] = field(default_factory=lambda: {lane: [] for lane in Lane})
    _count: int = 0

    def put(self, lane: Lane, key: str, due: float) -> None:
        """Enter an item."""
        self._count += 1
        heapq.heappush(self._heaps[lane], (due, self._count, key))

    def due_at(self, lane: Lane) -> float | None:
        """Return when the next item of a lane is due, or None when the lane is empty."""
        heap = self._heaps[lane]
        return heap[0][0] if heap else None

    def is_due(self, lane: Lane, now: float) -> bool:
        """Return whether the next item of a lane is due."""
        due = self.due_at(lane)
        return due is not None and due <= now

    def peek(self, lane: Lane) -> str:
        """Return the key of the next item of a lane."""
        return self._heaps[lane][0][2]

    def take(self, lane: Lane) -> str:
        """Remove the next item of a lane and return its key."""
        return heapq.heappop(self._heaps[lane])[2]

    def clear(self, lane: Lane) -> list[str]:
        """Empty a lane and return the keys that were in it."""
        keys = [key for _, _, key in self._heaps[lane]]
        self._heaps[lane].clear()
        return keys
