"""Which pixels are the person: MediaPipe's selfie segmentation, which sees the whole picture in 256 x 256 pixels."""

from __future__ import annotations

from typing import Final

import numpy as np

from .networks import Floats, Pixels, batch_of, run

SIDE: Final = 256


def person(pixels: Pixels) -> Floats:
    """Return how surely each part is the person, 0 to 1, as 256 x 256 values stretched over the whole picture."""
    (found,) = run("selfie_segmentation.tflite", batch_of(pixels, SIDE, scale=1 / 255), ("activation_10",))
    return np.clip(found.reshape(SIDE, SIDE), 0.0, 1.0)
