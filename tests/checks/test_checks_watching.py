from __future__ import annotations

import cv2
import films
import numpy as np
import pytest

from runner.checks.watching import LONG_SIDE, Watcher
from runner.gates import Gates, IdentityGate
from runner.model import Clip

CLIP = Clip(seconds=1.0, width=512, height=512, fps=10.0, frames=10, codec="h264", has_audio=False, decoded=True)
HER = films.pixels_of(films.ASTRONAUT)


class Picture:
    """A frame that counts how often it is converted."""

    def __init__(self, pixels: films.Pixels) -> None:
        self.greys = 0
        self.colourings = 0
        self._pixels = pixels

    def grey(self, *, width: int, height: int) -> films.Pixels:
        self.greys += 1
        return np.asarray(cv2.cvtColor(cv2.resize(self._pixels, (width, height)), cv2.COLOR_BGR2GRAY), np.uint8)

    def colours(self, *, long_side: int) -> films.Pixels:
        self.colourings += 1
        assert long_side == LONG_SIDE
        return self._pixels


@pytest.mark.parametrize(
    ("portrait", "gates", "coloured"),
    [
        (films.ASTRONAUT, Gates(identity=IdentityGate(frames=4)), 4),
        (films.ASTRONAUT, Gates(identity=IdentityGate(frames=100)), 10),
        (films.ASTRONAUT, Gates(), 0),
        (None, Gates(identity=IdentityGate(frames=4)), 0),
    ],
    ids=["four of ten", "all", "nobody asks", "no portrait"],
)
def test_a_frame_is_converted_only_as_far_as_somebody_looks(
    portrait: bytes | None, gates: Gates, coloured: int
) -> None:
    frames = [Picture(pixels) for pixels in films.approach(HER, frames=10)]
    watcher = Watcher(frames=10, portrait=portrait, gates=gates)
    for frame in frames:
        watcher.see(frame)

    assert [frame.greys for frame in frames] == [1] * 10
    assert sum(frame.colourings for frame in frames) == coloured
    assert watcher.judgement(CLIP).grade == "pass"


def test_a_file_with_more_frames_than_expected_is_judged_all_the_same() -> None:
    """The container's header may lie; that is found out elsewhere, and must not crash the judge."""
    watcher = Watcher(frames=2, portrait=films.ASTRONAUT, gates=Gates(identity=IdentityGate()))
    for pixels in films.approach(HER, frames=10):
        watcher.see(Picture(pixels))
    likeness = watcher.judgement(CLIP).likeness

    assert likeness is not None
    assert len(likeness.seen) == 2
