"""The line burned into every frame: it says what the film is, so that nobody takes it for the model's work."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from ..values import dataclass
from .picture import Pixels

TEXT: Final = "ANIMATIC PREVIEW - one photo, moved by code; no generative model"
LINES_PER_LETTER: Final = 36  # frame height divided by this is the letters' size: 20 pixels at 720 lines
SHARPER: Final = 4  # text is drawn so many times larger and reduced: small type is spaced badly
BAND: Final = 0.5  # opacity of the dark band under the text
INK: Final = 0.94  # brightness of the text


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """The band with its text, ready to be laid on a frame at (`left`, `top`)."""

    left: int
    top: int
    keep: npt.NDArray[np.uint16]
    add: npt.NDArray[np.uint16]

    def lay(self, frame: Pixels) -> None:
        """Burn the label into the frame, in place."""
        rows, columns = self.keep.shape[:2]
        part = frame[self.top : self.top + rows, self.left : self.left + columns]
        part[:] = (part * self.keep + self.add) >> 8


def draw_label(width: int, height: int) -> Label:
    """Return the label for frames of that size; in a small frame the letters shrink to fit the line."""
    size = height / LINES_PER_LETTER
    font = ImageFont.load_default(size * SHARPER)
    length = font.getlength(TEXT)
    fitting = min(1.0, 0.94 * width * SHARPER / length)
    font = ImageFont.load_default(max(4.0, size * SHARPER * fitting))
    text = _drawn(font)
    margin = round(height / 40)
    alpha = np.zeros((min(height, text.shape[0]), min(width, text.shape[1])), np.float64)
    alpha[:] = text[: alpha.shape[0], : alpha.shape[1]]
    keep = (1.0 - BAND) * (1.0 - alpha)
    return Label(
        left=max(0, min(margin, width - alpha.shape[1])),
        top=max(0, height - margin - alpha.shape[0]),
        keep=np.round(keep * 256.0).astype(np.uint16)[:, :, None],
        add=np.round(alpha * INK * 255.0 * 256.0).astype(np.uint16)[:, :, None],
    )


def _drawn(font: ImageFont.ImageFont | ImageFont.FreeTypeFont) -> npt.NDArray[np.float64]:
    left, top, right, bottom = font.getbbox(TEXT)
    pad = round((bottom - top) * 0.45)
    width, height = (round(right - left) + 2 * pad, round(bottom - top) + 2 * pad)
    canvas = Image.new("L", (-(-width // SHARPER) * SHARPER, -(-height // SHARPER) * SHARPER))
    ImageDraw.Draw(canvas).text((pad - left, pad - top), TEXT, font=font, fill=255)
    return np.asarray(canvas.reduce(SHARPER), dtype=np.float64) / 255.0
