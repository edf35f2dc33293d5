"""Two jobs that brought one file: nobody makes the same bytes twice, so one of them got what is not its own."""

from __future__ import annotations

from collections.abc import Sequence

from ..events import Saved, Stamped
from ..judgement import Finding
from .lifecycle import apply, fold
from .state import State


def brought_first(history: Sequence[Stamped], sha256: str) -> State | None:
    """Return an item as it was when a file of this digest came home for it for the first time, None if none did."""
    state = fold(history[:1])
    for stamped in history[1:]:
        state = apply(state, stamped)
        if isinstance(stamped.event, Saved) and stamped.event.artifact.sha256 == sha256:
            return state
    return None


def duplicate_of(state: State, first: State) -> Finding | None:
    """Return what is wrong with the file of an item that came home `first` for another job; None if it was this one."""
    if first.job == state.job:
        return None
    words = f"its file is, byte for byte, that of job {first.job_id} at {first.provider}"
    return Finding(check="duplicate", grade="fail", words=words)
