"""What a prompt says to the camera: a table of phrases, and the reading of a prompt by it.

The longest phrase at a place wins, so `walks toward the camera` is one push-in, and `no camera movement` a still and
not a negated movement. A phrase under a negation (`don't zoom in`) is not obeyed and is listed as ignored. Phrases
inside one pair of brackets (`[Pan left, Push in]`), or joined by *while*, move the camera together; others one after
the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from .words import CONNECTIVE, FILLERS, NEGATION, PHRASES, TOGETHER


class Move(StrEnum):
    """One movement of the camera; left, right, up and down are where the camera turns, not where the picture goes."""

    PUSH_IN = "push_in"
    PULL_BACK = "pull_back"
    PAN_LEFT = "pan_left"
    PAN_RIGHT = "pan_right"
    TILT_UP = "tilt_up"
    TILT_DOWN = "tilt_down"
    ZOOM_IN = "zoom_in"
    ZOOM_OUT = "zoom_out"
    SHAKE = "shake"
    STILL = "still"
    DRIFT = "drift"  # nothing was asked for: a slow push-in


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A prompt, understood: `beats` in order, each of moves that run together; what was obeyed, and what was not."""

    beats: tuple[tuple[Move, ...], ...]
    honoured: tuple[str, ...]
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit:
    start: int
    end: int
    move: Move


_TABLE: Final = tuple((Move(name), re.compile(pattern, re.IGNORECASE)) for name, pattern in PHRASES)
_NEGATED: Final = re.compile(NEGATION, re.IGNORECASE)
_TOGETHER: Final = re.compile(TOGETHER, re.IGNORECASE)
_CONNECTIVE: Final = re.compile(CONNECTIVE, re.IGNORECASE)


def understand(prompt: str | None) -> Reading:
    """Return what the prompt says to the camera; without a word for it, the camera drifts in slowly."""
    text = prompt or ""
    hits = _longest_hits(text)
    obeyed = [hit for hit in hits if not _is_negated(text, hit)]
    beats = _beats(text, obeyed) or ((Move.DRIFT,),)
    honoured = tuple(text[hit.start : hit.end] for hit in obeyed)
    return Reading(beats=beats, honoured=honoured, ignored=_leftovers(text, obeyed))


def _longest_hits(text: str) -> list[_Hit]:
    found = [_Hit(start=m.start(), end=m.end(), move=move) for move, p in _TABLE for m in p.finditer(text)]
    kept: list[_Hit] = []
    for hit in sorted(found, key=lambda h: (h.start - h.end, h.start)):
        if all(hit.end <= other.start or hit.start >= other.end for other in kept):
            kept.append(hit)
    return sorted(kept, key=lambda h: h.start)


def _is_negated(text: str, hit: _Hit) -> bool:
    return _NEGATED.search(text[: hit.start]) is not None


def _beats(text: str, hits: list[_Hit]) -> tuple[tuple[Move, ...], ...]:
    if not hits:
        return ()
    beats = [[hits[0].move]]
    for before, hit in pairwise(hits):
        if not _are_together(text[before.end : hit.start], text[: hit.start]):
            beats.append([])
        if hit.move not in beats[-1]:
            beats[-1].append(hit.move)
    return tuple(tuple(beat) for beat in beats if beat)


def _are_together(between: str, before: str) -> bool:
    in_one_bracket = before.rfind("[") > before.rfind("]") and "[" not in between
    return in_one_bracket or _TOGETHER.search(between) is not None


def _leftovers(text: str, obeyed: list[_Hit]) -> tuple[str, ...]:
    edges = [0, *(edge for hit in obeyed for edge in (hit.start, hit.end)), len(text)]
    rest = (text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True))
    phrases = (_trimmed(part) for piece in rest for part in _CONNECTIVE.split(piece))
    return tuple(phrase for phrase in phrases if phrase)


def _trimmed(phrase: str) -> str:
    words = phrase.split()
    while words and words[0].lower() in FILLERS:
        words = words[1:]
    while words and words[-1].lower() in FILLERS:
        words = words[:-1]
    return " ".join(words)
