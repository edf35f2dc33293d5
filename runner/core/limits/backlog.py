"""Backpressure: nothing more is bought while too much that is paid for has not come home, or may find no room there.

Videos that lie at the provider expire; a run that goes on buying while nothing comes home only has more to lose. The
machine counts as well: what is under way must fit on the disk, and needs files to be open.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import field
from typing import Final

from ...values import dataclass
from ..life.state import OPEN_PHASES, Phase, State

UNFETCHED_MOST: Final = 64  # videos that are made and not yet home
VIDEO_BYTES: Final = 16 << 20  # what a video may weigh before one is seen; six seconds of 720p weigh 1 to 5 MB
SPARE_BYTES: Final = 64 << 20  # for the journal, reports and sidecars
SPARE_FILES: Final = 16  # open at one time, for one more purchase and for what libraries open by the way

_UNFETCHED: Final = frozenset({Phase.READY, Phase.SAVED})
"""Where a video is made, and not yet under its name."""


@dataclass(slots=True)
class Backlog:
    """What is bought, or may be, and not yet safe at home.

    What an earlier run left behind counts until this run has given it up as well: then it may never come home, and must
    not keep anything from being bought for ever.
    """

    _phases: dict[str, Phase] = field(default_factory=dict)
    _inherited: set[str] = field(default_factory=set)
    _largest: int = 0
    _unfetched: int = 0

    def inherit(self, state: State) -> None:
        """Take note of an item that an earlier run left open."""
        self._inherited.add(state.item.key)
        self.count(state)

    def give_up(self, key: str) -> None:
        """Take note that this run waits for an item no longer."""
        if key in self._inherited:
            self._move(key, None)

    def admit(self, key: str) -> None:
        """Take note of an item that is about to be bought."""
        self._move(key, Phase.IN_DOUBT)

    def count(self, state: State) -> None:
        """Take note of where an item stands."""
        self._move(state.item.key, state.phase if state.phase in OPEN_PHASES else None)
        if state.artifact is not None:
            self._largest = max(self._largest, state.artifact.bytes_)

    @property
    def keys(self) -> Collection[str]:
        """Return the items that are bought, or may be, and not yet home."""
        return self._phases.keys()

    def jam(self) -> str | None:
        """Say why nothing more should be bought until something has come home, or None."""
        is_jam = self._unfetched >= UNFETCHED_MOST
        return f"{self._unfetched} videos are made and not yet home" if is_jam else None

    def squeeze(self, *, free_bytes: int, free_files: int) -> str | None:
        """Say what the machine lacks for what is under way and one more, or None."""
        wanted = SPARE_BYTES + (len(self._phases) + 1) * self._video_bytes
        if free_bytes < wanted:
            return (
                f"{free_bytes / 1e6:.0f} MB are free on the disk of the run folder, and the videos under way with one "
                f"more may need {wanted / 1e6:.0f} MB; make room"
            )
        if free_files < SPARE_FILES:
            return f"only {free_files} more files may be open in this process; raise the limit (ulimit -n)"
        return None

    def _move(self, key: str, phase: Phase | None) -> None:
        before = self._phases.pop(key, None)
        if phase is not None:
            self._phases[key] = phase
        self._unfetched += (phase in _UNFETCHED) - (before in _UNFETCHED)

    @property
    def _video_bytes(self) -> int:
        return 2 * self._largest if self._largest else VIDEO_BYTES
