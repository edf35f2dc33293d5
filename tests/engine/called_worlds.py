"""Worlds whose studio calls back."""

from __future__ import annotations

from pathlib import Path

from studio import Studio
from telephone import Telephone
from worlds import World


def called(folder: Path, ids: list[str], studio: Studio, **options: object) -> World:
    """Return a world whose studio calls back; `options` may be a telephone of one's own."""
    if "telephone" not in options:
        options["telephone"] = Telephone.of(studio)
    return World(folder=folder, ids=ids, studio=studio, **options)  # type: ignore[arg-type]  # fields of World


def lives(folder: Path, studio: Studio, **options: object) -> World:
    """Return the world of item `a` after one run."""
    folder.mkdir()
    world = World(folder=folder, ids=["a"], studio=studio, **options)  # type: ignore[arg-type]  # fields of World
    world.run()
    return world


def calling(world: World) -> Telephone:
    assert world.telephone is not None
    return world.telephone
