"""Pictures for the tests of the animatic: the sample portrait, and odd ones made in code."""

from __future__ import annotations

import io
from pathlib import Path

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


def odd_pictures() -> dict[str, bytes]:
    face = astronaut()
    turned = Image.Exif()
    turned[0x0112] = 6
    deep = np.asarray(face.convert("L")).astype(np.uint16) * 257
    alpha = face.convert("RGBA")
    alpha.putalpha(face.convert("L"))
    return {
        "narrow 2:5": encoded(face.crop((120, 0, 325, 512))),
        "wide 5:2": encoded(face.crop((0, 20, 512, 225))),
        "301 x 301": encoded(face.resize((301, 301))),
        "grey": encoded(face.convert("L"), "JPEG"),
        "alpha": encoded(alpha),
        "palette": encoded(face.quantize(64)),
        "CMYK": encoded(face.convert("CMYK"), "JPEG"),
        "16-bit": encoded(Image.fromarray(deep)),
        "EXIF-rotated": encoded(face.crop((0, 0, 512, 400)), "JPEG", exif=turned),
        "WebP": encoded(face, "WEBP"),
        "4000 px": encoded(face.resize((4000, 4000)), "JPEG"),
    }
