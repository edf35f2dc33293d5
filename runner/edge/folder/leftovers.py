"""What lies in a run folder beside the videos: what processes left that died, and sidecars."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

from ..disk.files import halting

_SIDECAR_MOST: Final = 1 << 20  # bytes; one of ours has some thousand


def parts_in(folder: Path, prefix: str) -> list[Path]:
    """Return the files in a folder that were being written when a process died."""
    if not folder.is_dir():
        return []
    with halting(folder, "read"), os.scandir(folder) as entries:  # unlike a pattern, this keeps no list of all names
        return [folder / e.name for e in entries if e.name.endswith(".part") and e.name.startswith(prefix)]


def folders_in(folder: Path) -> list[Path]:
    """Return the folders of steps that a process left behind when it died."""
    with halting(folder, "read"), os.scandir(folder) as entries:
        return [folder / e.name for e in entries if e.is_dir(follow_symlinks=False)]


def sidecar_in(path: Path) -> dict[str, Any]:
    """Return what a sidecar says; empty where none is there, or none that can be read."""
    try:
        document = json.loads(path.read_bytes()[:_SIDECAR_MOST])
    except (ValueError, RecursionError, OSError):
        return {}
    return document if isinstance(document, dict) else {}


def is_sidecar(path: Path) -> bool:
    """Return whether a file is one that `describe` writes; those are made anew at will."""
    return {"key", "video", "runner_version"} <= sidecar_in(path).keys()
