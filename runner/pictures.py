"""How a picture is opened and turned by its EXIF block, alike for the checks, the report and the local service.

Pillow's own way of turning writes the rest of the block anew, and fails over any field in it that it cannot write.
"""

from __future__ import annotations

import io
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from PIL import ExifTags, Image

BROKEN: Final = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, struct.error)
"""What Pillow raises on damaged files (`UnidentifiedImageError` is an `OSError`)."""
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, by the orientation that its EXIF block names."""
_QUARTERS: Final = frozenset({5, 6, 7, 8})
_silence: Final = threading.Lock()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Pillow's warnings (large pictures, odd metadata) to ourselves; the filters are global, hence the lock."""
    with _silence, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def colours(content: bytes) -> Image.Image | None:
    """Return a picture in red, green and blue of eight bits, upright, without alpha; None for bytes that are none."""
    try:
        with quiet(), Image.open(io.BytesIO(content)) as picture:
            picture.load()  # to its end, behind which a PNG may say how it is turned
            return upright(_eight_bit(picture).convert("RGB"), picture.info.get("exif"))
    except (*BROKEN, Image.DecompressionBombError):
        return None


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Return 16-bit grey, which Pillow would clip, with its upper bits alone."""
    if not picture.mode.startswith("I"):
        return picture
    return picture.convert("I").point(lambda level: level * (1 / 256)).convert("L")


def upright(picture: Image.Image, block: bytes | None) -> Image.Image:
    """Return the picture as this EXIF block says that it is seen."""
    turn = _TURNS.get(_orientation(block))
    return picture if turn is None else picture.transpose(turn)


def is_on_its_side(block: bytes | None) -> bool:
    """Return whether width and height are swapped where the picture is seen."""
    return _orientation(block) in _QUARTERS


def _orientation(block: bytes | None) -> int:
    exif = Image.Exif()
    try:
        exif.load(block or b"")
    except BROKEN:
        return 1  # a picture with damaged EXIF is shown as it lies
    turn: object = exif.get(ExifTags.Base.Orientation)
    return turn if isinstance(turn, int) else 1
