"""The trained networks as package data: read once per process, checked against their digests, run by OpenCV.

A network keeps buffers between calls, so it must not be used by two threads at a time: each thread has its own.
"""

from __future__ import annotations

import hashlib
import threading
from importlib.resources import files
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import S2VError

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

DIGESTS: Final = {
    "face_detection_short_range.tflite": "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    "face_embed_f16.onnx": "616ef2c236c4c93b68d5cb85f6622f66945dafaefb39b62cb82ddc4ef84ab99c",
    "face_landmark.tflite": "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    "iris_landmark.tflite": "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
    "selfie_segmentation.tflite": "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
}
"""Each file's SHA-256, as in `models/NOTICE.md`."""

_OWN = threading.local()


class ModelFileError(S2VError):
    """A network file of this package is not the one that was published."""


def model_bytes(name: str) -> bytes:
    """Return a network file's bytes; raises `ModelFileError` when it is not the file that was published."""
    content = (files("runner.faces") / "models" / name).read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != DIGESTS[name]:
        raise ModelFileError(
            f"runner/faces/models/{name} is damaged: sha256 {found[:12]}..., expected {DIGESTS[name][:12]}...; "
            "install s2v-runner again"
        )
    return content


def run(name: str, batch: Floats, outputs: tuple[str, ...]) -> tuple[Floats, ...]:
    """Return the named outputs of a network for a batch (count, channels, rows, columns), each without axes of 1."""
    net = _network(name)
    net.setInput(batch)
    return tuple(np.asarray(out, np.float32).squeeze().copy() for out in net.forward(list(outputs)))


def batch_of(pixels: Pixels, side: int, *, scale: float, shift: float = 0.0) -> Floats:
    """Return a square of pixels as a network takes it: red, green, blue; `value * scale + shift`; channels first."""
    rgb = cv2.cvtColor(cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
    batch = rgb.astype(np.float32) * np.float32(scale) + np.float32(shift)
    return np.ascontiguousarray(batch.transpose(2, 0, 1)[None])


def not_much_larger(pixels: Pixels, ratio: float) -> tuple[Pixels, float]:
    """Return a picture that a network sees `ratio` times reduced, and by how much it is reduced already.

    What is much larger is reduced by area: sampling it would leave pixels out.
    """
    factor = int(ratio)
    if factor < 2:  # noqa: PLR2004 - up to two, linear sampling sees every pixel
        return pixels, 1.0
    size = (max(1, pixels.shape[1] // factor), max(1, pixels.shape[0] // factor))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8), float(factor)


def _network(name: str) -> Any:  # noqa: ANN401 - cv2.dnn.Net has no types
    nets: dict[str, Any] = _OWN.__dict__.setdefault("nets", {})
    if name not in nets:
        read = cv2.dnn.readNetFromONNX if name.endswith(".onnx") else cv2.dnn.readNetFromTFLite
        nets[name] = read(np.frombuffer(model_bytes(name), np.uint8))
    return nets[name]
