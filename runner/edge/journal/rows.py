"""Facts and index entries as rows of the journal, and how they come back; a row that says nothing is damage."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from ...core.life.identity import label
from ...core.life.lifecycle import fold
from ...core.life.state import Entry, Index, Phase, State
from ...core.sums.sums import Pile, Trouble
from ...events import Stamped
from ...model import Money
from ...values import quoted
from .codec import EVENT_TYPES, from_json, to_json
from .state_file import damaged

_COMPACT: Final = json.JSONEncoder(separators=(",", ":")).encode

ADD_FACT: Final = "INSERT INTO event (at, item, kind, body) VALUES (?, ?, ?, ?)"
ENTRY: Final = (
    "id, name, wanted, phase, provider, job, bought, unpriced, spent, reserved, bytes, millis, flagged, first_at, "
    "last_at, code, reason"
)
"""The columns that `index_row` fills, behind key and position, and `index_of_row` reads."""
_COLUMNS: Final = ENTRY.split(", ")
KEEP_ENTRY: Final = (
    f"INSERT INTO item (key, position, {ENTRY}) VALUES (?, ?, {', '.join('?' for _ in _COLUMNS)}) "  # noqa: S608 - ours
    "ON CONFLICT (key) DO UPDATE SET position = coalesce(excluded.position, position), "
    f"{', '.join(f'{column} = excluded.{column}' for column in _COLUMNS)}"
)
"""An entry without a position keeps the one that it has."""
PILE: Final = "phase, wanted, provider, bought, unpriced, spent, reserved, items, bytes, millis, flagged"
"""The columns that `pile_of_row` reads."""


def fact_row(key: str, stamped: Stamped) -> tuple[float, str, str, str]:
    """Return the values of `ADD_FACT`."""
    # Escaped, because a file name or a provider's words may hold a lone surrogate, which is no UTF-8.
    return stamped.at, key, type(stamped.event).__name__, _COMPACT(to_json(stamped.event))


def fact_of(path: Path, at: float, kind: str, body: str) -> Stamped:
    """Return the fact of a row of the journal at `path`; raise FolderError when it cannot be read."""
    try:
        return Stamped(at=float(at), event=from_json(EVENT_TYPES[kind], json.loads(body)))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise damaged(path, f"an unreadable {kind} event: {error}; if a newer s2v wrote it, use that") from error


def state_of(path: Path, key: str, history: Sequence[Stamped]) -> State:
    """Return the state that a history leaves behind; raise FolderError when it does not begin as all do."""
    try:
        return fold(history)
    except (IndexError, TypeError) as error:
        raise damaged(path, f"the history of item {key} has no beginning") from error


def index_row(entry: Entry) -> tuple[Any, ...]:
    """Return the values of `KEEP_ENTRY`."""
    index = entry.index
    return (
        entry.key, entry.position, index.id, index.name, int(index.wanted), index.phase, index.provider, index.job_id,
        index.bought, index.unpriced, _purse_text(index.spent), _purse_text(index.reserved), index.bytes_, index.millis,
        int(index.flagged), index.first_at, index.last_at, _words_text(index.code), _words_text(index.reason),
    )  # fmt: skip


def _purse_text(purse: tuple[Money, ...]) -> str:
    return f"{{{', '.join(f'{quoted(money.currency)}: {money.micros}' for money in purse)}}}"


def _purse(path: Path, text: str) -> tuple[Money, ...]:
    """Return the money of a cell; raise FolderError for what is none."""
    try:
        return tuple(Money(micros=int(micros), currency=each) for each, micros in json.loads(text).items())
    except (AttributeError, TypeError, ValueError, RecursionError) as error:
        raise damaged(path, f"unreadable money in the index: {error}") from error


def _words_text(words: str | None) -> str | None:
    return None if words is None else _COMPACT(words)  # in ASCII, as the facts are, and for the same reason


def _words(path: Path, text: str | None) -> str | None:
    """Return the words of a cell; raise FolderError for what is none."""
    try:
        return None if text is None else str(json.loads(text))
    except (TypeError, ValueError, RecursionError) as error:
        raise damaged(path, f"unreadable words in the index: {error}") from error


def index_of_row(path: Path, row: Sequence[Any]) -> Index:
    """Return the entry of a row of `ENTRY`; raise FolderError for none."""
    id_, name, wanted, phase, provider, job, bought, unpriced, spent, reserved, bytes_, millis, *rest = row
    flagged, first, last, code, reason = rest
    return Index(
        id=id_, name=name, wanted=bool(wanted), phase=phase, provider=provider, job_id=job,
        bought=bought, unpriced=unpriced, spent=_purse(path, spent), reserved=_purse(path, reserved),
        bytes_=bytes_, millis=millis, flagged=bool(flagged), first_at=first, last_at=last,
        code=_words(path, code), reason=_words(path, reason),
    )  # fmt: skip


def pile_of_row(path: Path, row: Sequence[Any]) -> Pile:
    """Return what a row of `PILE` counts; raise FolderError where it says nothing."""
    phase, wanted, provider, bought, unpriced, spent, reserved, items, bytes_, millis, flagged = row
    try:
        return Pile(
            phase=Phase(phase), wanted=bool(wanted), provider=provider or None,
            bought=int(bought), unpriced=int(unpriced), spent=_purse(path, spent), reserved=_purse(path, reserved),
            items=int(items), bytes_=int(bytes_), millis=int(millis), flagged=int(flagged),
        )  # fmt: skip
    except (TypeError, ValueError) as error:
        raise damaged(path, f"an unreadable count of items: {error}") from error


def trouble_of_row(path: Path, row: Sequence[Any]) -> Trouble:
    """Return what a row (id, key, wanted, phase, code, reason) says; raise FolderError where it says nothing."""
    id_, key, wanted, phase, code, reason = row
    return Trouble(
        label=label(id_, key, wanted=bool(wanted)), phase=Phase(phase), code=_words(path, code),
        reason=_words(path, reason) or "",
    )  # fmt: skip
