"""Pictures for the tests of the animatic: the sample portrait, and odd ones made in code."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

ASTRONAUT = Path(__file__).parents[2] / "manifests" / "portraits" / "astronaut.png"


def astronaut() -> Image.Image:
    with Image.open(ASTRONAUT) as image:
        return image.convert("RGB")


def encoded(image: Image.Image, form: str = "PNG", *, exif: Image.Exif | None = None) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **({"exif": exif} if exif else {}))
    return out.getvalue()


def with_field(tag: int, kind: int) -> bytes:
    """An EXIF block that says to turn the picture (6), with a field of another kind than its number stands for."""
    turn, odd = b"\x01\x12\0\3\0\0\0\1\0\6\0\0", tag.to_bytes(2) + kind.to_bytes(2) + b"\0\0\0\1\0\0\0\x26"
    return b"Exif\0\0MM\0*\0\0\0\x08\0\2" + b"".join(sorted((turn, odd))) + bytes(4) + b"\0\0\0\1\0\0\0\2"


def grain(width: int, height: int) -> Image.Image:
    """Fine detail everywhere: what shimmers, if anything does."""
    rng = np.random.default_rng(7)
    return Image.fromarray(rng.integers(0, 255, (height, width, 3), dtype=np.uint8))


def decoded(path: Path) -> list[npt.NDArray[np.float64]]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="bgr24").astype(np.float64) for frame in container.decode(video=0)]


@cache
def odd_picture(name: str) -> bytes:
    """Return one of the odd pictures, made when it is asked for: some take long."""
    return ODD[name](astronaut())


def _deep(face: Image.Image) -> bytes:
    return encoded(Image.fromarray(np.asarray(face.convert("L")).astype(np.uint16) * 257))


def _clear(face: Image.Image) -> bytes:
    alpha = face.convert("RGBA")
    alpha.putalpha(face.convert("L"))
    return encoded(alpha)


def _turned(face: Image.Image) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(face.crop((0, 0, 512, 400)), "JPEG", exif=exif)


ODD: Final[Mapping[str, Callable[[Image.Image], bytes]]] = {
    "narrow 2:5": lambda face: encoded(face.crop((120, 0, 325, 512))),
    "wide 5:2": lambda face: encoded(face.crop((0, 20, 512, 225))),
    "301 x 301": lambda face: encoded(face.resize((301, 301))),
    "grey": lambda face: encoded(face.convert("L"), "JPEG"),
    "alpha": _clear,
    "palette": lambda face: encoded(face.quantize(64)),
    "CMYK": lambda face: encoded(face.convert("CMYK"), "JPEG"),
    "16-bit": _deep,
    "EXIF-rotated": _turned,
    "WebP": lambda face: encoded(face, "WEBP"),
    "4000 px": lambda face: encoded(face.resize((4000, 4000)), "JPEG"),
}
"""What makes an odd picture of the sample portrait."""
