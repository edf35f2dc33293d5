"""From flaws, which know their place as a path, to problems, which know it as a line and a column."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..errors import Origin, Problems
from .flaws import Flaw, Spot
from .positions import Place, locate
from .words import Path as Steps
from .words import dotted


def report(
    path: Path, text: str, flaws: list[Flaw], problems: Problems, *, also: Iterable[Steps] = ()
) -> dict[Steps, Place]:
    """Add the flaws to `problems`, each with its place; return the places of `also`, too."""
    wanted: set[Steps] = set(also)
    for flaw in flaws:
        wanted.update(flaw.path[:cut] for cut in range(len(flaw.path) + 1) if flaw.spot is None)
        wanted.update([flaw.also] if flaw.also else [])
    places = locate(text, wanted)
    for flaw in flaws:
        spot = flaw.spot or _spot(flaw, places)
        message = flaw.message
        if flaw.also in places:
            first = places[flaw.also].key
            message += f", first at {Origin(file=str(path), line=first.line, col=first.col)}"
        problems.add(Origin(file=str(path), line=spot.line, col=spot.col), dotted(flaw.path), message, flaw.hint)
    return places


def warn(path: Path, flaws: Iterable[Flaw], problems: Problems) -> None:
    """Add flaws that hinder nothing, and know their place, to the warnings."""
    for flaw in flaws:
        assert flaw.spot is not None
        origin = Origin(file=str(path), line=flaw.spot.line, col=flaw.spot.col)
        problems.warn(origin, dotted(flaw.path), flaw.message, flaw.hint)


def _spot(flaw: Flaw, places: dict[Steps, Place]) -> Spot:
    for cut in range(len(flaw.path), -1, -1):
        place = places.get(flaw.path[:cut])
        if place:
            return place.key if flaw.on_key else place.value
    return Spot(line=1, col=1)
