"""Whose a job is: taken by its receipt, named by a person or a call, not there after all, or given up; and its price.

Part of `lifecycle`, whose `apply` calls it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, assert_never

from ...events import Accepted, Doubted, Intended, Settled, Stamped
from ...values import replace
from .money import less, totals
from .state import Phase, State

GIVEN_UP: Final = "in doubt, then given up"
"""Why an item failed whose doubt a person abandoned."""
NOT_KNOWN: Final = "the provider knows no such job or file"
"""How the reason begins why an item failed whose job may turn up yet: asking after it again is free."""
ANOTHERS: Final = "already; one job makes one video"
"""How the reason of a doubt ends where the answer named a job of another item, whose id comes before."""


def accepted(state: State, job_id: str, at: float) -> State:
    """Return the state of an item whose job was taken, and so is paid for."""
    return replace(
        state, phase=Phase.RUNNING, job_id=job_id, accepted_at=at, pending_at=None, answered_at=at, due=at,
        stalls=0, bought=state.bought + 1, spent=totals(*state.spent, state.price), note=None,
        unpriced=state.unpriced + (state.price is None), refused_forms=(),
    )  # fmt: skip


def disowned(state: State, reason: str) -> State:
    """Go back into the doubt: the job that was adopted is not there, so what it cost is held back again, not spent."""
    return replace(
        state, phase=Phase.IN_DOUBT, job_id=None, is_adopted=False, accepted_at=None, stalls=0, note=reason,
        bought=state.bought - 1, spent=less(state.spent, state.price),
        unpriced=state.unpriced - (state.price is None),
    )  # fmt: skip


def let_go(state: State) -> State:
    """Return the state of an item whose request had no answer and is not waited for: its job may turn up yet."""
    return replace(state, is_let_go=True, unpriced=state.unpriced + (state.price is None))


def settled_by(state: State, settled: Settled, at: float) -> State:
    """Return the state after a doubt was settled: its job found or named anew, to be bought, or given up."""
    match settled.decision:
        case "adopt" if state.is_given_up or state.is_let_go:  # it has turned up: spent, and no longer held back
            found = replace(
                state, given_up=less(state.given_up, state.price), ended_at=None, is_let_go=False,
                unpriced=state.unpriced - (state.is_let_go and state.price is None),
            )  # fmt: skip
            return replace(accepted(found, settled.job_id or "", at), is_adopted=True)
        case "adopt" if state.phase in {Phase.RUNNING, Phase.FAILED}:  # another name for what is paid for already
            return replace(
                state, phase=Phase.RUNNING, job_id=settled.job_id, is_adopted=True, is_gone=False, approved=False,
                output=None, verdict=None, note=None, ended_at=None, stalls=0, due=at,
            )  # fmt: skip
        case "adopt":
            return replace(accepted(state, settled.job_id or "", at), is_adopted=settled.by is None)
        case "resubmit" if settled.by == "policy":  # nobody looked: it may have been bought, and be made
            given_up = totals(*state.given_up, state.price)
            resubmits = state.resubmits + 1
            return replace(let_go(state), phase=Phase.PLANNED, due=at, resubmits=resubmits, given_up=given_up)
        case "resubmit":
            return replace(state, phase=Phase.PLANNED, due=at, note=None)
        case "abandon":
            given_up = totals(*state.given_up, state.price)
            return replace(state, phase=Phase.FAILED, given_up=given_up, note=GIVEN_UP, ended_at=at)
        case _ as never:
            assert_never(never)


def was_had_before(history: Sequence[Stamped], provider: str, job_id: str) -> bool:
    """Return whether a job was that of a request before the newest one, by its receipt or adopted.

    It makes no second video. One that was not there, or that was named by mistake, was none.
    """
    asked, had = "", None
    for stamped in history:
        match stamped.event:
            case Intended(provider=name):
                if (asked, had) == (provider, job_id):
                    return True
                asked, had = name, None
            case Accepted(job_id=taken) | Settled(decision="adopt", job_id=taken):
                had = taken
            case Doubted():
                had = None
            case _:
                pass
    return False
