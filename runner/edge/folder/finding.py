"""Where a file lies that may be at several places, because a crash came between a move and the fact that tells it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...inspection import Spoilt
from ..disk.digest import digest_of
from ..disk.files import halting


def lying_at(places: Iterable[Path], sha256: str | None) -> Path | None:
    """Return the first of the places where the file with this digest lies, None where it is at none; may raise Halt."""
    for path in places:
        with halting(path, "read"):
            if path.is_file() and digest_of(path) == sha256:
                return path
    return None


def the_one(places: Iterable[Path], sha256: str | None) -> Path | Spoilt:
    """Return where the file with this digest lies, or why it is at none of the places; may raise Halt."""
    places = tuple(places)
    if (found := lying_at(places, sha256)) is not None:
        return found
    is_there = any(path.is_file() for path in places)
    return Spoilt(reason="the file on disk is not the one that was saved" if is_there else "the saved file is gone")
