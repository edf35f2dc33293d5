"""The portrait of an order, held against the rules that its provider documents; one at a time, as pixels are large."""

from __future__ import annotations

import hashlib
import io
import threading
from collections import OrderedDict
from typing import Final

from PIL import Image

from ..pictures import quiet
from ..values import dataclass
from .intake import PICTURE_BELOW
from .order import Refusal

SEVERAL: Final = "MPO"  # Pillow's word for a JPEG with others behind its end, as phones write it: the first is meant
FORMATS: Final = frozenset({"JPEG", SEVERAL, "PNG", "WEBP"})
PIXELS_MOST: Final = 80_000_000  # this service's own limit: what a worker can unpack without harm
_REMEMBERED: Final = 256  # portraits that were judged good


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a provider's page says of the picture, beyond format and bytes; None where it says nothing."""

    short_side_above: int | None  # pixels
    long_to_short_most: tuple[int, int] | None


DOCUMENTED: Final = Rules(short_side_above=300, long_to_short_most=(5, 2))  # MiniMax, V-API (D); 302.AI relays (I)
RECOMMENDED: Final = Rules(short_side_above=None, long_to_short_most=None)  # Modellix only recommends 300 px (D)


class Inspector:
    """Judges portraits, and remembers the good ones: a batch sends the same few again and again."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._good: OrderedDict[tuple[str, Rules], None] = OrderedDict()

    def check(self, portrait: bytes, rules: Rules) -> str:
        """Return the digest of a picture that is whole and keeps the rules; raise `Refusal` for any other."""
        digest = hashlib.sha256(portrait).hexdigest()
        known = digest, rules
        with self._turn:
            if known not in self._good:
                _check_portrait(portrait, rules)
            self._good[known] = None
            self._good.move_to_end(known)
            if len(self._good) > _REMEMBERED:
                self._good.popitem(last=False)
        return digest


def _check_portrait(portrait: bytes, rules: Rules) -> None:
    """Raise `Refusal` unless the picture is whole and keeps the rules."""
    if len(portrait) >= PICTURE_BELOW:
        raise Refusal(f"the image has {len(portrait)} bytes, expected less than {PICTURE_BELOW}")
    try:
        with quiet(), Image.open(io.BytesIO(portrait)) as image:
            _check_header(image, rules)
            image.load()
    except Image.DecompressionBombError as error:
        raise Refusal(f"the image has too many pixels, expected at most {PIXELS_MOST}") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise Refusal(f"the image is not a whole JPG, PNG or WebP: {error}") from error


def _check_header(image: Image.Image, rules: Rules) -> None:
    short, long = sorted(image.size)
    if image.format not in FORMATS:
        raise Refusal(f"the image is a {image.format}, expected JPG, JPEG, PNG or WebP")
    if rules.short_side_above is not None and short <= rules.short_side_above:
        raise Refusal(f"the image's shorter side has {short} px, expected more than {rules.short_side_above} px")
    if rules.long_to_short_most is not None:
        most_long, most_short = rules.long_to_short_most
        if long * most_short > short * most_long:
            raise Refusal(f"the image is {image.width} x {image.height} px, expected between 2:5 and 5:2")
    if image.width * image.height > PIXELS_MOST:
        raise Refusal(f"the image has too many pixels, expected at most {PIXELS_MOST}")
    if image.format != SEVERAL and getattr(image, "is_animated", False):
        raise Refusal("the image is animated, expected a single picture")
