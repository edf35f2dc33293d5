"""Facts and index entries as rows of the journal, and how they come back; a row that says nothing is damage."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from ..core.lifecycle import fold
from ..core.state import Index, State
from ..events import Stamped
from ..model import Money
from .codec import EVENT_TYPES, from_json, to_json
from .state_file import damaged

_COMPACT: Final = json.JSONEncoder(separators=(",", ":")).encode

ADD_FACT: Final = "INSERT INTO event (at, item, kind, body) VALUES (?, ?, ?, ?)"
KEEP_ENTRY: Final = """
INSERT INTO item (key, position, id, name, wanted, phase, provider, job, committed)
VALUES (:key, :position, :id, :name, :wanted, :phase, :provider, :job, :committed)
ON CONFLICT (key) DO UPDATE SET position = coalesce(excluded.position, position), id = excluded.id,
  name = excluded.name, wanted = excluded.wanted, phase = excluded.phase, provider = excluded.provider,
  job = excluded.job, committed = excluded.committed
"""
"""An entry without a position keeps the one that it has."""


def fact_row(key: str, stamped: Stamped) -> tuple[float, str, str, str]:
    """Return the values of `ADD_FACT`."""
    # Escaped, because a file name or a provider's words may hold a lone surrogate, which is no UTF-8.
    return stamped.at, key, type(stamped.event).__name__, _COMPACT(to_json(stamped.event))


def fact_of(path: Path, at: float, kind: str, body: str) -> Stamped:
    """Return the fact of a row of the journal at `path`; raise FolderError when it cannot be read."""
    try:
        return Stamped(at=float(at), event=from_json(EVENT_TYPES[kind], json.loads(body)))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise damaged(path, f"an unreadable {kind} event: {error}") from error


def state_of(path: Path, key: str, history: Sequence[Stamped]) -> State:
    """Return the state that a history leaves behind; raise FolderError when it does not begin as all do."""
    try:
        return fold(history)
    except (IndexError, TypeError) as error:
        raise damaged(path, f"the history of item {key} has no beginning") from error


def index_row(key: str, index: Index, *, position: int | None = None) -> dict[str, Any]:
    """Return the values of `KEEP_ENTRY`."""
    return {
        "key": key,
        "position": position,
        "id": index.id,
        "name": index.name,
        "wanted": int(index.wanted),
        "phase": index.phase,
        "provider": index.provider,
        "job": index.job_id,
        "committed": json.dumps({money.currency: money.micros for money in index.committed})
        if index.committed
        else "{}",
    }


def index_of_row(path: Path, row: Sequence[Any]) -> Index:
    """Return the entry of a row (id, name, wanted, phase, provider, job, committed); raise FolderError for none."""
    id_, name, wanted, phase, provider, job, committed = row
    try:
        purse = tuple(Money(micros=micros, currency=each) for each, micros in json.loads(committed).items())
    except (AttributeError, TypeError, ValueError, RecursionError) as error:
        raise damaged(path, f"an unreadable index of item '{id_}': {error}") from error
    return Index(id=id_, name=name, wanted=bool(wanted), phase=phase, provider=provider, job_id=job, committed=purse)
