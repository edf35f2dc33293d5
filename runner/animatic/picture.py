"""From the bytes of a portrait to pixels: upright, eight bits, three channels (blue, green, red), no alpha."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from ..errors import S2VError
from ..pictures import quiet, upright

Pixels = npt.NDArray[np.uint8]
"""Rows, columns, and blue, green, red; a fourth channel is alpha."""
Soft = npt.NDArray[np.floating[Any]]
"""A real number, or several, for each of some pixels or places; 32 bits wide wherever it is large."""
LONG_SIDE = 2600  # pixels kept of the longer side: twice what the closest framing of a square portrait can show
PAPER = (236, 236, 236)  # what shows through a transparent portrait


class UnreadablePictureError(S2VError):
    """The portrait's bytes are no picture that can be drawn."""


def read_picture(portrait: bytes) -> Pixels:
    """Return the pixels as a person sees them: EXIF orientation applied, transparency laid on light paper."""
    try:
        with quiet(), Image.open(io.BytesIO(portrait)) as image:
            image.draft("RGB", (LONG_SIDE, LONG_SIDE))
            image.load()  # to its end, behind which a PNG may say how it is turned
            seen = upright(_opaque(_within(_eight_bit(image))), image.info.get("exif"))
            return np.ascontiguousarray(np.asarray(seen)[:, :, ::-1])
    except UnidentifiedImageError as error:  # whose words name the buffer that we read from
        raise UnreadablePictureError("the portrait cannot be drawn: its content is no picture") from error
    except (OSError, Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise UnreadablePictureError(f"the portrait cannot be drawn: {error}") from error


def no_larger(picture: Pixels, long_side: int) -> Pixels:
    """Return the picture with its longer side reduced to at most so many pixels."""
    ratio = long_side / max(picture.shape)
    if ratio >= 1.0:
        return picture
    size = (max(1, round(picture.shape[1] * ratio)), max(1, round(picture.shape[0] * ratio)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _eight_bit(image: Image.Image) -> Image.Image:
    """16-bit grey, which Pillow would clip, is scaled instead."""
    if not image.mode.startswith("I"):
        return image
    levels = np.asarray(image).astype(np.float64)
    top = 65535.0 if levels.max() > 255 else 255.0  # noqa: PLR2004 - the two depths an integer picture can have
    grey = Image.fromarray((levels.clip(0, top) / top * 255.0 + 0.5).astype(np.uint8))
    grey.info = dict(image.info)
    return grey


def _within(image: Image.Image) -> Image.Image:
    reduction = max(image.size) // LONG_SIDE
    if reduction < 2:  # noqa: PLR2004 - a whole factor, so that the reduction is an exact box mean
        return image
    if image.mode in {"P", "1"}:
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    return image.reduce(reduction)


def _opaque(image: Image.Image) -> Image.Image:
    if "transparency" not in image.info and image.mode not in {"RGBA", "LA", "PA", "La", "RGBa"}:
        return image.convert("RGB")
    layered = image.convert("RGBA")
    paper = Image.new("RGBA", layered.size, (*PAPER, 255))
    return Image.alpha_composite(paper, layered).convert("RGB")
