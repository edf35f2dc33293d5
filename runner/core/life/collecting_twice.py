"""Two lives of an item that went on from one purchase, in folders of which one is a copy of the other.

Whoever collects a job that was bought before writes facts that cost nothing: each of the two folders asked, waited,
fetched and checked by itself. So neither is a second purchase, and the one that came further says it all. A *decision*
is another matter: a further purchase, or the word of a person. It follows what the other folder has merely collected;
where both decided, and not alike, they fork.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ...events import (
    Broke,
    Checked,
    Event,
    Finished,
    GaveUpWaiting,
    Intended,
    Judged,
    Planned,
    Purged,
    Requeued,
    Retired,
    Reviewed,
    Saved,
    Seen,
    Spoiled,
    Stalled,
    Stamped,
)
from ...values import replace
from .lifecycle import fold
from .purging import LIFTED, emptied, is_purged
from .state import Phase, State

_COLLECTS: Final = (Seen, Stalled, GaveUpWaiting, Finished, Broke, Saved, Checked, Judged, Spoiled, Requeued)
_WAY: Final = (Phase.RUNNING, Phase.FAILED, Phase.READY, Phase.SAVED, Phase.REVIEW, Phase.DONE)
"""How far a purchase has come. What is ready can still come home, so it is better than what failed."""
_COLLECTED: Final = frozenset(_WAY[:4])
"""Where no video stands in a place that a decision of another folder would belie."""
_SAID: Final = (Planned, Purged, Retired)

History = Sequence[Stamped]


def is_said(event: Event) -> bool:
    """Return whether a fact is no part of a life: words of a manifest, and a purge, each folder at its own time."""
    return isinstance(event, _SAID) or event == Requeued(by=LIFTED)


def life(history: History) -> list[Stamped]:
    """Return what happened to an item, without what a manifest said of it."""
    return [stamped for stamped in history if not is_said(stamped.event)]


def gist(history: History) -> list[Stamped]:
    """Return a life without the words that a purge takes: so it is held against another one, purged or not."""
    return [replace(stamped, event=emptied(stamped.event)) for stamped in life(history)]


def shared(told: History, history: History) -> int:
    """Return how many facts two lives begin with alike; 0 where no purchase is among them."""
    one, other = gist(told), gist(history)
    count = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return count if any(isinstance(stamped.event, Intended) for stamped in one[:count]) else 0


def news_of(told: History, other: History) -> list[Stamped] | None:
    """Return the facts of the life in `other` that are to follow `told`, or None where the two fork."""
    mine, news = _apart(told, other)
    if is_purged(told):
        return _bought_beyond(bought_anew(mine), bought_anew(news))
    if not mine or not news:
        return [*news]
    decided, wanted = _decisions(mine), _decisions(news)
    if decided is None or wanted is None or not _agree(decided, wanted):
        return None
    here, there = fold(told).phase, fold(other).phase
    if len(wanted) > len(decided):
        return [*news] if _may_follow(here, decided, wanted) else None
    is_further = not decided and here in _WAY and there in _WAY and _WAY.index(there) > _WAY.index(here)
    return [*news] if is_further else []


def bought_anew(tail: History) -> History:
    """Return a tail from its first purchase on; what is before it goes on with one that was made before."""
    return tail[next((n for n, stamped in enumerate(tail) if isinstance(stamped.event, Intended)), len(tail)) :]


def _bought_beyond(mine: History, news: History) -> list[Stamped] | None:
    """Return what was bought there beyond what was bought here, None where each bought something else."""
    both = min(len(mine), len(news))
    return [*news[both:]] if gist(mine[:both]) == gist(news[:both]) else None


def _may_follow(here: Phase, decided: list[Event], wanted: list[Event]) -> bool:
    """Return whether what is `wanted` there, beyond what was `decided` here, belies no video that stands here."""
    match here:
        case Phase.PLANNED:
            return bool(decided)
        case Phase.REVIEW:
            return not _buys(wanted)
        case Phase.DONE:  # by its checks alone, so a person may have kept or rejected it there
            return isinstance(wanted[0], Reviewed)
        case _:
            return here in _COLLECTED


def is_word_against_word(told: History, other: History) -> bool:
    """Return whether nothing but a person's word on one video parts two lives."""
    mine, news = (_decisions(tail) for tail in _apart(told, other))
    return bool(mine and news) and all(isinstance(event, Reviewed) for event in [*(mine or ()), *(news or ())])


def rejected_in(history: History) -> State | None:
    """Return an item as it was when a person rejected its video last, None where nobody did."""
    last = max((n for n, each in enumerate(history) if each.event == Reviewed(decision="reject")), default=0)
    return fold(history[:last]) if last else None


def still_rejected(history: History) -> State | None:
    """Return an item as it was when its video was rejected, None once anything was asked of a provider since."""
    last = max((n for n, each in enumerate(history) if each.event == Reviewed(decision="reject")), default=0)
    is_still = all(isinstance(each.event, Planned | Retired | Requeued) for each in history[last + 1 :])
    return rejected_in(history) if is_still else None


def _apart(one: History, other: History) -> tuple[History, History]:
    """Return what each of two lives tells behind what both tell."""
    count = shared(one, other)
    mine, news = gist(one)[count:], gist(other)[count:]
    for known in range(len(news), 0, -1):  # what was joined before stands behind what the first had collected
        for at in range(len(mine) - known + 1):
            if mine[at : at + known] == news[:known]:
                return life(one)[count + at + known :], life(other)[count + known :]
    return life(one)[count:], life(other)[count:]


def _decisions(tail: History) -> list[Event] | None:
    """Return what was decided in a tail; None where something else than collecting came before the first of it."""
    decided = [stamped.event for stamped in tail if _decides(stamped.event)]
    first = next((n for n, stamped in enumerate(tail) if _decides(stamped.event)), len(tail))
    return decided if all(isinstance(stamped.event, _COLLECTS) for stamped in tail[:first]) else None


def _agree(one: list[Event], other: list[Event]) -> bool:
    """Return whether two folders decided alike as far as both did, and not on a purchase each."""
    both = min(len(one), len(other))
    return one[:both] == other[:both] and not _buys(one[:both])


def _buys(decided: list[Event]) -> bool:
    return any(isinstance(event, Intended) for event in decided)


def _decides(event: Event) -> bool:
    match event:
        case Intended() | Reviewed() | Requeued(refetch=False) | Judged(decision="retake"):
            return True
        case _:
            return False
