"""What a report says of one item (`Row`), and of all of them (`Summary`).

Every job that was bought is in one of four places, so that the books balance:
`bought = kept + in review + lost + under way`.
Words of a provider lose the query string of every URL here, at the source, because a signed link is a secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ...judgement import Judgement
from ...model import Clip, Money
from ...values import dataclass
from ..life.lifecycle import Outcome
from ..life.state import OPEN_PHASES, PAID_PHASES, SHELVED, Phase, State, code_of, reason_of

_URL: Final = re.compile(
    r"""(?P<scheme>\b[a-z][a-z0-9+.-]*://) (?:[^\s/?#@"'<>]*@)? (?P<place>[^\s?#"'<>]*) (?:[?#][^\s"'<>]*)?""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a report says of one item; made by `row`, and free of anything secret.

    `counts` is what `matters` says. `lost` counts the jobs that were paid for and brought no video that counts,
    `kept` is 1 when the video stands under its final name, `in_review` when it waits for a person.
    `code` is the provider's, or the check that a video did not pass. `cost` is spent, one amount for each currency, and
    `unpriced` counts the jobs that are not in it. `reserved` hangs on requests without an answer. `sha256` of what was
    `purged` is that of the video that counted and is gone. `anew` says that the next run buys what was bought before,
    or may have been. Nothing is tried about the item before `until`, where that was told.
    """

    id: str
    key: str
    state: Outcome
    counts: bool
    provider: str | None
    job_id: str | None
    video: str | None
    sha256: str | None
    bytes_: int | None
    seconds: float | None
    bought: int
    kept: int
    in_review: int
    lost: int
    cost: tuple[Money, ...]
    unpriced: int
    reserved: tuple[Money, ...]
    attempts: int
    code: str | None
    reason: str
    checks: Clip | None
    judgement: Judgement | None
    retakes: int
    portrait: str
    portrait_sha256: str
    prompt: str | None
    prompt_optimizer: bool
    take: int
    model: str
    tags: tuple[str, ...]
    metadata: Mapping[str, str | int | float | bool]
    intended_at: float | None
    accepted_at: float | None
    finished_at: float | None
    saved_at: float | None
    ended_at: float | None
    polls: int | None = None
    purged: bool = False
    anew: bool = False
    until: float | None = None

    @property
    def flagged(self) -> bool:
        """Return whether the video counts although a check found something."""
        return bool(self.kept and self.judgement and self.judgement.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Items that ended in the same state, with the same code, in the same words; `ids` are the first few of them.

    Nothing is tried about any of them before `until`, where that was told.
    """

    state: Outcome
    code: str | None
    reason: str
    count: int
    ids: tuple[str, ...]
    until: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The numbers that a report prints.

    `by_state` counts every item, `selected` those that the run was asked for, `wanted` those that the manifest has or
    that money hangs on; all hold all six words. `unpriced` items were bought, once at least, at a price nobody knows.
    `groups` are of wanted items, the commonest first; `ungrouped` ones had too rare a fault to be told apart.
    `anew` of the open ones were bought before, or may have been, and are bought again.
    `unfinished` are the open ones by reason, where somebody asked for that.
    `in_review` videos wait for a person, `flagged` ones count although a check found something. Of all videos,
    `bytes_` long and `seconds`, those that stand in `videos/` are `placed_bytes` and `placed_seconds`.
    """

    items: int
    by_state: Mapping[Outcome, int]
    selected: Mapping[Outcome, int]
    wanted: Mapping[Outcome, int]
    providers: Mapping[str, int]
    bought: int
    kept: int
    lost: int
    unpriced: int
    spent: tuple[Money, ...]
    reserved: tuple[Money, ...]
    bytes_: int
    seconds: float
    first_at: float | None
    last_at: float | None
    groups: tuple[Group, ...]
    ungrouped: int
    in_review: int = 0
    flagged: int = 0
    placed_bytes: int = 0
    placed_seconds: float = 0.0
    anew: int = 0
    unfinished: tuple[Group, ...] = ()

    @property
    def gone(self) -> Mapping[Outcome, int]:
        """Return how many items that left the manifest stand where, without those that nothing was done for."""
        counts = {state: count - self.wanted[state] for state, count in self.by_state.items()}
        return {state: count for state, count in counts.items() if count and state is not Outcome.SKIPPED}


def without_queries(text: str) -> str:
    """Return the text with user name, query string and fragment of every URL cut: a signed link is a secret."""
    return _URL.sub(r"\g<scheme>\g<place>", text) if "://" in text else text


def row(state: State) -> Row:
    """Return what a report says of one item."""
    item, lives = state.item, state.phase in PAID_PHASES
    done, waits, purged = (state.phase is phase for phase in (Phase.DONE, Phase.REVIEW, Phase.PURGED))
    return Row(
        id=state.label, key=item.key, state=outcome(state), counts=matters(state.phase, wanted=state.wanted),
        provider=state.provider, job_id=state.job_id, video=_video(state),
        sha256=state.sha256,
        bytes_=state.artifact.bytes_ if state.artifact and not purged else None,
        seconds=state.clip.seconds if state.clip else None,
        bought=state.bought, kept=int(done), in_review=int(waits), lost=state.bought - int(done or waits or lives),
        cost=state.spent, unpriced=state.unpriced, reserved=state.reserved, attempts=state.attempt,
        code=code_of(state), reason=_reason(state),
        checks=state.clip, judgement=state.judgement, retakes=state.retakes,
        portrait=without_queries(item.portrait.ref), portrait_sha256=item.portrait.sha256,
        prompt=item.prompt, prompt_optimizer=item.prompt_optimizer, take=item.take, model=item.model,
        tags=item.tags, metadata=item.metadata, intended_at=state.intended_at, accepted_at=state.accepted_at,
        finished_at=state.finished_at, saved_at=state.saved_at, ended_at=state.ended_at, polls=state.polls,
        purged=purged,
        anew=is_bought_anew(state.phase, bought=state.bought, unpriced=state.unpriced, reserved=state.reserved),
        until=state.due if state.due > state.due_told_at else None,
    )  # fmt: skip


def _video(state: State) -> str | None:
    """Return where the video stands in the run folder; None before it has a place."""
    if state.phase not in SHELVED:
        return None
    name = state.item.name if state.wanted else f"{state.label}.mp4"
    if state.phase is Phase.REVIEW:
        return f"review/{name}"
    return f"{'videos' if state.wanted else 'superseded'}/{name}"


def matters(phase: Phase, *, wanted: bool) -> bool:
    """Return whether an item counts for how a run ended: what is wanted and not purged, and what hangs on money."""
    return (wanted and phase is not Phase.PURGED) or phase in OPEN_PHASES


def is_bought_anew(phase: Phase, *, bought: int, unpriced: int, reserved: tuple[Money, ...]) -> bool:
    """Return whether an item is to be bought that was before, or may have been: its doubt was let go of."""
    return phase is Phase.PLANNED and bool(bought or unpriced or reserved)


def outcome(state: State) -> Outcome:
    """Return the report's word for an item."""
    return outcome_of(state.phase, wanted=state.wanted)


def outcome_of(phase: Phase, *, wanted: bool) -> Outcome:
    """Return the report's word for an item in a phase."""
    return Outcome.SKIPPED if phase is Phase.PLANNED and not wanted else OUTCOMES[phase]


OUTCOMES: Final[Mapping[Phase, Outcome]] = {
    Phase.PLANNED: Outcome.OPEN,
    Phase.IN_DOUBT: Outcome.IN_DOUBT,
    Phase.RUNNING: Outcome.OPEN,
    Phase.READY: Outcome.OPEN,
    Phase.SAVED: Outcome.OPEN,
    Phase.REVIEW: Outcome.REVIEW,
    Phase.DONE: Outcome.DONE,
    Phase.FAILED: Outcome.FAILED,
    Phase.PURGED: Outcome.SKIPPED,
}


def _reason(state: State) -> str:
    if state.phase is Phase.PLANNED and not state.wanted:
        return "no longer in the manifest"
    return without_queries(reason_of(state))
