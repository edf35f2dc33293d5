"""One look into a video: what a worker loads to check one, and no more than that, for it is loaded by each worker anew.

Networks are loaded only where they are needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ...checks.judgement import judge
from ...gates import Gates
from ...inspection import Inspected, Spoilt

PORTRAIT: Final = "portrait"
"""The file in a step's folder that a video is held against."""


def look(path: Path, gates: Gates, *, portrait: bytes | None, full: bool) -> Inspected | Spoilt:
    """Open a video and judge it; raises the `OSError` of a bad disk. Blocks for up to some seconds."""
    if gates.need_pixels:
        from .screening import screen  # noqa: PLC0415 - numpy, OpenCV and the networks, for those alone who need them

        return screen(path, portrait=portrait, gates=gates)
    from . import media  # noqa: PLC0415 - the decoder takes long to load, and many a start opens no video

    clip = media.inspect(path, full=full)
    if isinstance(clip, Spoilt):
        return clip
    return Inspected(clip=clip, judgement=judge(clip, None, None, gates=gates) if gates.are_any else None)
