"""The whole life of an item: `apply` folds facts into a `State`, `next_step` says the one thing to do now.

    PLANNED --Intended--> IN_DOUBT --Accepted--> RUNNING --Finished--> READY --Saved--> SAVED --Checked--> DONE
    IN_DOUBT --Refused--> PLANNED | FAILED      RUNNING --Broke--> FAILED      SAVED --Spoiled--> READY | FAILED
    IN_DOUBT --Settled--> RUNNING | PLANNED | FAILED, the latter two --Settled--> RUNNING, where the job turns up
    RUNNING --Doubted--> IN_DOUBT, where the job that a person or a late call named is not there
    SAVED --Judged--> REVIEW | PLANNED          REVIEW --Reviewed--> DONE | FAILED      DONE --Judged--> REVIEW
    DONE --Spoiled--> READY, where its file is gone     FAILED --Requeued--> PLANNED | RUNNING | READY
    FAILED | PLANNED --Saved--> SAVED, where a file that was lost, or rejected, and is there to the byte, counts again
    any --Purged--> PURGED --Requeued--> PLANNED

An intent without an answer *is* the doubt: a crash between the two needs no code of its own. Paid, made, fetched and
checked are separate facts, and no later failure undoes an earlier one.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import assert_never

from ...events import (
    Accepted,
    Broke,
    Checked,
    Doubted,
    Finished,
    GaveUpWaiting,
    Intended,
    Judged,
    Planned,
    Purged,
    Refused,
    Requeued,
    Retired,
    Reviewed,
    Saved,
    Seen,
    Settled,
    Spoiled,
    Stalled,
    Stamped,
)
from ...values import dataclass, replace
from .money import totals
from .possession import accepted, disowned, let_go, settled_by
from .purging import bare
from .state import REJECTED, Phase, State, reason_of


def fold(history: Sequence[Stamped]) -> State:
    """Return the state that a whole history leaves behind; its first event is always `Planned`."""
    first = history[0].event
    if not isinstance(first, Planned):
        raise TypeError(f"a history begins with Planned, not {type(first).__name__}")
    state = State(item=first.item)
    for stamped in history[1:]:
        state = apply(state, stamped)
    return state


def apply(state: State, stamped: Stamped) -> State:
    """Return the state after one more fact."""
    after = _after(state, stamped)
    return after if after.due == state.due else replace(after, due_told_at=stamped.at)


def _after(state: State, stamped: Stamped) -> State:
    at = stamped.at
    match stamped.event:
        case Planned(item=item):
            return replace(state, item=bare(item) if state.phase is Phase.PURGED else item, wanted=True)
        case Retired():
            return replace(state, wanted=False)
        case Intended() as intent:
            return _intend(state, intent, at)
        case Accepted(job_id=job_id) if state.phase is Phase.RUNNING:
            # A callback named the job before the answer came: it is paid for once, and the answer knows better.
            return replace(state, job_id=job_id, answered_at=at, is_adopted=False)
        case Accepted(job_id=job_id):
            return accepted(state, job_id, at)
        case Refused(verdict=verdict, final=final, retry_at=retry_at, form=form):
            phase = Phase.FAILED if final else Phase.PLANNED
            return replace(
                state, phase=phase, verdict=verdict, note=str(verdict), answered_at=at, due=retry_at,
                ended_at=at if final else None,
                refused_forms=state.refused_forms if form is None else (*state.refused_forms, form),
            )  # fmt: skip
        case Doubted(reason=reason) if state.phase is Phase.RUNNING:
            return disowned(state, reason)
        case Doubted(reason=reason):
            return replace(state, note=reason, answered_at=at)
        case Settled() as settled:
            return settled_by(state, settled, at)
        case Seen(status=status):
            return replace(state, status=status, pending_at=at, stalls=0, note=None, is_adopted=False)
        case Finished(output=output, polls=polls):
            return replace(
                state, phase=Phase.READY, output=output, polls=polls, finished_at=at, due=at, stalls=0, note=None,
                is_adopted=False,
            )  # fmt: skip
        case Broke(verdict=verdict, is_gone=is_gone):
            return replace(
                state, phase=Phase.FAILED, verdict=verdict, note=str(verdict), ended_at=at, is_adopted=False,
                is_gone=is_gone,
            )  # fmt: skip
        case Saved(artifact=artifact):
            return replace(state, phase=Phase.SAVED, artifact=artifact, saved_at=at, due=at, stalls=0, note=None)
        case Checked(clip=clip, judgement=judgement):
            return replace(
                state, phase=Phase.DONE, clip=clip, judgement=judgement, ended_at=at, note=None, verdict=None
            )
        case Judged() as judged:
            return _judge(state, judged, at)
        case Reviewed(decision="keep"):
            return replace(state, phase=Phase.DONE, approved=True, ended_at=at, note=None)
        case Reviewed():
            note = f"{REJECTED}: {state.note}" if state.note else REJECTED
            return replace(
                state, phase=Phase.FAILED, artifact=None, clip=None, ended_at=at, note=note,
                dismissed=state.dismissed + 1,
            )  # fmt: skip
        case Spoiled(reason=reason, final=final, retry_at=retry_at):
            phase = Phase.FAILED if final else Phase.READY
            return replace(
                state, phase=phase, artifact=None, clip=None, judgement=None, note=reason, spoils=state.spoils + 1,
                due=retry_at, ended_at=at if final else None,
            )  # fmt: skip
        case Stalled(reason=reason, retry_at=retry_at, throttled=throttled):
            return replace(state, note=reason, due=retry_at, stalls=state.stalls + (not throttled))
        case GaveUpWaiting(reason=reason):
            return replace(state, note=reason, stalls=0)
        case Requeued(refetch=refetch):
            return _requeue(state, at, refetch=refetch)
        case Purged():
            return _purge(state, at)
        case _ as never:
            assert_never(never)


def _intend(state: State, intent: Intended, at: float) -> State:
    is_repeated = state.phase is Phase.IN_DOUBT and intent.idempotency_key is not None
    if is_repeated and intent.idempotency_key == state.idempotency_key:
        return replace(state, answered_at=None)  # the same purchase: its price and the beginning of the wait stand
    return replace(
        state, phase=Phase.IN_DOUBT, attempt=intent.attempt, provider=intent.provider, price=intent.price,
        idempotency_key=intent.idempotency_key, calls_back=bool(intent.callback), intended_at=at, answered_at=None,
        form=intent.form, refused_forms=state.refused_forms if intent.provider == state.provider else (), note=None,
        verdict=None, job_id=None, status=None, output=None, artifact=None, clip=None, stalls=0,
        judgement=None, approved=False, is_adopted=False, is_gone=False, is_let_go=False, accepted_at=None, polls=None,
        pending_at=None, finished_at=None, saved_at=None, ended_at=None,
    )  # fmt: skip


def _judge(state: State, judged: Judged, at: float) -> State:
    """Nothing of a video that is taken again stays with the item but that it was paid for."""
    if judged.decision == "retake":
        return replace(
            state, phase=Phase.PLANNED, dismissed=state.dismissed + 1, retakes=state.retakes + 1, artifact=None,
            clip=None, spoils=0, due=at, note=judged.reason,
        )  # fmt: skip
    return replace(
        state, phase=Phase.REVIEW, clip=judged.clip, judgement=judged.judgement, ended_at=at, note=judged.reason,
        verdict=None,
    )  # fmt: skip


def _requeue(state: State, at: float, *, refetch: bool) -> State:
    collected = Phase.READY if state.output is not None else Phase.RUNNING
    return replace(
        let_go(state) if state.is_given_up else state, phase=collected if refetch else Phase.PLANNED, is_gone=False,
        spoils=0, stalls=0, due=at, verdict=None, note=None, ended_at=None, refused_forms=(),
        retakes=state.retakes if refetch else 0, resubmits=state.resubmits if refetch else 0, artifact=None,
    )  # fmt: skip


def _purge(state: State, at: float) -> State:
    """Keep the books, and nothing that tells of a person; a doubt can be settled by nobody any more."""
    held = state.price if state.phase is Phase.IN_DOUBT else None
    is_open = state.phase is Phase.IN_DOUBT or state.is_given_up
    return replace(
        let_go(state) if is_open else state, phase=Phase.PURGED, item=bare(state.item), status=None, output=None,
        artifact=state.artifact if state.phase in {Phase.DONE, Phase.PURGED} else None, clip=None, judgement=None,
        approved=False, verdict=None, note=None, given_up=totals(*state.given_up, held), ended_at=at,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """Buy it; `again` repeats an unanswered request under the same idempotency key, which buys nothing twice."""

    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """Ask the provider how far the job is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """Look the link up and bring the file home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Open the file, and give it its final name if it is what was promised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing to do before `until`."""

    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Nothing to do in this run; `outcome` is the word for it in every report."""

    outcome: Outcome
    why: str


class Outcome(StrEnum):
    """What a report calls an item; the only words it uses."""

    DONE = "done"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    OPEN = "open"  # not finished: still planned, or bought and not yet home
    REVIEW = "review"
    SKIPPED = "skipped"  # no longer in the manifest and not bought, or purged


Step = Submit | Poll | Fetch | Check | Wait | Rest


def next_step(state: State, *, now: float, wait_until: float) -> Step:
    """Return the one thing to do now.

    `wait_until` is the moment at which this run stops waiting for a job. May be called as often as one likes.
    """
    match state.phase:
        case Phase.PLANNED:
            if not state.wanted:
                return Rest(outcome=Outcome.SKIPPED, why="no longer in the manifest")
            return Submit() if state.due <= now else Wait(until=state.due)
        case Phase.IN_DOUBT:
            if state.idempotency_key is not None:
                return _patiently(Submit(again=True), state, now=now, wait_until=wait_until)
            return Rest(outcome=Outcome.IN_DOUBT, why=state.note or "the run stopped while the request was under way")
        case Phase.RUNNING:
            return _patiently(Poll(), state, now=now, wait_until=wait_until)
        case Phase.READY:
            return _patiently(Fetch(), state, now=now, wait_until=wait_until)
        case Phase.SAVED if state.stalls == 0:
            return Check()  # however late it came home
        case Phase.SAVED:
            return _patiently(Check(), state, now=now, wait_until=wait_until)
        case Phase.REVIEW:
            return Rest(outcome=Outcome.REVIEW, why=state.note or "")
        case Phase.DONE:
            return Rest(outcome=Outcome.DONE, why="")
        case Phase.FAILED:
            return Rest(outcome=Outcome.FAILED, why=state.note or "")
        case Phase.PURGED:
            return Rest(outcome=Outcome.SKIPPED, why=reason_of(state))
        case _ as never:
            assert_never(never)


_WAITS_FOR = {
    Submit: "the request has no answer",
    Poll: "still at the provider",
    Fetch: "made, not yet fetched",
    Check: "fetched, not yet checked",
}


def _patiently(step: Poll | Fetch | Check | Submit, state: State, *, now: float, wait_until: float) -> Step:
    if now >= wait_until:
        why = state.note if state.stalls else None  # without trouble the note may be the words of the last giving up
        return Rest(outcome=Outcome.OPEN, why=why or _WAITS_FOR[type(step)])
    return step if state.due <= now else Wait(until=min(state.due, wait_until))
