"""Opens a video once and has it judged while it is decoded; needs the extra `local`, as the room of checks does."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import av
from av.video.reformatter import Interpolation

from ...checks.watching import Watcher
from ...faces.networks import Pixels
from ...gates import Gates
from ...inspection import Inspected, Spoilt
from .media import inspect


def screen(path: Path, *, portrait: bytes | None, gates: Gates) -> Inspected | Spoilt:
    """Return a video's judgement, or why it is spoilt; a bad file never raises, a bad disk raises its `OSError`.

    Every frame is decoded. Blocks for as long as that takes, about a second: call it in a worker thread.
    """
    expected = inspect(path, full=False)
    if isinstance(expected, Spoilt):
        return expected
    watcher = Watcher(frames=expected.frames, portrait=portrait, gates=gates)
    clip = inspect(path, full=True, watch=lambda frame: watcher.see(_Frame(frame)))
    return clip if isinstance(clip, Spoilt) else Inspected(clip=clip, judgement=watcher.judgement(clip))


class _Frame:
    """A frame of the decoder, converted by what it decodes with."""

    def __init__(self, frame: av.VideoFrame) -> None:
        self._frame = frame

    def grey(self, *, width: int, height: int) -> Pixels:
        small = self._frame.reformat(width=width, height=height, format="gray8", interpolation=Interpolation.BILINEAR)
        return cast("Pixels", small.to_ndarray())

    def colours(self, *, long_side: int) -> Pixels:
        ratio = min(1.0, long_side / max(self._frame.width, self._frame.height))
        width, height = (max(1, round(side * ratio)) for side in (self._frame.width, self._frame.height))
        return cast("Pixels", self._frame.reformat(width=width, height=height, format="bgr24").to_ndarray())
