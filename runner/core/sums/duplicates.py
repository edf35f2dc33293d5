"""Two jobs that brought one file: nobody makes the same bytes twice, so one of them got what is not its own."""

from __future__ import annotations

from collections.abc import Sequence

from ...events import Purged, Saved, Spoiled, Stamped
from ...judgement import Finding
from ..life.lifecycle import apply, fold
from ..life.state import State


def brought_first(history: Sequence[Stamped], sha256: str, *, since_lost: bool) -> State | None:
    """Return an item as it was when a file of this digest came home for it for the first time, None if none did.

    With `since_lost`, since it was lost or purged last: whoever buys that anew wants no other one.
    """
    state, found = fold(history[:1]), None
    for stamped in history[1:]:
        before, state = state, apply(state, stamped)
        if found is None and _is_of(state, sha256) and isinstance(stamped.event, Saved):
            found = state
        elif since_lost and _is_of(before, sha256) and isinstance(stamped.event, Spoiled | Purged):
            found = None
    return found


def _is_of(state: State, sha256: str) -> bool:
    return state.artifact is not None and state.artifact.sha256 == sha256


def duplicate_of(state: State, first: State) -> Finding | None:
    """Return what is wrong with the file of an item that came home `first` for another job; None if it was this one."""
    if (first.provider, first.job_id) == (state.provider, state.job_id):
        return None
    words = f"its file is, byte for byte, that of job {first.job_id} at {first.provider}"
    return Finding(check="duplicate", grade="fail", words=words)
