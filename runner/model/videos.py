"""A video file, as it came and as it is."""

from __future__ import annotations

from typing import Literal

from ..values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A whole file on disk: its size and digest as they came off the wire."""

    bytes_: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """What a video file really holds, after every frame was decoded (or the header alone, then `decoded` is False).

    `maker` is who made it by the file's own title; None where that says nothing known.
    """

    seconds: float
    width: int
    height: int
    fps: float
    frames: int
    codec: str
    has_audio: bool
    decoded: bool
    maker: Literal["animatic", "wan-vace"] | None = None
