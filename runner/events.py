"""The facts of a run, in the past tense: a closed union, one journal row each. Nothing here decides anything.

An item's life is the fold of its events (`core.life.lifecycle.apply`). A fact is never removed, nor changed but by a
purge, which empties its words; a later fact may say more. `Stamped` adds the time at which it was written.
"""

from __future__ import annotations

from typing import Literal

from .judgement import Judgement
from .model import Artifact, Clip, Item, Money, Output, Verdict
from .values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The item stands in the manifest, or stands there again, or under another id, name, tags or metadata."""

    item: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """The item no longer stands in the manifest; what was paid for it is still collected and kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intended:
    """A paid request may leave from now on. `price` is reserved; None where the price is not known.

    `form` is how the order is put, where it is not certain which form the provider understands. `callback` is True when
    the request names where the provider may call back.
    """

    attempt: int
    provider: str
    price: Money | None
    idempotency_key: str | None
    form: str | None = None
    callback: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The provider took the job and gave it an id; it is paid for."""

    job_id: str
    trace_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The paid request provably made no job; nothing was bought. `final` means trying again cannot help.

    `form` is the form that was not understood, where the same order is now put in another one.
    """

    verdict: Verdict
    final: bool
    retry_at: float
    form: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubted:
    """The paid request may or may not have made a job: nobody here can tell.

    `retry_at` is until when the provider asked for a pause; None where it asked for none.
    """

    reason: str
    retry_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A doubt is settled: the job was found (`adopt`), never made (`resubmit`), or given up (`abandon`).

    `by` is None for a person. A callback can do no more than name the job, and the manifest's policy no more than let
    it be bought again (`resubmit`): nobody looked whether it was made, so what it may have cost stays held back.
    """

    decision: Literal["adopt", "resubmit", "abandon"]
    job_id: str | None = None
    by: Literal["callback", "policy"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The provider reports another status word than before."""

    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The provider says that the video is made; at `pending_at` it still said that it is not.

    `polls` is how often the job was asked after, the last time included; None where more than one run asked.
    """

    output: Output
    pending_at: float | None = None
    polls: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Broke:
    """The job failed after it was taken; a new try is a new purchase.

    With `is_gone` the provider only says, and kept saying, that it knows no such job or file: asking again is free.
    """

    verdict: Verdict
    is_gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """The whole file is on this disk, synced and hashed; it has not been opened yet."""

    artifact: Artifact


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The video passed its checks and stands under its final name.

    `judgement` is there where the manifest asks for more than a whole file; it holds findings where they are accepted.
    """

    clip: Clip
    judgement: Judgement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The video is whole and did not pass: it waits for a person (`review`), or another is bought (`retake`)."""

    clip: Clip
    judgement: Judgement
    decision: Literal["review", "retake"]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A person looked at a video that waited: it counts from now on (`keep`), or does not (`reject`)."""

    decision: Literal["keep", "reject"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoiled:
    """The file that came is not the video that was promised; `final` when fetching it again cannot help any more."""

    reason: str
    final: bool
    retry_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stalled:
    """A free step (poll, look-up, download) did not work; it is repeated at `retry_at`.

    `throttled` says that the provider found all such steps too many, so that it is no trouble of this item.
    """

    reason: str
    retry_at: float
    throttled: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GaveUpWaiting:
    """This run stopped waiting for the job; the job lives on, and the next run asks again."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Requeued:
    """A person asked for another try of a failed item: a new purchase, or with `refetch` the paid video once more."""

    by: str
    refetch: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """The person whom the item shows was removed: its video is gone for good, and so are the words of these facts."""


Event = (
    Planned
    | Retired
    | Intended
    | Accepted
    | Refused
    | Doubted
    | Settled
    | Seen
    | Finished
    | Broke
    | Saved
    | Checked
    | Judged
    | Reviewed
    | Spoiled
    | Stalled
    | GaveUpWaiting
    | Requeued
    | Purged
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """An event with the time at which it was written."""

    at: float
    event: Event
