"""Items and their lives for the tests of the doors: one fact of every type, and random legal histories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from hypothesis import strategies as st

from runner.core.life.lifecycle import apply, fold
from runner.core.life.state import Entry, Phase, State, index_of
from runner.core.sums.sums import summarise, summed
from runner.core.sums.tally import row
from runner.edge.journal.chronicle import Chronicle
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
from runner.gates import Gates, IdentityGate, TechnicalGate
from runner.judgement import Finding, Judgement, Likeness, Motion
from runner.model import Artifact, Clip, Item, Kind, Money, Notes, Output, Portrait, Verdict

PRICE = Money(micros=650_000, currency="USD")
CLIP = Clip(seconds=5.64, width=1280, height=720, fps=25.0, frames=141, codec="h264", has_audio=False, decoded=True)
JUDGEMENT = Judgement(
    gates=Gates(technical=TechnicalGate(min_seconds=4.0, max_cuts=0), identity=IdentityGate(max_distance=0.45)),
    findings=(Finding(check="distance", grade="fail", words="its face is 0.83 from the portrait's"),),
    motion=Motion(frozen=0.25, black=0.0, cuts=1, brightness=96.5, difference=2.25),
    likeness=Likeness(distances=(0.8125, None, 0.8475)),
)
NO = Verdict(kind=Kind.RATE, code="1002", words="rate limit", retry_after_s=7.5)
PORTRAIT = Portrait(ref="portraits/anna.jpg", sha256="a" * 64, mime="image/jpeg", bytes_=48_211, width=768, height=1024)


def key_of(id_: str) -> str:
    return sha256(id_.encode()).hexdigest()


def item(id_: str = "anna-wink", **changes: Any) -> Item:
    plain = Item(
        key=key_of(id_), id=id_, name=f"{id_}.mp4", portrait=PORTRAIT, prompt="She winks.", prompt_optimizer=True
    )
    return replace(plain, **changes)


def artifact(content: bytes) -> Artifact:
    return Artifact(bytes_=len(content), sha256=sha256(content).hexdigest())


def intent(attempt: int = 1) -> Intended:
    return Intended(attempt=attempt, provider="minimax", price=PRICE, idempotency_key=None)


def told(subject: Item, *events: Event) -> list[Stamped]:
    """Return the history of an item that was planned and to which these events happened, a second apart."""
    return [Stamped(at=float(at), event=event) for at, event in enumerate((Planned(item=subject), *events))]


def saved(id_: str, content: bytes, **changes: Any) -> State:
    """Return the state of an item whose file has just come home."""
    came = (intent(), Accepted(job_id=f"job-{id_}"), Finished(output=Output(file_id="1")))
    return fold(told(item(id_, **changes), *came, Saved(artifact=artifact(content))))


def done(id_: str, content: bytes, **changes: Any) -> State:
    """Return the state of an item that is finished."""
    return apply(saved(id_, content, **changes), Stamped(at=9.0, event=Checked(clip=CLIP)))


def books_agree(journal: Chronicle) -> bool:
    """Return whether a journal's index and its tally say what its facts say."""
    index = {state.item.key: index_of(state) for state in journal.states()}
    told = summed(journal.piles(), journal.troubles(), journal.span())
    return (
        dict(journal.index()) == index and not journal.is_miscounted() and told == summarise(map(row, journal.states()))
    )


def entry(history: list[Stamped], position: int | None = None) -> Entry:
    """Return what a journal is given to hold this whole history."""
    state = fold(history)
    return Entry(key=state.item.key, stamped=history, index=index_of(state), position=position)


