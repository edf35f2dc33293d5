"""Frames in, one H.264 MP4 out: byte for byte the same for the same frames, encoded on a thread of its own.

x264 runs on one thread, because its decisions depend on their number; drawing the next frames meanwhile uses the other
core. It runs without its macroblock tree, whose AVX-512 code (core 165) reads past the end of a row of macroblocks that
is no multiple of eight long: what memory held before moved bits about. At most four frames wait. A failure on either
side ends both: the writer sees the encoder's error at the next `write` or at the end, and an encoder without a writer
finishes what it has.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from queue import Queue
from types import TracebackType
from typing import Final, Self

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation

from .picture import Pixels
from .view import Shape

WAITING: Final = 4
CONTAINER_OPTIONS: Final = {"movflags": "+faststart", "fflags": "+bitexact"}
CODEC_OPTIONS: Final = {"preset": "veryfast", "crf": "20", "mbtree": "0", "g": "50", "flags": "+bitexact"}


class Encoder:
    """Writes frames to a file; use as a context manager, which closes the file and raises what the thread met."""

    def __init__(self, out: Path, shape: Shape, metadata: Mapping[str, str]) -> None:
        self._out = out
        self._shape = shape
        self._metadata = metadata
        self._queue: Queue[Pixels | None] = Queue(WAITING)
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="encoder", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._queue.put(None)
        self._thread.join()
        if error is None:
            self._raise_failure()

    def write(self, frame: Pixels) -> None:
        """Hand one frame over; it must not be changed afterwards."""
        self._raise_failure()
        self._queue.put(frame)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            self._encode()
        except BaseException as failure:  # noqa: BLE001 - it is raised again in the writer's thread
            self._failure = failure
            while self._queue.get() is not None:
                continue

    def _encode(self) -> None:
        with av.open(str(self._out), "w", format="mp4", options=CONTAINER_OPTIONS) as container:
            container.metadata.update(self._metadata)
            stream = container.add_stream("libx264", rate=self._shape.fps, options=CODEC_OPTIONS)
            stream.width, stream.height, stream.pix_fmt = self._shape.width, self._shape.height, "yuv420p"
            stream.codec_context.thread_count = 1
            stream.codec_context.time_base = Fraction(1, self._shape.fps)
            _tag(stream.codec_context)
            number = 0
            while (pixels := self._queue.get()) is not None:
                container.mux(stream.encode(_converted(pixels, number, self._shape.fps)))
                number += 1
            container.mux(stream.encode(None))


def try_encoding(out: Path) -> str:
    """Write a few black frames, and return in words what is in the way; empty where nothing is."""
    shape = Shape(width=160, height=90, seconds=0.2)
    try:
        with Encoder(out, shape, {}) as encoder:
            for _ in range(shape.frames):
                encoder.write(np.zeros((shape.height, shape.width, 3), np.uint8))
    except (av.FFmpegError, ValueError) as error:
        return str(error)
    return ""


def _tag(codec: av.VideoCodecContext) -> None:
    codec.color_primaries = ColorPrimaries.BT709
    codec.color_trc = ColorTrc.BT709
    codec.colorspace = Colorspace.ITU709
    codec.color_range = ColorRange.MPEG


def _converted(pixels: Pixels, number: int, fps: int) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(pixels, format="bgr24").reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG,
        interpolation=Interpolation.BILINEAR,
    )  # fmt: skip
    frame.pts, frame.time_base = number, Fraction(1, fps)
    return frame
