"""`s2v init`: write a small, commented manifest to start from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from ...edge.files import write_whole
from ...errors import Exit, UsageError
from ...manifest.template import starter
from ...report.text import counted
from ..args import Args
from ..screen import Screen

_FILE: Final = "s2v.yaml"
_PICTURES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_MOST: Final = 20  # portraits taken up; more belong into a matrix or a table


def init(args: Args, screen: Screen) -> int:
    """Write a manifest for the portraits that lie beside it or in `portraits/`; never over another file."""
    path = args.target / _FILE if args.target.is_dir() else args.target
    if path.exists() and not args.force:
        raise UsageError(f"{path} exists already; name another file, or add --force to write over it")
    if not path.parent.is_dir():
        raise UsageError(f"the folder {path.parent} does not exist; make it first")
    portraits = _portraits(path.parent)
    write_whole(path, [starter(_name(path), [str(each.relative_to(path.parent)) for each in portraits[:_MOST]])])
    screen.say(f"wrote {path} with {counted(len(portraits[:_MOST]), 'portrait')}")
    if len(portraits) > _MOST:
        screen.say(f"  {counted(len(portraits) - _MOST, 'portrait')} left out; a matrix takes them all")
    if not portraits:
        screen.say("  put a portrait into portraits/ and name it in the manifest")
    screen.say(f"next: s2v check {path}")
    return Exit.OK


def _portraits(folder: Path) -> list[Path]:
    places = (folder / "portraits", folder)
    found = ([path for path in sorted(place.glob("*")) if path.suffix.lower() in _PICTURES] for place in places)
    return next((pictures for pictures in found if pictures), [])


def _name(path: Path) -> str:
    stem = path.stem if path.name != _FILE else path.absolute().parent.name
    return re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-_") or "videos"