FULL: Mapping[type, Event] = {
    Planned: Planned(item=item(take=2, tags=("wink", "女"), metadata={"licence": "CC0", "age": 31, "ok": True})),
    Retired: Retired(),
    Intended: Intended(
        attempt=3, provider="vapi", price=PRICE, idempotency_key="run-key-3", form="list", callback=True
    ),
    Accepted: Accepted(job_id="106916112212032", trace_id="trace-1"),
    Refused: Refused(verdict=NO, final=False, retry_at=1_767_225_607.5, form="string"),
    Doubted: Doubted(reason="HTTP 503", retry_at=1_767_229_200.0),
    Settled: Settled(decision="adopt", job_id="106916112212032", by="callback"),
    Seen: Seen(status="Queueing"),
    Finished: Finished(
        output=Output(
            file_id="17", url="https://cdn.example/v.mp4", expires_at=1_767_229_200.0, width=1280, height=720,
            notes=Notes(honoured=("wink",), ignored=("on a beach",), versions={"engine": "animatic-2"}),
        ),
        pending_at=1_767_225_590.0,
        polls=12,
    ),
    Broke: Broke(verdict=replace(NO, kind=Kind.CONTENT, code="1027", words="output new_sensitive")),
    Saved: Saved(artifact=Artifact(bytes_=1_500_000, sha256="b" * 64)),
    Checked: Checked(clip=CLIP, judgement=JUDGEMENT),
    Judged: Judged(clip=CLIP, judgement=JUDGEMENT, decision="retake", reason="its face is 0.83 from the portrait's"),
    Reviewed: Reviewed(decision="keep"),
    Spoiled: Spoiled(reason="an HTML page instead of a video", final=False, retry_at=1_767_225_600.0),
    Stalled: Stalled(reason="HTTP 503", retry_at=1_767_225_602.0, throttled=True),
    GaveUpWaiting: GaveUpWaiting(reason="not finished after 60 min"),
    Requeued: Requeued(by="retry", refetch=True),
    Purged: Purged(),
}  # fmt: skip
"""One fact of every type, with every optional field set."""

BARE: Mapping[type, Event] = {
    Planned: Planned(item=item(portrait=Portrait(ref="https://x.example/p.jpg", sha256="c" * 64), prompt=None)),
    Intended: Intended(attempt=1, provider="local", price=None, idempotency_key=None),
    Accepted: Accepted(job_id="1"),
    Doubted: Doubted(reason="ReadTimeout"),
    Refused: Refused(verdict=replace(NO, words="", retry_after_s=None), final=True, retry_at=0.0),
    Settled: Settled(decision="abandon"),
    Finished: Finished(output=Output()),
    Checked: Checked(clip=CLIP),
    Judged: Judged(clip=CLIP, judgement=Judgement(gates=Gates()), decision="review", reason=""),
    Spoiled: Spoiled(reason="", final=True),
    Stalled: Stalled(reason="", retry_at=0.0),
    Requeued: Requeued(by="retry"),
}
"""The same facts with every optional field unset."""

OTHERS: Mapping[type, Event] = {
    Judged: Judged(clip=CLIP, judgement=JUDGEMENT, decision="review", reason="its face is 0.83 from the portrait's"),
    Reviewed: Reviewed(decision="reject"),
}
"""The same facts with the other thing decided."""

_WELL: Sequence[Event] = (FULL[Intended], FULL[Accepted], FULL[Finished], FULL[Saved])
"""How most lives begin."""

_NEXT: Mapping[Phase, tuple[type, ...]] = {
    Phase.PLANNED: (Intended, Planned, Retired, Purged),
    Phase.IN_DOUBT: (Accepted, Refused, Doubted, Settled, Retired, Purged),
    Phase.RUNNING: (Seen, Finished, Broke, Stalled, GaveUpWaiting, Retired, Purged),
    Phase.READY: (Saved, Stalled, Retired, Planned),
    Phase.SAVED: (Checked, Judged, Spoiled),
    Phase.REVIEW: (Reviewed, Spoiled, Retired),
    Phase.DONE: (Retired, Planned, Purged),
    Phase.FAILED: (Requeued, Retired),
    Phase.PURGED: (Requeued, Retired, Planned, Purged),
}


@st.composite
def lives(draw: st.DrawFn, id_: str) -> list[Stamped]:
    """Draw a legal history of one item: each fact is one that its phase allows; many begin well, and so come far."""
    history = told(item(id_), *_WELL[: draw(st.integers(min_value=0, max_value=len(_WELL)))])
    for at in range(len(history), len(history) + draw(st.integers(min_value=0, max_value=12))):
        kind = draw(st.sampled_from(_NEXT[fold(history).phase]))
        event = draw(st.sampled_from([told_[kind] for told_ in (FULL, BARE, OTHERS) if kind in told_]))
        if isinstance(event, Planned):
            event = Planned(item=item(id_, name=f"{id_}-renamed.mp4"))
        history.append(Stamped(at=float(at), event=event))
    return history
