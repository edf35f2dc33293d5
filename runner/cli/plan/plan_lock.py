"""The plan's lock in a run folder, `plan.lock.json`: written with a plan, and what `--frozen` holds a plan against."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from ...core.plan.lock import drift, lock_text
from ...core.plan.plan import Plan
from ...edge.disk.digest import digest_of
from ...edge.disk.files import Files
from ...errors import DriftError, FolderError

LOCK: Final = "plan.lock.json"
_SHOWN: Final = 5  # differences named in a message


def require_lock(folder: Path, plan: Plan) -> None:
    """Raise DriftError unless the plan is the very one that was locked in the folder."""
    if _lock_digest(folder) == _text_digest(lock_text(plan)):
        return
    locked = _read_lock(folder / LOCK)
    if locked is None:
        raise DriftError(
            f"--frozen needs {folder / LOCK}, which is not there; run once without --frozen to make it, "
            "or put that of the run there which is to be repeated"
        )
    if found := drift(plan, locked):
        shown = "; ".join(found[:_SHOWN]) + (f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else "")
        raise DriftError(f"the plan is not that of {folder / LOCK}: {shown}; run without --frozen to accept it")


def write_lock(folder: Path, plan: Plan, files: Files) -> str:
    """Write the plan's lock, if it says anything new; return the SHA-256 (hex) of the file."""
    if not (folder / LOCK).exists():  # then the text is made once
        files.write_whole(folder / LOCK, lock_text(plan))
        return _lock_digest(folder)
    digest = _text_digest(lock_text(plan))
    if _lock_digest(folder) != digest:
        if not _is_lock(folder / LOCK):
            _read_lock(folder / LOCK)
        files.write_whole(folder / LOCK, lock_text(plan))
    return digest


def _lock_digest(folder: Path) -> str:
    """Return the SHA-256 (hex) of the lock, empty when there is none."""
    return digest_of(folder / LOCK) if (folder / LOCK).is_file() else ""


def _text_digest(chunks: Iterable[str]) -> str:
    sha = hashlib.sha256()
    for chunk in chunks:
        sha.update(chunk.encode())
    return sha.hexdigest()


def _is_lock(path: Path) -> bool:
    """Return whether a file begins and ends as a lock does; a large one is not read for being replaced."""
    head, *_, tail = (part.encode() for part in lock_text(Plan(items=(), digest="")))
    try:
        with path.open("rb") as file:
            begin = file.read(len(head))
            file.seek(-len(tail), os.SEEK_END)
            return begin == head and file.read() == tail
    except OSError:
        return False


def _read_lock(path: Path) -> dict[str, Any] | None:
    try:
        locked = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise FolderError(
            f"{path} cannot be read: {error}; restore it, or delete it and run without --frozen"
        ) from error
    if not isinstance(locked, dict) or not isinstance(locked.get("items"), dict):
        raise FolderError(f"{path} is no plan lock; restore it, or delete it and run without --frozen")
    return locked
