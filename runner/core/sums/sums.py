"""The numbers of a run, summed up from the rows of a report, or from what the journal's index counts of items alike.

Both ways come to the same numbers: one reads every history, the other reads a few lines, however many items there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from math import inf
from types import MappingProxyType
from typing import Final

from ...judgement import IN_GENERAL
from ...model import Money
from ...values import dataclass
from ..life.lifecycle import Outcome
from ..life.money import totals
from ..life.state import PAID_PHASES, Phase, millis_of
from .tally import Group, Row, Summary, is_bought_anew, matters, outcome_of, without_queries

MOST_GROUPS: Final = 50  # kinds of trouble that are told apart; all further ones are only counted
MOST_IDS: Final = 10  # examples kept of each kind

_TROUBLE: Final = frozenset({Outcome.FAILED, Outcome.IN_DOUBT, Outcome.REVIEW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile:
    """`items` items that stand alike; `bought`, `unpriced`, `spent` and `reserved` are those of each of them.

    `bytes_` and `millis` (of a second) are those of all their videos together, `flagged` of which count although a
    check found something.
    """

    phase: Phase
    wanted: bool
    provider: str | None
    bought: int
    unpriced: int
    spent: tuple[Money, ...]
    reserved: tuple[Money, ...]
    items: int
    bytes_: int
    millis: int
    flagged: int

    def is_priced_in(self, currency: str) -> bool:
        """Return whether the price of all that was bought, or may have been, is known in this currency."""
        is_known = not self.unpriced and (self.phase is not Phase.IN_DOUBT or bool(self.reserved))
        return is_known and not any(each.micros for each in (*self.spent, *self.reserved) if each.currency != currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One item that came to no good end: what it is called, and why."""

    label: str
    phase: Phase
    code: str | None
    reason: str


def summarise(rows: Iterable[Row]) -> Summary:
    """Return the numbers of all rows, in one pass, in memory that does not grow with them."""
    sums = _Sums()
    for each in rows:
        sums.add(each)
    return sums.summary()


def summed(piles: Iterable[Pile], troubles: Iterable[Trouble], span: tuple[float | None, float | None]) -> Summary:
    """Return the same numbers from counts of items alike; `span` is the first and the last moment of all of them.

    The troubles come in the order of the rows.
    """
    sums = _Sums()
    for pile in piles:
        sums.add_pile(pile)
    for trouble in troubles:
        sums.add_trouble(trouble)
    for at in span:
        sums.note_time(at)
    return sums.summary()


def times(purse: Iterable[Money], count: int) -> tuple[Money, ...]:
    """Return `count` times what is in a purse."""
    return tuple(Money(micros=money.micros * count, currency=money.currency) for money in purse)


