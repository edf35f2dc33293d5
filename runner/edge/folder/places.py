"""Where a video lies in each part of its life: names alone, nothing is opened.

`.partial/<key>.mp4` is whole but not checked; `videos/<name>` is checked and stands in the manifest; `review/<name>` is
whole, did not pass and waits for a person; `rejected/<id>-<digest>.mp4` was paid for and does not count;
`superseded/<id>-<key>.mp4` was paid for and left the manifest: kept, never deleted, and moved back for nothing when it
is wanted again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ...core.life.state import SHELVED, Phase, State
from ...values import replace

VIDEOS: Final = "videos"
REVIEW: Final = "review"
REJECTED: Final = "rejected"
SUPERSEDED: Final = "superseded"
PARTIAL: Final = ".partial"
SIDECAR: Final = ".json"
KEY: Final = 12  # hex digits of a fingerprint or a digest that tell two versions of one id apart


def sidecar_of(video: Path) -> Path:
    """Return where what is told of a video stands: beside it, under its name."""
    return video.with_suffix(SIDECAR)


class Places:
    """The places of one run folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._videos = folder / VIDEOS
        self._review = folder / REVIEW
        self.partial: Final = folder / PARTIAL
        """The folder for downloads under way."""

    def saved(self, state: State) -> Path:
        """Return where the courier leaves a video."""
        return self.partial / f"{state.item.key}.mp4"

    def home(self, state: State) -> Path:
        """Return where the whole video of `state` belongs."""
        if state.phase is Phase.REVIEW:
            return self.named(state.item.name if state.wanted else f"{state.label}.mp4", Phase.REVIEW)
        if state.wanted:
            return self.named(state.item.name, Phase.DONE)
        return self._folder / SUPERSEDED / f"{state.label}.mp4"

    def named(self, name: str, phase: Phase) -> Path:
        """Return where a whole video of the manifest stands by its name: finished, or under review."""
        return (self._review if phase is Phase.REVIEW else self._videos) / name

    def rejected(self, state: State) -> Path:
        """Return where the video of `state` is kept when it does not count; no other one has that name."""
        sha256 = state.sha256 or ""
        return self._folder / REJECTED / f"{Path(state.item.name).stem}-{sha256[:KEY]}.mp4"

    def of_rejected(self, state: State) -> Iterator[Path]:
        """Give where the video of `state` may be kept when it does not count; its item may have had another name."""
        yield self.rejected(state)
        yield from sorted((self._folder / REJECTED).glob(f"*-{(state.sha256 or '')[:KEY]}.mp4"))

    def of_judged(self, state: State) -> Iterator[Path]:
        """Give every place that a check or a person may have given to the video of `state`."""
        yield self.home(replace(state, phase=Phase.REVIEW))
        yield self.home(replace(state, phase=Phase.DONE))
        yield self.rejected(state)

    def of_saved(self, state: State) -> Iterator[Path]:
        """Give where the video of `state` may lie: a crash may have come between a move and the fact that tells it."""
        yield self.saved(state)
        yield self.home(state)
        if state.phase not in SHELVED:
            yield from self.of_judged(state)
