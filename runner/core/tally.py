"""What a report says of one item (`Row`), and of all of them (`Summary`).

Every job that was bought is in one of four places, so that the books balance:
`bought = kept + in review + lost + under way`.
Words of a provider lose the query string of every URL here, at the source, because a signed link is a secret.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from types import MappingProxyType
from typing import Final

from ..judgement import IN_GENERAL, Judgement
from ..model import Clip, Money
from .lifecycle import Outcome
from .money import totals
from .state import Phase, State

MOST_GROUPS: Final = 50  # kinds of trouble that are told apart; all further ones are only counted
MOST_IDS: Final = 10  # examples kept of each kind

_URL: Final = re.compile(
    r"""(?P<scheme>\b[a-z][a-z0-9+.-]*://) (?:[^\s/?#@"'<>]*@)? (?P<place>[^\s?#"'<>]*) (?:[?#][^\s"'<>]*)?""",
    re.IGNORECASE | re.VERBOSE,
)
_JOB_LIVES: Final = frozenset({Phase.RUNNING, Phase.READY, Phase.SAVED})
_TROUBLE: Final = frozenset({Outcome.FAILED, Outcome.IN_DOUBT, Outcome.REVIEW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a report says of one item; made by `row`, and free of anything secret.

    `counts` is False for what the run was not asked for. `lost` counts the jobs that were paid for and brought no
    video that counts, `kept` is 1 when the video stands under its final name, `in_review` when it waits for a person.
    `code` is the provider's, or the check that a video did not pass. `cost` is spent, one amount for each currency, and
    `unpriced` counts the jobs that are not in it. `reserved` hangs on requests without an answer.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Items that ended in the same state, with the same code, in the same words; `ids` are the first few of them."""

    state: Outcome
    code: str | None
    reason: str
    count: int
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The numbers that a report prints.

    `by_state` counts every item, `selected` those that the run was asked for; both hold all six words. `unpriced`
    items were bought, once at least, at a price nobody knows. `groups` are the commonest first; `ungrouped` items had
    too rare a fault to be told apart. `in_review` videos wait for a person, `flagged` ones count although a check
    found something; both are 0 in the numbers of a program that knew neither.
    """

    items: int
    by_state: Mapping[Outcome, int]
    selected: Mapping[Outcome, int]
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


def without_queries(text: str) -> str:
    """Return the text with user name, query string and fragment of every URL cut: a signed link is a secret."""
    return _URL.sub(r"\g<scheme>\g<place>", text) if "://" in text else text


def row(state: State, *, selected: bool = True) -> Row:
    """Return what a report says of one item; `selected` is False for what this run was not asked for."""
    item, lives = state.item, state.phase in _JOB_LIVES
    done, waits = state.phase is Phase.DONE, state.phase is Phase.REVIEW
    return Row(
        id=state.label, key=item.key, state=outcome(state, selected=selected),
        counts=selected and matters(state.phase, wanted=state.wanted),
        provider=state.provider, job_id=state.job_id, video=_video(state),
        sha256=state.artifact.sha256 if state.artifact else None,
        bytes_=state.artifact.bytes_ if state.artifact else None,
        seconds=state.clip.seconds if state.clip else None,
        bought=state.bought, kept=int(done), in_review=int(waits), lost=state.bought - int(done or waits or lives),
        cost=state.spent, unpriced=state.unpriced, reserved=state.reserved, attempts=state.attempt,
        code=_code(state), reason=_reason(state, selected=selected),
        checks=state.clip, judgement=state.judgement, retakes=state.retakes,
        portrait=without_queries(item.portrait.ref), portrait_sha256=item.portrait.sha256,
        prompt=item.prompt, prompt_optimizer=item.prompt_optimizer, take=item.take, model=item.model,
        tags=item.tags, metadata=item.metadata, intended_at=state.intended_at, accepted_at=state.accepted_at,
        finished_at=state.finished_at, saved_at=state.saved_at, ended_at=state.ended_at,
    )  # fmt: skip


def _video(state: State) -> str | None:
    """Return where the video stands in the run folder of what the manifest wants; None before it has a place."""
    if state.phase is Phase.REVIEW:
        return f"review/{state.item.name if state.wanted else f'{state.label}.mp4'}"
    return f"videos/{state.item.name}" if state.phase is Phase.DONE else None


def _code(state: State) -> str | None:
    if state.verdict is not None:
        return state.verdict.code
    worst = state.judgement.worst if state.judgement and state.phase is not Phase.DONE else None
    return worst.check if worst else None


def matters(phase: Phase, *, wanted: bool) -> bool:
    """Return whether an item counts for how a run ended: what the manifest wants, and what hangs on money still."""
    return wanted or phase in _JOB_LIVES or phase is Phase.IN_DOUBT


def outcome(state: State, *, selected: bool = True) -> Outcome:
    """Return the report's word for an item."""
    if state.phase is Phase.PLANNED and not (state.wanted and selected):
        return Outcome.SKIPPED
    return OUTCOMES[state.phase]


OUTCOMES: Final[Mapping[Phase, Outcome]] = {
    Phase.PLANNED: Outcome.OPEN,
    Phase.IN_DOUBT: Outcome.IN_DOUBT,
    Phase.RUNNING: Outcome.OPEN,
    Phase.READY: Outcome.OPEN,
    Phase.SAVED: Outcome.OPEN,
    Phase.REVIEW: Outcome.REVIEW,
    Phase.DONE: Outcome.DONE,
    Phase.FAILED: Outcome.FAILED,
}


def _kind_of_reason(each: Row) -> str:
    """Return the words by which troubles of one kind are told together."""
    if each.state is Outcome.REVIEW and each.judgement is not None and each.judgement.worst is not None:
        return IN_GENERAL[each.judgement.worst.check]
    return each.reason


def _reason(state: State, *, selected: bool) -> str:
    if outcome(state, selected=selected) is Outcome.SKIPPED:
        return "not selected" if state.wanted else "no longer in the manifest"
    if state.verdict and state.verdict.words and state.note == str(state.verdict):
        return without_queries(state.verdict.words)
    return without_queries(state.note or _PLAIN_REASONS[state.phase])


_PLAIN_REASONS: Final[Mapping[Phase, str]] = {
    Phase.PLANNED: "not yet bought",
    Phase.IN_DOUBT: "the run stopped while the request was under way",
    Phase.RUNNING: "still at the provider",
    Phase.READY: "made, not yet fetched",
    Phase.SAVED: "fetched, not yet checked",
    Phase.REVIEW: "did not pass its checks",
    Phase.DONE: "",
    Phase.FAILED: "no reason was given",
}


def summarise(rows: Iterable[Row]) -> Summary:
    """Return the numbers of all rows, in one pass, in memory that does not grow with them."""
    sums = _Sums()
    for each in rows:
        sums.add(each)
    return sums.summary()


class _Sums:
    """The running totals of `summarise`; whole numbers only, so that the order of rows cannot move a digit."""

    def __init__(self) -> None:
        self._items = self._bought = self._kept = self._lost = self._unpriced = self._bytes = self._millis = 0
        self._in_review = self._flagged = 0
        self._by_state = dict.fromkeys(Outcome, 0)
        self._selected = dict.fromkeys(Outcome, 0)
        self._providers: dict[str, int] = {}
        self._spent: tuple[Money, ...] = ()
        self._reserved: tuple[Money, ...] = ()
        self._first, self._last = inf, -inf
        self._piles: dict[tuple[Outcome, str | None, str], list[str]] = {}
        self._counts: Counter[tuple[Outcome, str | None, str]] = Counter()
        self._ungrouped = 0

    def add(self, each: Row) -> None:
        """Count one row."""
        self._items += 1
        self._by_state[each.state] += 1
        self._selected[each.state] += each.counts
        self._count_purchase(each)
        self._bytes += each.bytes_ or 0
        self._millis += round((each.seconds or 0.0) * 1000)
        self._note_times(each)
        if each.state in _TROUBLE:
            self._pile_up(each)

    def _count_purchase(self, each: Row) -> None:
        if each.provider is not None:
            self._providers[each.provider] = self._providers.get(each.provider, 0) + 1
        self._bought += each.bought
        self._kept += each.kept
        self._in_review += each.in_review
        self._flagged += each.kept and each.judgement is not None and bool(each.judgement.findings)
        self._lost += each.lost
        self._unpriced += each.unpriced > 0
        self._spent = totals(*self._spent, *each.cost)
        self._reserved = totals(*self._reserved, *each.reserved)

    def _note_times(self, each: Row) -> None:
        for at in (each.intended_at, each.accepted_at, each.finished_at, each.saved_at, each.ended_at):
            if at is not None:
                self._first, self._last = min(self._first, at), max(self._last, at)

    def _pile_up(self, each: Row) -> None:
        kind = (each.state, each.code, _kind_of_reason(each))
        if kind not in self._piles and len(self._piles) >= MOST_GROUPS:
            self._ungrouped += 1
            return
        self._counts[kind] += 1
        ids = self._piles.setdefault(kind, [])
        if len(ids) < MOST_IDS:
            ids.append(each.id)

    def summary(self) -> Summary:
        """Return what was counted so far."""
        any_time = self._first <= self._last
        return Summary(
            items=self._items, by_state=MappingProxyType(self._by_state), selected=MappingProxyType(self._selected),
            providers=MappingProxyType(dict(sorted(self._providers.items()))),
            bought=self._bought, kept=self._kept, lost=self._lost, unpriced=self._unpriced,
            spent=self._spent, reserved=self._reserved,
            bytes_=self._bytes, seconds=self._millis / 1000,
            first_at=self._first if any_time else None, last_at=self._last if any_time else None,
            groups=tuple(
                Group(state=state, code=code, reason=reason, count=count, ids=tuple(self._piles[state, code, reason]))
                for (state, code, reason), count in self._counts.most_common()
            ),
            ungrouped=self._ungrouped, in_review=self._in_review, flagged=self._flagged,
        )  # fmt: skip
