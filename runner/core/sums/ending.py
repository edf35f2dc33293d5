"""How a run ends, and what the process then tells its caller."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from ...errors import Exit
from ...values import dataclass
from ..life.lifecycle import Outcome


class Ending(StrEnum):
    """How a run came to its end; a run that did all it could says `FINISHED`, whatever became of its items."""

    FINISHED = "finished"  # nothing was left to do, or nothing that this run could do
    INTERRUPTED_INT = "interrupted_int"  # Ctrl-C, drained cleanly
    INTERRUPTED_TERM = "interrupted_term"  # asked to end by the system, drained cleanly
    INTERRUPTED_HUP = "interrupted_hup"  # the terminal or the connection to it was closed, drained cleanly
    AUTH_CLOSED = "auth_closed"  # the key or the account was refused
    QUOTA_CLOSED = "quota_closed"  # no balance at the provider
    BUDGET = "budget"  # the next purchase would exceed the user's own cap
    UNREACHABLE = "unreachable"  # the provider cannot be reached, or gives no usable answer
    DRIFTED = "drifted"  # a portrait is no longer what was planned
    DEADLINE = "deadline"  # stop-loss, or the time that the run was given
    HALTED = "halted"  # the machine cannot keep its promise: disk full, folder read-only


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """How the run ended and, when something stopped it, why in words."""

    ending: Ending
    why: str = ""


CUT_SHORT: Final = frozenset({Ending.INTERRUPTED_INT, Ending.INTERRUPTED_TERM, Ending.INTERRUPTED_HUP, Ending.HALTED})
"""After these nothing more is begun, not even a look at what is there."""

_ENDINGS: Final[Mapping[Ending, Exit]] = {
    Ending.INTERRUPTED_INT: Exit.SIGINT,
    Ending.INTERRUPTED_TERM: Exit.SIGTERM,
    Ending.INTERRUPTED_HUP: Exit.SIGHUP,
    Ending.HALTED: Exit.FOLDER,
    Ending.AUTH_CLOSED: Exit.PROVIDER,
    Ending.QUOTA_CLOSED: Exit.BUDGET,
    Ending.BUDGET: Exit.BUDGET,
    Ending.UNREACHABLE: Exit.STOPPED,
    Ending.DRIFTED: Exit.DRIFT,
    Ending.DEADLINE: Exit.STOPPED,
}

_LEFTOVERS: Final = (
    (Outcome.IN_DOUBT, Exit.IN_DOUBT),
    (Outcome.REVIEW, Exit.IN_DOUBT),
    (Outcome.FAILED, Exit.FAILED),
    (Outcome.OPEN, Exit.STOPPED),
)


def exit_code(selected: Mapping[Outcome, int], ending: Ending) -> Exit:
    """Return what the process tells its caller: first what stopped the run, then the worst of what is left.

    `selected` counts the items that the run was asked for, by state (`Summary.selected`).
    """
    if ending is not Ending.FINISHED:
        return _ENDINGS[ending]
    return next((code for state, code in _LEFTOVERS if selected.get(state, 0)), Exit.OK)
