"""What a run folder lost of what it had: a video that was whole, and left its place."""

from __future__ import annotations

from collections.abc import Sequence

from ...events import Intended, Purged, Reviewed, Spoiled, Stamped
from .lifecycle import apply, fold
from .state import Phase, State


def before_loss(history: Sequence[Stamped]) -> State | None:
    """Return the state in which a whole video was lost from its folder, None without one, or after a new purchase."""
    state, found = fold(history[:1]), None
    for stamped in history[1:]:
        match stamped.event:
            case Spoiled() if state.phase is Phase.DONE:
                found = state
            case Intended() | Reviewed() | Purged():
                found = None
            case _:
                pass
        state = apply(state, stamped)
    return found