class _Sums:
    """The running totals of both ways; whole numbers only, so that the order of rows cannot move a digit."""

    def __init__(self) -> None:
        self._items = self._bought = self._kept = self._lost = self._unpriced = self._bytes = self._millis = 0
        self._anew = self._in_review = self._flagged = self._placed_bytes = self._placed_millis = 0
        self._by_state = dict.fromkeys(Outcome, 0)
        self._wanted = dict.fromkeys(Outcome, 0)
        self._providers: dict[str, int] = {}
        self._spent: tuple[Money, ...] = ()
        self._reserved: tuple[Money, ...] = ()
        self._first, self._last = inf, -inf
        self._groups: dict[tuple[Outcome, str | None, str], list[str]] = {}
        self._counts: Counter[tuple[Outcome, str | None, str]] = Counter()
        self._ungrouped = 0

    def add(self, each: Row) -> None:
        """Count one row."""
        self._items += 1
        self._by_state[each.state] += 1
        self._wanted[each.state] += each.counts
        self._anew += each.anew and each.counts
        self._count_purchase(each)
        is_placed = each.kept and each.counts
        self._count_film(each.bytes_ or 0, millis_of(each.seconds), is_placed=bool(is_placed))
        for at in (each.intended_at, each.accepted_at, each.finished_at, each.saved_at, each.ended_at):
            self.note_time(at)
        if each.state in _TROUBLE and each.counts:
            self._group(each.state, each.code, each.reason, each.id)

    def add_pile(self, pile: Pile) -> None:
        """Count items that stand alike."""
        state = outcome_of(pile.phase, wanted=pile.wanted)
        is_done, waits = pile.phase is Phase.DONE, pile.phase is Phase.REVIEW
        self._items += pile.items
        self._by_state[state] += pile.items
        counts = pile.items if matters(pile.phase, wanted=pile.wanted) else 0
        self._wanted[state] += counts
        is_anew = is_bought_anew(pile.phase, bought=pile.bought, unpriced=pile.unpriced, reserved=pile.reserved)
        self._anew += counts if is_anew else 0
        if pile.provider is not None:
            self._providers[pile.provider] = self._providers.get(pile.provider, 0) + pile.items
        self._bought += pile.bought * pile.items
        self._kept += is_done * pile.items
        self._in_review += waits * pile.items
        self._flagged += pile.flagged
        self._lost += (pile.bought - (is_done or waits or pile.phase in PAID_PHASES)) * pile.items
        self._unpriced += (pile.unpriced > 0) * pile.items
        self._spent = totals(*self._spent, *times(pile.spent, pile.items))
        self._reserved = totals(*self._reserved, *times(pile.reserved, pile.items))
        self._count_film(pile.bytes_, pile.millis, is_placed=is_done and pile.wanted)

    def add_trouble(self, trouble: Trouble) -> None:
        """Note why an item, which is counted with its pile, came to no good end."""
        state = outcome_of(trouble.phase, wanted=True)
        self._group(state, trouble.code, without_queries(trouble.reason), trouble.label)

    def note_time(self, at: float | None) -> None:
        """Note a moment at which something happened, if it did."""
        if at is not None:
            self._first, self._last = min(self._first, at), max(self._last, at)

    def _count_film(self, bytes_: int, millis: int, *, is_placed: bool) -> None:
        self._bytes += bytes_
        self._millis += millis
        self._placed_bytes += bytes_ if is_placed else 0
        self._placed_millis += millis if is_placed else 0

    def _count_purchase(self, each: Row) -> None:
        if each.provider is not None:
            self._providers[each.provider] = self._providers.get(each.provider, 0) + 1
        self._bought += each.bought
        self._kept += each.kept
        self._in_review += each.in_review
        self._flagged += each.flagged
        self._lost += each.lost
        self._unpriced += each.unpriced > 0
        self._spent = totals(*self._spent, *each.cost)
        self._reserved = totals(*self._reserved, *each.reserved)

    def _group(self, state: Outcome, code: str | None, reason: str, id_: str) -> None:
        kind = (state, code, _in_general(state, code) or reason)
        if kind not in self._groups and len(self._groups) >= MOST_GROUPS:
            self._ungrouped += 1
            return
        self._counts[kind] += 1
        ids = self._groups.setdefault(kind, [])
        if len(ids) < MOST_IDS:
            ids.append(id_)

    def summary(self) -> Summary:
        """Return what was counted so far."""
        any_time, wanted = self._first <= self._last, MappingProxyType(self._wanted)
        return Summary(
            items=self._items, by_state=MappingProxyType(self._by_state), selected=wanted, wanted=wanted,
            providers=MappingProxyType(dict(sorted(self._providers.items()))),
            bought=self._bought, kept=self._kept, lost=self._lost, unpriced=self._unpriced,
            spent=self._spent, reserved=self._reserved,
            bytes_=self._bytes, seconds=self._millis / 1000,
            first_at=self._first if any_time else None, last_at=self._last if any_time else None,
            groups=tuple(
                Group(state=state, code=code, reason=reason, count=count, ids=tuple(self._groups[state, code, reason]))
                for (state, code, reason), count in self._counts.most_common()
            ),
            ungrouped=self._ungrouped, in_review=self._in_review, flagged=self._flagged,
            placed_bytes=self._placed_bytes, placed_seconds=self._placed_millis / 1000,
            anew=self._anew,
        )  # fmt: skip


def _in_general(state: Outcome, code: str | None) -> str | None:
    """Return the words by which videos are told together that did not pass the same check: their figures all differ."""
    return _IN_GENERAL.get(code or "") if state is Outcome.REVIEW else None


_IN_GENERAL: Final[Mapping[str, str]] = {str(check): words for check, words in IN_GENERAL.items()}
