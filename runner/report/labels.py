"""What a video says of how it was made: by a generative model, or by code that moved one photo.

The terms are of the IPTC vocabulary *Digital Source Type*, which C2PA and the law's codes of practice point to. An
animatic cuts one real photo out and sets it before a drawn background: a composite with synthetic elements, in which
no trained model made a pixel.
"""

from __future__ import annotations

from typing import Final

from ..model import Clip
from ..values import dataclass

_IPTC: Final = "http://cv.iptc.org/newscodes/digitalsourcetype"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """How a video was made: in our word, as a yes or no, and as an IPTC term."""

    kind: str
    ai_generated: bool
    digital_source_type: str
    words: str


GENERATED: Final = Label(
    kind="generated",
    ai_generated=True,
    digital_source_type=f"{_IPTC}/trainedAlgorithmicMedia",
    words="made by a model",
)
ANIMATIC: Final = Label(
    kind="animatic", ai_generated=False, digital_source_type=f"{_IPTC}/compositeSynthetic", words="animatic, no model"
)

_MADE: Final = {"animatic": ANIMATIC, "wan-vace": GENERATED}


def label_of(provider: str | None, clip: Clip | None) -> Label:
    """Return the label of a video: what the file itself says of its maker, whoever sold it.

    Where it says nothing, only the embedded service makes animatics, and all else is a model's.
    """
    if clip is not None and clip.maker is not None:
        return _MADE[clip.maker]
    return ANIMATIC if provider == "local" else GENERATED


def label_called(digital_source_type: str) -> Label | None:
    """Return the label with an IPTC term, None for one that is not ours."""
    return next((each for each in (GENERATED, ANIMATIC) if each.digital_source_type == digital_source_type), None)
