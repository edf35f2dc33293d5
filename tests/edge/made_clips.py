"""Small real MP4 files for tests, made in code."""

from __future__ import annotations

import struct
from fractions import Fraction
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import av
from av.container import OutputContainer
from av.video.stream import VideoStream
from PIL import Image

Box = tuple[bytes, bytes]


def clip(
    *, frames: int = 20, size: tuple[int, int] = (96, 64), fps: int = 25, videos: int = 1, audio: bool = False,
    container: str = "mp4", codec: str = "libx264", movflags: str = "", title: str = "",
) -> bytes:  # fmt: skip
    """Give a whole clip; its frames have so much detail that damage shows, and B-frames stand among them."""
    options = {"movflags": movflags} if movflags else {}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "clip"  # a real file, for the muxer reads it again to put its index first
        with av.open(str(path), "w", format=container, options=options) as out:
            out.metadata.update({"title": title} if title else {})
            streams = [_add_video(out, codec, size, fps) for _ in range(videos)]
            sound = out.add_stream("aac", rate=44_100) if audio else None
            out.start_encoding()  # or a clip of no frames would have no header
            for number, stream in product(range(frames), streams):
                out.mux(stream.encode(_frame(number, size, fps)))
            for stream in streams:
                out.mux(stream.encode())
            if sound is not None:
                out.mux(sound.encode(_silence()))
                out.mux(sound.encode())
        return path.read_bytes()


def _add_video(out: OutputContainer, codec: str, size: tuple[int, int], fps: int) -> VideoStream:
    stream = out.add_stream(codec, rate=fps)
    assert isinstance(stream, VideoStream)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    return stream


def _frame(number: int, size: tuple[int, int], fps: int) -> av.VideoFrame:
    picture = Image.linear_gradient("L").rotate(7 * number).resize(size).convert("RGBA")
    frame = av.VideoFrame.from_bytes(picture.tobytes(), *size)
    frame.pts, frame.time_base = number, Fraction(1, fps)
    return frame


def _silence() -> av.AudioFrame:
    frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.sample_rate, frame.pts = 44_100, 0
    return frame


def boxes(content: bytes) -> list[Box]:
    """Give the top-level boxes, each as its kind and its bytes with the head."""
    found, at = [], 0
    while at < len(content):
        size, kind = struct.unpack(">I4s", content[at : at + 8])
        found.append((kind, content[at : at + size]))
        at += size
    return found
