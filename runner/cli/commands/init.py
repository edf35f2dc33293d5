"""`s2v init`: write a small, commented manifest to start from."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from glob import escape
from pathlib import Path
from typing import Final

from ...edge.disk.files import write_whole
from ...edge.disk.regular import RENAMED, is_file, is_folder, is_spelled, is_there, say
from ...errors import Exit, UsageError
from ...manifest.template import starter
from ...report.text import counted
from ..args import Args
from ..naming import pasted
from ..screen import Screen

_FILE: Final = "s2v.yaml"
_PICTURES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_MOST: Final = 20  # portraits that are listed one by one; of more a matrix is made


def init(args: Args, screen: Screen) -> int:
    """Write a manifest for the portraits beside it, in `portraits/` or where it is said; never over another file."""
    try:
        path = _free(args.target, may_replace=args.force)
    except OSError as error:
        raise UsageError(f"{args.target} {say(error)}; name another file") from error
    portraits = _portraits(path.parent) if args.portraits is None else _portraits_in(args.portraits)
    _require_spelled(portraits)
    is_matrix = len(portraits) > _MOST
    refs = [_seen_from(path.parent, each) for each in portraits]
    write_whole(path, [starter(_name(path), _patterns(refs) if is_matrix else refs, is_matrix=is_matrix)])
    screen.say(f"wrote {path} with {counted(len(portraits), 'portrait')}{' in a matrix' if is_matrix else ''}")
    if not portraits:
        screen.say("  put a portrait into portraits/ and name it in the manifest, or say --portraits FOLDER")
    screen.say(f"next: s2v check {pasted(path)}")
    return Exit.OK


def _free(target: Path, *, may_replace: bool) -> Path:
    """Return the file to write; raise UsageError where it may not be, and OSError where nobody can tell."""
    path = target / _FILE if is_folder(target) else target
    if is_there(path):
        if not is_file(path):
            raise UsageError(f"{path} is no regular file, which nothing here replaces; name another one")
        if not may_replace:
            raise UsageError(f"{path} exists already; name another file, or add --force to write over it")
    if not is_folder(path.parent):
        raise UsageError(f"the folder {path.parent} does not exist; make it first")
    return path


def _portraits(folder: Path) -> list[Path]:
    places = (folder / "portraits", folder)
    found = ([path for path in sorted(place.glob("*")) if _is_picture(path)] for place in places)
    return next((pictures for pictures in found if pictures), [])


def _portraits_in(folder: Path) -> list[Path]:
    """Return the portraits of a folder that was named; raise UsageError where there is none."""
    try:
        portraits = [path for path in sorted(folder.iterdir()) if _is_picture(path)]
    except OSError as error:
        raise UsageError(f"{folder} {say(error)}; name the folder in which the portraits lie") from error
    if not portraits:
        raise UsageError(f"no portrait in {folder}, expected files that end with {', '.join(sorted(_PICTURES))}")
    return portraits


def _require_spelled(portraits: Sequence[Path]) -> None:
    """Raise UsageError for a path that no manifest can hold."""
    for path in portraits:
        if not is_spelled(path):
            raise UsageError(f"the path of {path} is no UTF-8, so that no manifest can tell of it; {RENAMED}")


def _seen_from(folder: Path, portrait: Path) -> str:
    """Return the path of a portrait as a manifest in `folder` names it; what is above a linked folder is elsewhere."""
    path = os.path.relpath(portrait, folder)
    if not path.startswith(os.pardir):
        return path
    return os.path.relpath(portrait.parent.resolve() / portrait.name, folder.resolve())


def _patterns(refs: Sequence[str]) -> list[str]:
    """Return the patterns that match all these files, which lie in one folder."""
    ends = sorted({Path(ref).suffix for ref in refs})
    return [str(Path(escape(str(Path(refs[0]).parent))) / f"*{end}") for end in ends]


def _is_picture(path: Path) -> bool:
    """Return whether a name is that of a picture; systems leave files with a dot first behind (`._anna.jpg`)."""
    return path.suffix.lower() in _PICTURES and not path.name.startswith(".")


def _name(path: Path) -> str:
    stem = path.stem if path.name != _FILE else path.absolute().parent.name
    return re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-_") or "videos"
