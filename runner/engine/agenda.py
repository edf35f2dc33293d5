"""What is due when: a heap of due times for each kind of step, so that a sleeping item costs an entry and no task."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import field
from enum import StrEnum
from typing import Final, NamedTuple

from ..core.life.state import Phase
from ..values import dataclass


class Lane(StrEnum):
    """The kinds of step, in the order in which they are served: what is paid for comes home before more is bought."""

    CHECK = "check"
    FETCH = "fetch"
    POLL = "poll"
    REPEAT = "repeat"  # an unanswered request, under the idempotency key that it has
    SUBMIT = "submit"
    HEAR = "hear"  # a doubt that the provider may still settle by calling back; nothing is done but to wait


LANES = {
    Phase.PLANNED: Lane.SUBMIT,
    Phase.IN_DOUBT: Lane.REPEAT,
    Phase.RUNNING: Lane.POLL,
    Phase.READY: Lane.FETCH,
    Phase.SAVED: Lane.CHECK,
}


PICKED = Lane.FETCH  # what expires first comes home first; from the others the next one is taken

SUBMITS: Final = 8  # paid requests at one time: as many as the wire keeps connections
POLLS: Final = 8  # the same
CHECKS: Final = 2  # decodes at one time where nobody says how many there is room for


class Entry(NamedTuple):
    """An item in a lane; of equal due times the lower number, which came first, is served first."""

    due: float
    number: int
    key: str


@dataclass(slots=True)
class Agenda:
    """Items by due time, one heap for each lane; equal times are served in the order in which they came.

    An item stands in one lane at a time. One that is moved or removed leaves its old entry behind, which is passed over
    when its time comes. From one lane items are picked by rank: those that were found to be due stand in a heap of
    their own, so that ten thousand of them are not looked through for each.
    """

    _heaps: dict[Lane, list[Entry]] = field(default_factory=lambda: {lane: [] for lane in Lane})
    _ranked: list[tuple[float, Entry]] = field(default_factory=list)
    _entries: dict[str, tuple[Lane, Entry]] = field(default_factory=dict)
    _count: int = 0

    def put(self, lane: Lane, key: str, due: float) -> None:
        """Enter an item, or move it here."""
        self._count += 1
        entry = Entry(due, self._count, key)
        self._entries[key] = lane, entry
        heapq.heappush(self._heaps[lane], entry)

    def hasten(self, lane: Lane, key: str, due: float) -> bool:
        """Move an item of a lane forward to `due`; return False when it is not there, or is due no later."""
        found, entry = self._entries.get(key, (None, None))
        if entry is None or found is not lane or entry.due <= due:
            return False
        self.put(lane, key, due)
        return True

    def remove(self, key: str) -> None:
        """Take an item out of whatever lane it is in."""
        self._entries.pop(key, None)

    def entries(self, lane: Lane) -> list[tuple[float, str]]:
        """Return due time and key of each item of a lane, in no order."""
        return [(entry.due, entry.key) for entry in self._all(lane) if self._is_current(lane, entry)]

    def waiting(self) -> list[str]:
        """Return the items of PICKED but for those that were found to be due."""
        return [entry.key for entry in self._heaps[PICKED] if self._is_current(PICKED, entry)]

    def due_at(self, lane: Lane) -> float | None:
        """Return when the next item of a lane is due, or None when the lane is empty.

        Where another one was picked among several that were due, it is the time of any of those.
        """
        tops = [*self._current(lane)[:1], *(entry for _, entry in self._found_due()[:1] if lane is PICKED)]
        return min(tops).due if tops else None

    def is_due(self, lane: Lane, now: float) -> bool:
        """Return whether an item of a lane is due; what was found to be due stays so, even if a clock is set back."""
        if lane is PICKED and self._found_due():
            return True
        due = self.due_at(lane)
        return due is not None and due <= now

    def peek(self, lane: Lane) -> str:
        """Return the key of the next item of a lane."""
        return self._current(lane)[0].key

    def take(self, lane: Lane) -> str:
        """Remove the next item of a lane and return its key."""
        key = heapq.heappop(self._current(lane)).key
        del self._entries[key]
        return key

    def pick(self, now: float, rank: Callable[[str], float]) -> str:
        """Remove and return the item of lowest rank among those that are due in PICKED; of equals the one due first.

        Its rank stays as it is while an item is due.
        """
        heap = self._heaps[PICKED]
        while heap and heap[0].due <= now:
            entry = heapq.heappop(heap)
            if self._is_current(PICKED, entry):
                heapq.heappush(self._ranked, (rank(entry.key), entry))
        _, entry = heapq.heappop(self._found_due())
        del self._entries[entry.key]
        return entry.key

    def clear(self, lane: Lane) -> list[str]:
        """Empty a lane and return the keys that were in it."""
        keys = [entry.key for entry in self._all(lane) if self._is_current(lane, entry)]
        self._heaps[lane].clear()
        if lane is PICKED:
            self._ranked.clear()
        for key in keys:
            del self._entries[key]
        return keys

    def _all(self, lane: Lane) -> Iterator[Entry]:
        yield from self._heaps[lane]
        if lane is PICKED:
            yield from (entry for _, entry in self._ranked)

    def _found_due(self) -> list[tuple[float, Entry]]:
        """Return the heap of what was found to be due, with an entry that counts on top."""
        while self._ranked and not self._is_current(PICKED, self._ranked[0][1]):
            heapq.heappop(self._ranked)
        return self._ranked

    def _current(self, lane: Lane) -> list[Entry]:
        """Return the heap of a lane, with an entry that counts on top."""
        heap = self._heaps[lane]
        while heap and not self._is_current(lane, heap[0]):
            heapq.heappop(heap)
        return heap

    def _is_current(self, lane: Lane, entry: Entry) -> bool:
        return self._entries.get(entry.key) == (lane, entry)
