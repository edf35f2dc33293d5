"""Short real films for judging, made from pictures in code."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.stream import VideoStream
from drawn_faces import PEOPLE, portrait

Pixels = npt.NDArray[np.uint8]
ASTRONAUT: Final = (Path(__file__).parents[2] / "manifests/portraits/astronaut.png").read_bytes()
FRAMES: Final = 24


def pixels_of(content: bytes) -> Pixels:
    """Return the pixels of a picture file."""
    return np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def png(pixels: Pixels) -> bytes:
    """Return a picture file of the pixels."""
    return bytes(cv2.imencode(".png", pixels)[1])


@cache
def drawn(name: str) -> bytes:
    """Return the portrait of a drawn person, which takes a third of a second to draw."""
    file = io.BytesIO()
    portrait(PEOPLE[name]).save(file, "PNG")
    return file.getvalue()


def approach(picture: Pixels, *, frames: int = FRAMES, width: int = 384, height: int = 384) -> Iterator[Pixels]:
    """Give frames in which the camera comes slowly nearer to the middle of a picture."""
    for number in range(frames):
        zoom = 1.0 + 0.25 * number / FRAMES
        scale = zoom * max(width / picture.shape[1], height / picture.shape[0])
        shift = (width / 2 - scale * picture.shape[1] / 2, height * 0.5 - scale * picture.shape[0] * 0.42)
        matrix = np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]])
        warped = cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        yield np.asarray(warped, np.uint8)


def film(path: Path, frames: Iterable[Pixels], *, fps: int = 25, crf: int = 20) -> Path:
    """Write frames of one size as a video."""
    with av.open(str(path), "w", format="mp4") as out:
        stream: VideoStream | None = None
        for number, pixels in enumerate(frames):
            if stream is None:
                stream = out.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": str(crf)})
                stream.height, stream.width, stream.pix_fmt = pixels.shape[0], pixels.shape[1], "yuv420p"
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            out.mux(stream.encode(frame))
        assert stream is not None
        out.mux(stream.encode())
    return path


def jpeg(quality: int) -> Callable[[Pixels], Pixels]:
    """Return what saves a picture as a JPEG file and reads it again."""

    def saved(pixels: Pixels) -> Pixels:
        return pixels_of(bytes(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]))

    return saved


def half(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)


def mirrored(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[:, ::-1])


def grey(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)


def dark(pixels: Pixels) -> Pixels:
    return (pixels * 0.45).astype(np.uint8)


def blurred(sigma: float) -> Callable[[Pixels], Pixels]:
    return lambda pixels: np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)


def turned(degrees: float) -> Callable[[Pixels], Pixels]:
    """Return what turns a picture about its middle."""

    def rotated(pixels: Pixels) -> Pixels:
        height, width = pixels.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 0.8)
        return np.asarray(cv2.warpAffine(pixels, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)

    return rotated


DEGRADED: Final[dict[str, Callable[[Pixels], Pixels]]] = {
    "as it is": lambda pixels: pixels,
    "JPEG quality 20": jpeg(20),
    "JPEG quality 8": jpeg(8),
    "half the size": half,
    "mirrored": mirrored,
    "grey": grey,
    "dark": dark,
    "blurred by 2 px": blurred(2.0),
    "blurred by 4 px": blurred(4.0),
    "turned by 25 degrees": turned(25.0),
}
"""What may happen to a face on its way, and it is still that face."""
