"""The same file under two items, which no run could see: their videos came home in two folders that were merged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ...core.life.state import SHELVED, State
from ...edge.journal.journal import Journal
from ...report.text import counted, some_of

_SHOWN: Final = 5


def duplicates_told(book: Journal) -> str | None:
    """Return in words which videos are those of other items, byte for byte, and no check says so; None without any."""
    pairs = [*_pairs(book)]
    if not pairs:
        return None
    named = some_of([f"{later} is that of {first}" for first, later in pairs[:_SHOWN]], len(pairs))
    are = "is the file" if len(pairs) == 1 else "are files"
    return (
        f"{counted(len(pairs), 'video')} {are} of another item, byte for byte: {named}; "
        "look at both, for one of two is not what was asked for: s2v review --reject ID takes it back"
    )


def _pairs(book: Journal) -> Iterator[tuple[str, str]]:
    """Give the label of the item whose file came home first, and that of each later one."""
    firsts = dict[str, str]()
    for key in book.sharing_files():
        state = book.state(key)
        if state is None or not _counts_unseen(state):
            continue
        digest = state.sha256 or ""
        if (first := firsts.setdefault(digest, state.label)) != state.label:
            yield first, state.label


def _counts_unseen(state: State) -> bool:
    return state.phase in SHELVED and not (state.judgement and state.judgement.is_duplicate)
