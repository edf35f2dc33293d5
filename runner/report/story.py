"""Facts in plain words, one sentence each: what `s2v explain` tells."""

from __future__ import annotations

from typing import assert_never

from ..core.life.identity import untold_id
from ..core.life.state import RECALLED, TAKEN_BACK
from ..core.sums.tally import without_queries
from ..events import (
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
)
from .text import iso, visible


def told(event: Event) -> str:
    """Return one fact as a sentence, free of anything secret or invisible."""
    return visible(without_queries(_words(event)))


def _words(event: Event) -> str:
    match event:
        case Planned(item=item) if item.id == untold_id(item.key):
            return f"stands in the manifest, take {item.take}, under an id that a purge took away"
        case Planned(item=item):
            return f"stands in the manifest as {item.id}, take {item.take}"
        case Retired():
            return "left the manifest"
        case Intended(attempt=attempt, provider=provider, price=price):
            return f"about to be bought at {provider} for {price or 'a price not known'}, attempt {attempt}"
        case Accepted(job_id=job_id):
            return f"bought: the provider took it as job {job_id}"
        case Refused(verdict=verdict, final=final, retry_at=retry_at):
            return f"refused, nothing was bought: {verdict}" + ("" if final else f"; tried again from {iso(retry_at)}")
        case Doubted(reason=reason, retry_at=retry_at):
            pause = f"; the provider asked for a pause until {iso(retry_at)}" if retry_at else ""
            return f"in doubt, nobody knows whether it was bought{_as(reason)}{pause}"
        case Settled(by="policy"):
            return "in doubt, and to be bought again as retry.in_doubt says; what it may have cost stays held back"
        case Settled(decision=decision, job_id=job_id):
            return f"settled: {_SETTLED[decision]}{f' {job_id}' if job_id else ''}"
        case Seen(status=status):
            return f"the provider says {status or 'that the job is not over'}"
        case Finished():
            return "the provider says that the video is made"
        case Broke(verdict=verdict, is_gone=True):
            return f"not asked after any more, and asking again costs nothing: {verdict}"
        case Broke(verdict=verdict):
            return f"the job failed after it was taken: {verdict}"
        case Saved(artifact=artifact):
            return f"fetched: {artifact.bytes_:,} bytes, sha256 {artifact.sha256[:12]}"
        case Checked(clip=clip, judgement=judgement):
            found = f"; accepted although {judgement.words}" if judgement and judgement.findings else ""
            return (
                f"checked: {clip.seconds:g} s, {clip.frames} frames of {clip.width} x {clip.height}; it is done{found}"
            )
        case Judged(reason=reason) if reason == RECALLED:
            return "taken back to be looked at again, though it counted"
        case Judged(reason=reason) if reason == TAKEN_BACK:
            return "taken back to be looked at again, though it was rejected"
        case Judged(decision=decision, reason=reason):
            return f"checked, and did not pass{_as(reason)}; {_BECOMES[decision]}"
        case Reviewed(decision=decision):
            return f"looked at by a person: {_REVIEWED[decision]}"
        case Spoiled(reason=reason, final=final):
            return f"not the video that was promised{_as(reason)}" + ("; given up" if final else "")
        case Stalled(reason=reason):
            return f"did not work, costs nothing, is repeated{_as(reason)}"
        case GaveUpWaiting(reason=reason):
            return f"this run stopped waiting{_as(reason)}"
        case Requeued(by=by, refetch=refetch):
            return f"to be {'fetched again, for nothing' if refetch else 'bought anew'}, asked for by {by}"
        case Purged():
            return "purged: the video is gone, and so are all words of the person, but for an id that you gave"
        case _ as never:
            assert_never(never)


def _as(reason: str) -> str:
    """Return the end of a sentence; a purge takes reasons away."""
    return f": {reason}" if reason else ""


_BECOMES = {"review": "it waits in review/ for you", "retake": "another one is to be bought"}
_REVIEWED = {"keep": "it counts", "reject": "it does not count"}
_SETTLED = {"adopt": "it was found as job", "resubmit": "it was never made, and may be bought", "abandon": "given up"}
