"""How what `s2v doctor` says is read, and how a folder is known to be as it was."""

from __future__ import annotations

import re
from pathlib import Path

from desk import Done


def grades(done: Done) -> dict[str, str]:
    """Return how each check came out, by its name."""
    found = re.findall(r"^(\w+) +([\w ]+): ", done.out, re.MULTILINE)
    return {check: grade for grade, check in found}


def line(done: Done, check: str) -> str:
    (found,) = re.findall(rf"^\w+ +{check}: .*$", done.out, re.MULTILINE)
    return str(found)


def everything(folder: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """Return every name below a folder with all that writing would change."""
    found = sorted(folder.rglob("*"))
    return {
        str(path): (path.lstat().st_mode, path.lstat().st_ino, path.lstat().st_mtime_ns, path.read_bytes())
        if path.is_file()
        else (path.lstat().st_mode, path.lstat().st_ino, 0, b"")
        for path in found
    }
