"""Where a file lies that may be at several places, because a crash came between a move and the fact that tells it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...engine.ports import Spoilt
from ..disk.digest import digest_of
from ..disk.files import halting


def the_one(places: Iterable[Path], sha256: str | None) -> Path | Spoilt:
    """Return the first of the places where the file with this digest lies, or why there is none; may raise Halt."""
    is_there = False
    for path in places:
        with halting(path, "read"):
            if path.is_file():
                is_there = True
                if digest_of(path) == sha256:
                    return path
    return Spoilt(reason="the file on disk is not the one that was saved" if is_there else "the saved file is gone")
