"""Items with a life: the facts that can follow in each phase, and states told from them."""

from __future__ import annotations

from collections.abc import Mapping

from runner.core.life.lifecycle import fold
from runner.core.life.state import Phase, State
from runner.events import (
    Accepted,
    Broke,
    Checked,
    Doubted,
    Event,
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
from runner.gates import Gates
from runner.judgement import Finding, Judgement
from runner.model import Artifact, Clip, Item, Kind, Money, Output, Portrait, Verdict

PRICE = Money(micros=650_000, currency="USD")
NO = Verdict(kind=Kind.CONTENT, code="1026", words="input new_sensitive")
CLIP = Clip(seconds=5.64, width=8, height=8, fps=25.0, frames=141, codec="h264", has_audio=False, decoded=True)

INTENDED = Intended(attempt=1, provider="minimax", price=PRICE, idempotency_key=None)
KEYED = Intended(attempt=1, provider="local", price=PRICE, idempotency_key="token")
ACCEPTED = Accepted(job_id="j1")
REFUSED = Refused(verdict=NO, final=False, retry_at=50.0)
REFUSED_FOR_GOOD = Refused(verdict=NO, final=True, retry_at=0.0)
DOUBTED = Doubted(reason="read time-out after 60 s")
ADOPTED = Settled(decision="adopt", job_id="found")
RESUBMITTED = Settled(decision="resubmit")
LET_GO = Settled(decision="resubmit", by="policy")
ABANDONED = Settled(decision="abandon")
FINISHED = Finished(output=Output(file_id="f1"))
BROKE = Broke(verdict=NO)
SAVED = Saved(artifact=Artifact(bytes_=1000, sha256="c" * 64))
CHECKED = Checked(clip=CLIP)
WRONG = Judgement(
    gates=Gates(), findings=(Finding(check="distance", grade="fail", words="its face is 0.83 from the portrait's"),)
)
PUT_TO_REVIEW = Judged(clip=CLIP, judgement=WRONG, decision="review", reason=WRONG.words)
TAKEN_AGAIN = Judged(clip=CLIP, judgement=WRONG, decision="retake", reason=WRONG.words)
KEPT = Reviewed(decision="keep")
REJECTED = Reviewed(decision="reject")
SPOILED = Spoiled(reason="an HTML page", final=False, retry_at=50.0)
SPOILED_FOR_GOOD = Spoiled(reason="an HTML page", final=True)
SEEN = Seen(status="Processing")
STALLED = Stalled(reason="connection reset", retry_at=50.0)
GAVE_UP = GaveUpWaiting(reason="not finished after 60 min")
REQUEUED = Requeued(by="me")
REFETCHED = Requeued(by="me", refetch=True)
RETIRED = Retired()
PURGED = Purged()


def item(**changes: object) -> Item:
    """Return an item with a plain prompt."""
    plain: dict[str, object] = {
        "key": "k",
        "id": "anna",
        "name": "anna.mp4",
        "portrait": Portrait(ref="anna.png", sha256="a" * 64, mime="image/png", bytes_=9, width=512, height=512),
        "prompt": "She smiles.",
        "prompt_optimizer": True,
    }
    return Item(**(plain | changes))  # type: ignore[arg-type]  # keys are the item's own fields


PLANNED = Planned(item=item())


def told(*events: Event, subject: Item | None = None) -> State:
    """Return the state after these events, one second apart; `Planned` happens at 0."""
    history = [Planned(item=subject or item()), *events]
    return fold([Stamped(at=float(n), event=event) for n, event in enumerate(history)])


PASTS: Mapping[Phase, tuple[Event, ...]] = {
    Phase.PLANNED: (),
    Phase.IN_DOUBT: (INTENDED,),
    Phase.RUNNING: (INTENDED, ACCEPTED),
    Phase.READY: (INTENDED, ACCEPTED, FINISHED),
    Phase.SAVED: (INTENDED, ACCEPTED, FINISHED, SAVED),
    Phase.REVIEW: (INTENDED, ACCEPTED, FINISHED, SAVED, PUT_TO_REVIEW),
    Phase.DONE: (INTENDED, ACCEPTED, FINISHED, SAVED, CHECKED),
    Phase.FAILED: (INTENDED, REFUSED_FOR_GOOD),
    Phase.PURGED: (INTENDED, ACCEPTED, FINISHED, SAVED, CHECKED, PURGED),
}
"""The shortest way into each phase."""

CAN_FOLLOW: Mapping[Phase, tuple[tuple[Event, Phase], ...]] = {
    Phase.PLANNED: ((INTENDED, Phase.IN_DOUBT), (KEYED, Phase.IN_DOUBT)),
    Phase.IN_DOUBT: (
        (ACCEPTED, Phase.RUNNING),
        (REFUSED, Phase.PLANNED),
        (REFUSED_FOR_GOOD, Phase.FAILED),
        (DOUBTED, Phase.IN_DOUBT),
        (STALLED, Phase.IN_DOUBT),
        (GAVE_UP, Phase.IN_DOUBT),
        (ADOPTED, Phase.RUNNING),
        (RESUBMITTED, Phase.PLANNED),
        (LET_GO, Phase.PLANNED),
        (ABANDONED, Phase.FAILED),
    ),
    Phase.RUNNING: (
        (ACCEPTED, Phase.RUNNING),  # the answer to a submit whose job a callback had named
        (SEEN, Phase.RUNNING),
        (STALLED, Phase.RUNNING),
        (GAVE_UP, Phase.RUNNING),
        (FINISHED, Phase.READY),
        (BROKE, Phase.FAILED),
    ),
    Phase.READY: ((STALLED, Phase.READY), (GAVE_UP, Phase.READY), (SAVED, Phase.SAVED)),
    Phase.SAVED: (
        (CHECKED, Phase.DONE),
        (PUT_TO_REVIEW, Phase.REVIEW),
        (TAKEN_AGAIN, Phase.PLANNED),
        (SPOILED, Phase.READY),
        (SPOILED_FOR_GOOD, Phase.FAILED),
        (STALLED, Phase.SAVED),
        (GAVE_UP, Phase.SAVED),
    ),
    Phase.REVIEW: ((KEPT, Phase.DONE), (REJECTED, Phase.FAILED), (SPOILED, Phase.READY)),
    Phase.DONE: ((PUT_TO_REVIEW, Phase.REVIEW),),  # a person takes back what counted
    Phase.FAILED: ((REQUEUED, Phase.PLANNED),),
    Phase.PURGED: ((REQUEUED, Phase.PLANNED), (PURGED, Phase.PURGED)),
}
"""Every fact that a run can note in a phase, and the phase after it; a manifest may change (`ANYWHERE`) in all."""

ANYWHERE: tuple[Event, ...] = (PLANNED, RETIRED)
