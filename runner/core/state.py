"""What is known of one item: its phase, its state, and the index entry that the journal keeps beside its events."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..judgement import Judgement
from ..model import Artifact, Clip, Item, Job, Money, Output, Verdict
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


SHELVED: Final = frozenset({Phase.DONE, Phase.REVIEW})
"""Where a whole video has a place of its own in the run folder."""
OPEN_PHASES: Final = frozenset({Phase.IN_DOUBT, Phase.RUNNING, Phase.READY, Phase.SAVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that is known of one item, as a fold of its events; nothing here is stored that is not in them.

    `bought` counts the jobs that were taken, and `spent` sums their prices, one amount for each currency; `unpriced`
    counts those of them that have no known price. `reserved` is the price of an intent without an answer, and
    `given_up` sums the prices of the doubts that a person abandoned: nobody will ever know, so they stay reserved.
    `answered_at` is the last moment at which the provider may have counted a submit. `form` is how the order was put
    last, and `refused_forms` are those that the provider did not understand. `retakes` counts the purchases that a
    check asked for since a person last did; `approved` means that a person kept the very video of this job.
    """

    item: Item
    phase: Phase = Phase.PLANNED
    wanted: bool = True
    attempt: int = 0
    refusals: int = 0
    spoils: int = 0
    stalls: int = 0
    due: float = 0.0
    provider: str | None = None
    idempotency_key: str | None = None
    form: str | None = None
    refused_forms: tuple[str, ...] = ()
    calls_back: bool = False
    job_id: str | None = None
    status: str | None = None
    output: Output | None = None
    artifact: Artifact | None = None
    clip: Clip | None = None
    judgement: Judgement | None = None
    retakes: int = 0
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
    def waits_since(self) -> float:
        """Return when the waiting for this item's job began, as its deadline counts."""
        return self.accepted_at or self.intended_at or 0.0

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

    Everything in it follows from the events. `committed` is what was spent plus what is reserved, by currency.
    """

    id: str
    name: str
    wanted: bool
    phase: str
    provider: str | None
    job_id: str | None
    committed: tuple[Money, ...]


def index_of(state: State) -> Index:
    """Return the index entry of a state."""
    return Index(
        id=state.item.id,
        name=state.item.name,
        wanted=state.wanted,
        phase=state.phase,
        provider=state.provider,
        job_id=state.job_id,
        committed=totals(*state.spent, *state.reserved),
    )
