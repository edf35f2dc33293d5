"""The portrait of an order: out of its data URL, and held against the rules that the provider documents."""

from __future__ import annotations

import base64
import binascii
import io
import re
from typing import Final

from PIL import Image

from .order import RefusedOrderError

FORMATS: Final = frozenset({"JPEG", "PNG", "WEBP"})
BYTES_BELOW: Final = 20 * 1024 * 1024
SHORT_SIDE_ABOVE: Final = 300  # pixels
LONG_TO_SHORT_MOST: Final = (5, 2)
PIXELS_MOST: Final = 80_000_000  # this service's own limit: what a worker can unpack without harm
_DATA_URL: Final = re.compile(r"data:image/[\w.+-]+;base64,", re.IGNORECASE)


def read_data_url(image: str) -> bytes:
    """Return the bytes in a data URL; other URLs are refused, because this service never fetches anything."""
    if image[:8].lower().startswith(("http://", "https://")):
        raise RefusedOrderError("this offline service cannot fetch URLs: send the image as a data URL")
    head = _DATA_URL.match(image)
    if head is None:
        raise RefusedOrderError("the image is neither a URL nor a data URL: expected data:image/jpeg;base64,...")
    try:
        return base64.b64decode(image[head.end() :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise RefusedOrderError(f"the image's base64 cannot be decoded: {error}") from error


def check_portrait(portrait: bytes) -> None:
    """Raise `RefusedOrderError` unless the picture is whole and keeps the rules."""
    if len(portrait) >= BYTES_BELOW:
        raise RefusedOrderError(f"the image has {len(portrait)} bytes, expected less than {BYTES_BELOW}")
    try:
        with Image.open(io.BytesIO(portrait)) as image:
            _check_header(image)
            image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise RefusedOrderError(f"the image has too many pixels, expected at most {PIXELS_MOST}") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise RefusedOrderError(f"the image is not a whole JPG, PNG or WebP: {error}") from error


def _check_header(image: Image.Image) -> None:
    short, long = sorted(image.size)
    most_long, most_short = LONG_TO_SHORT_MOST
    if image.format not in FORMATS:
        raise RefusedOrderError(f"the image is a {image.format}, expected JPG, JPEG, PNG or WebP")
    if short <= SHORT_SIDE_ABOVE:
        raise RefusedOrderError(f"the image's shorter side has {short} px, expected more than {SHORT_SIDE_ABOVE} px")
    if long * most_short > short * most_long:
        raise RefusedOrderError(f"the image is {image.width} x {image.height} px, expected between 2:5 and 5:2")
    if image.width * image.height > PIXELS_MOST:
        raise RefusedOrderError(f"the image has too many pixels, expected at most {PIXELS_MOST}")
    if getattr(image, "is_animated", False):
        raise RefusedOrderError("the image is animated, expected a single picture")
