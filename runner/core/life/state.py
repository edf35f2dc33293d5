"""What is known of one item: its phase, its state, and the index entry that the journal keeps beside its events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from ...events import Stamped
from ...judgement import Judgement
from ...model import Artifact, Clip, Item, Job, Money, Output, Verdict
from ...values import dataclass
from .identity import label
from .money import totals


class Phase(StrEnum):
    """Where an item is in its life."""

    PLANNED = "planned"  # nothing is bought; may be submitted
    IN_DOUBT = "in_doubt"  # an intent is open: a request is under way, or nobody knows what became of it
    RUNNING = "running"  # bought; the provider works on it
    READY = "ready"  # made; to be fetched
    SAVED = "saved"  # whole on this disk; to be checked
    REVIEW = "review"  # whole, did not pass its checks; waits for a person
    DONE = "done"  # checked, under its final name
    FAILED = "failed"  # at rest until a person asks for another try
    PURGED = "purged"  # the person whom it shows was removed, and all that the item told of them


SHELVED: Final = frozenset({Phase.DONE, Phase.REVIEW})
"""Where a whole video has a place of its own in the run folder."""
PAID_PHASES: Final = frozenset({Phase.RUNNING, Phase.READY, Phase.SAVED})
"""Where a job is paid for, and its video is not yet home."""
OPEN_PHASES: Final = PAID_PHASES | {Phase.IN_DOUBT}
"""Where something is bought, or may be, and is not yet home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that is known of one item, as a fold of its events; nothing here is stored that is not in them.

    `bought` counts the jobs that were taken, and `spent` sums their prices, one amount for each currency; `unpriced`
    counts those of them that have no known price. `reserved` is the price of an intent without an answer, and
    `given_up` sums the prices of the doubts that a person abandoned, or the manifest's policy let go of: nobody will
    ever know, so they stay reserved. `resubmits` counts the latter since a person last asked for a purchase.
    `is_let_go` means that the last request was such a one, or was given up, and that the item may be bought anew.
    `answered_at` is the last moment at which the provider may have counted a submit. `form` is how the order was put
    last, and `refused_forms` are those that the provider did not understand. `pending_at` is when a running job was
    last known not to be over, and `polls` how often one that is over was asked after, where that is known. `retakes`
    counts the purchases that a check asked for since a person last asked for one, and `dismissed` all videos that a
    check or a person did not let count; `approved` means that a person kept the very video of this job. `is_adopted`
    means that a person named the job, or a call did after its doubt was settled, and no answer has shown it yet;
    `is_gone` that the provider knew no such job any more. What is `due` was told to be so at `due_told_at`. What is
    purged has the `artifact` of a video that counted, by whose digest others who hold a copy know it; the file is gone.
    """

    item: Item
    phase: Phase = Phase.PLANNED
    wanted: bool = True
    attempt: int = 0
    spoils: int = 0
    stalls: int = 0
    due: float = 0.0
    due_told_at: float = 0.0
    provider: str | None = None
    idempotency_key: str | None = None
    form: str | None = None
    refused_forms: tuple[str, ...] = ()
    calls_back: bool = False
    job_id: str | None = None
    is_adopted: bool = False
    is_gone: bool = False
    status: str | None = None
    output: Output | None = None
    artifact: Artifact | None = None
    clip: Clip | None = None
    judgement: Judgement | None = None
    retakes: int = 0
    dismissed: int = 0
    resubmits: int = 0
    is_let_go: bool = False
    approved: bool = False
    verdict: Verdict | None = None
    note: str | None = None
    bought: int = 0
    price: Money | None = None
    spent: tuple[Money, ...] = ()
    unpriced: int = 0
    given_up: tuple[Money, ...] = ()
    intended_at: float | None = None
    answered_at: float | None = None
    accepted_at: float | None = None
    polls: int | None = None
    pending_at: float | None = None
    finished_at: float | None = None
    saved_at: float | None = None
    ended_at: float | None = None

    @property
    def label(self) -> str:
        """Return what the item is called beside others; see `identity.label`."""
        return label(self.item.id, self.item.key, wanted=self.wanted)

    @property
    def job(self) -> Job | None:
        """Return the job that was bought last, or None before there is one."""
        if self.provider is None or self.job_id is None:
            return None
        return Job(provider=self.provider, id=self.job_id, file_id=self.output.file_id if self.output else None)

    @property
    def sha256(self) -> str | None:
        """Return the digest of the file that came home, or None where there is none."""
        return self.artifact.sha256 if self.artifact else None

    @property
    def times(self) -> tuple[float | None, ...]:
        """Return when the steps of the item's last purchase were taken, None for those that were not."""
        return self.intended_at, self.accepted_at, self.finished_at, self.saved_at, self.ended_at

    @property
    def waits_since(self) -> float:
        """Return when the waiting for this item's job began, as its deadline counts."""
        return self.accepted_at or self.intended_at or 0.0

    def due_by(self, now: float) -> float:
        """Return when an item of an earlier run is due: no later from `now` than it was told, by any clock."""
        return min(self.due, now + max(0.0, self.due - self.due_told_at))

    @property
    def known_pending_at(self) -> float:
        """Return when a running job was last known not to be over; when it was taken, at least."""
        return self.accepted_at or 0.0 if self.pending_at is None else self.pending_at

    @property
    def is_given_up(self) -> bool:
        """Return whether the item failed because a person gave a doubt up: its job may be paid for, and running."""
        return self.phase is Phase.FAILED and self.job_id is None and self.verdict is None

    def is_resubmitted(self, most: int) -> bool:
        """Return whether a doubt is bought again by itself, where the manifest lets an item be so `most` times."""
        is_in_doubt = self.phase is Phase.IN_DOUBT and self.idempotency_key is None
        return is_in_doubt and self.wanted and self.resubmits < most

    def called_until(self, unseen_job_s: float) -> float:
        """Return until when the provider may call back about this doubt, whose job would live for `unseen_job_s`.

        A moment long past for what is in no doubt, is settled by its idempotency key, or names nowhere to call.
        """
        is_heard = self.phase is Phase.IN_DOUBT and self.idempotency_key is None and self.calls_back
        return (self.answered_at or self.intended_at or 0.0) + unseen_job_s if is_heard else 0.0

    @property
    def reserved(self) -> tuple[Money, ...]:
        """Return what intents without an answer hold back: the open one, and those that a person gave up."""
        return totals(*self.given_up, self.price if self.phase is Phase.IN_DOUBT else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """What the journal keeps beside an item's events, so that a million items need not be folded to be counted.

    Everything in it follows from the events, and it holds all that the numbers of a run are made of. `bytes_` and
    `millis` (of a second) are those of the video, which is `flagged` if it counts although a check found something.
    `first_at` and `last_at` are the ends of the item's times. `code` and `reason` say what went wrong with what came to
    no good end, and are None for all others.
    """

    id: str
    name: str
    wanted: bool
    phase: str
    provider: str | None
    job_id: str | None
    bought: int
    unpriced: int
    spent: tuple[Money, ...]
    reserved: tuple[Money, ...]
    bytes_: int
    millis: int
    flagged: bool
    first_at: float | None
    last_at: float | None
    code: str | None
    reason: str | None

    @property
    def committed(self) -> tuple[Money, ...]:
        """Return what was spent plus what is reserved, one amount for each currency."""
        return totals(*self.spent, *self.reserved)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is to be written about one item: new facts, if any, and its index after them.

    Without a `position` it keeps the place in the plan that it has.
    """

    key: str
    stamped: Sequence[Stamped]
    index: Index
    position: int | None = None


TROUBLE: Final = frozenset({Phase.FAILED, Phase.IN_DOUBT, Phase.REVIEW})
"""Where an item comes to rest without a video that counts, for a reason that a person wants to read."""


def index_of(state: State) -> Index:
    """Return the index entry of a state."""
    times = [at for at in state.times if at is not None]
    is_trouble = state.phase in TROUBLE
    return Index(
        id=state.item.id,
        name=state.item.name,
        wanted=state.wanted,
        phase=state.phase,
        provider=state.provider,
        job_id=state.job_id,
        bought=state.bought,
        unpriced=state.unpriced,
        spent=state.spent,
        reserved=state.reserved,
        bytes_=state.artifact.bytes_ if state.artifact and state.phase is not Phase.PURGED else 0,
        millis=millis_of(state.clip.seconds if state.clip else None),
        flagged=_is_flagged(state),
        first_at=min(times, default=None),
        last_at=max(times, default=None),
        code=code_of(state) if is_trouble else None,
        reason=reason_of(state) if is_trouble else None,
    )


def millis_of(seconds: float | None) -> int:
    """Return a duration in whole thousandths of a second, which add up to the same sum in any order."""
    return round((seconds or 0.0) * 1000)


def _is_flagged(state: State) -> bool:
    """Return whether the video of an item counts although a check found something."""
    return state.phase is Phase.DONE and state.judgement is not None and bool(state.judgement.findings)


def code_of(state: State) -> str | None:
    """Return the provider's code for what went wrong, or the check that a video did not pass; None without either."""
    if state.verdict is not None:
        return state.verdict.code
    worst = state.judgement.worst if state.judgement and state.phase is not Phase.DONE else None
    return worst.check if worst else None


def reason_of(state: State) -> str:
    """Return why an item is where it is, in a provider's words or our own; empty for what is done."""
    if state.verdict and state.verdict.words and state.note == str(state.verdict):
        return state.verdict.words
    return state.note or _PLAIN_REASONS[state.phase]


UNANSWERED: Final = "the run stopped while the request was under way"
"""Why an item is in doubt of which no more is known; only when nobody is at work, for else it is being bought."""

REJECTED: Final = "rejected by you"
"""How the reason begins why an item failed whose video a person does not let count."""
RECALLED: Final = "it counted until then"
"""Why a video is under review that counted, because a person rejects it after all."""

TAKEN_BACK: Final = "rejected by you until then"
"""Why a video is under review that a person rejected, and lets count after all."""

_PLAIN_REASONS: Final[Mapping[Phase, str]] = {
    Phase.PLANNED: "not yet bought",
    Phase.IN_DOUBT: UNANSWERED,
    Phase.RUNNING: "still at the provider",
    Phase.READY: "made, not yet fetched",
    Phase.SAVED: "fetched, not yet checked",
    Phase.REVIEW: "did not pass its checks",
    Phase.DONE: "",
    Phase.FAILED: "no reason was given",
    Phase.PURGED: "removed by s2v purge",
}
