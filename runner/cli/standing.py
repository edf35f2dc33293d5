"""What a run that is at work says of its own buying, to whoever looks at it: what its journal does not know."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ..core.limits.steering import Answer, Declined, Look, Standing
from ..edge.control.asking import ask
from ..errors import FolderError
from ..report.steered import steered_words

_WITHIN_S: Final = 2.0  # a run answers between two steps; one that is stopped never does, and looking goes on


def told_by_run(folder: Path, run_id: str, environ: Mapping[str, str], *, within_s: float = _WITHIN_S) -> Answer | None:
    """Ask the run that is at work in a folder how buying stands; None when nobody listens there."""
    try:
        return ask(folder, run_id, Look(), environ, within_s=within_s)
    except FolderError as error:
        if isinstance(error.__cause__, TimeoutError):
            return Declined(why=f"not known: the run gave no answer within {within_s:g} s, and may be stopped (Ctrl-Z)")
        return Declined(why=f"not known: no usable answer ({error.__cause__})")


def buying_words(told: Answer, run: str) -> str:
    """Return in words what a run said; `run` is what names it on a command line."""
    is_held = isinstance(told, Standing) and told.is_paused and not told.is_over
    return steered_words(told) + (f"; s2v continue {run} goes on" if is_held else "")
