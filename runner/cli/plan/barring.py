"""Who was purged from a run folder, as its journal's header tells: read by everything that might buy them again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...core.plan.preflight import Complaint
from ...edge.journal.header import PURGED, PURGING
from ...edge.journal.journal import Journal
from ...edge.journal.state_file import is_run_folder
from ...errors import FolderError
from ...report.text import iso
from ..naming import pasted


def barred(header: Mapping[str, Any]) -> dict[str, float]:
    """Return the portraits that were purged from a folder, by digest, and when."""
    return dict(json.loads(header.get(PURGED) or "{}"))


def barred_text(portraits: Mapping[str, float]) -> str:
    """Return what the header says of portraits that were purged."""
    return json.dumps(portraits, sort_keys=True)


def barred_from(folder: Path, *, is_still: bool) -> dict[str, Complaint]:
    """Return what is said against each portrait that was purged from a run folder, if there is one yet.

    `is_still` is for `Journal.read`.
    """
    if not is_run_folder(folder):
        return {}
    try:
        with Journal.read(folder, is_still=is_still) as book:
            purged = barred(book.header)
    except FolderError:
        return {}  # who opens it to go on is told
    return {
        portrait: Complaint(
            message=f"this person was purged from {folder} on {iso(at)}, and is not bought again",
            hint=f"take the portrait out, or allow it: s2v purge {pasted(folder)} --portrait {portrait} --lift",
        )
        for portrait, at in purged.items()
    }


def is_pending(header: Mapping[str, Any]) -> bool:
    """Return whether a purge was cut off and is still to be finished."""
    return bool(header.get(PURGING))


def is_half_purged(header: Mapping[str, Any]) -> bool:
    """Return whether the folder itself still has something of who was purged; an export elsewhere may, at any rate."""
    return bool(pending(header)[0])


def pending(header: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return the portraits and the exports with which a purge has not come to its end."""
    found = json.loads(header.get(PURGING) or '{"portraits": [], "exports": []}')
    return found["portraits"], found["exports"]


def pending_endings(header: Mapping[str, Any]) -> list[str]:
    """Return the endings of ids that such a purge has to take away, as far as no key of the folder tells them."""
    return list(json.loads(header.get(PURGING) or "{}").get("endings", ()))
