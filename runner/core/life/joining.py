"""One history of an item out of those that several run folders tell: nothing paid for is lost, nothing is invented.

The *life* of an item is what happened to it: every fact but `Planned` and `Retired`, which say what a manifest wants
and cost nothing. Facts carry their times, so two folders tell the same fact only where one is a copy of the other.

- That a person was purged, and that this was lifted, is no part of it either: folders are purged one by one, each at
  its own time. A fact is the same without the words that this took, and what was bought before it stays gone: a purged
  history learns of further purchases alone.
- A life that stands whole in another one says nothing new: the same life, a beginning of it, or no life at all.
- A longer life continues the one that is known.
- Lives that collected one purchase each by itself are one (`collecting_twice`): the one that came further follows.
- Lives that fork are folders that went on without each other. Where both bought, both were paid, and no order of their
  facts is the true one, so they are not joined by themselves. Who asks for both gets one behind the other, the better
  end last, so that every job counts and one video stands; but only where nothing of the others is open any more, for
  an item waits for one job at a time, and the other would be out of reach.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ...events import Intended, Stamped
from ...values import dataclass
from .collecting_twice import bought_anew, gist, is_said, is_word_against_word, life, news_of, rejected_in, shared
from .lifecycle import fold
from .purging import is_purged
from .state import OPEN_PHASES, Phase

_OPEN: Final = 4
_RANK: Final = {Phase.PLANNED: 0, Phase.PURGED: 0, Phase.FAILED: 1, Phase.REVIEW: 2, Phase.DONE: 3} | dict.fromkeys(
    OPEN_PHASES, _OPEN
)
"""Which of several ends stands: an open one can still come home, and what is done is better than what waits for a
person, which is better than what failed."""

History = Sequence[Stamped]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """Lives of one item that went on without each other; `why` says why they cannot be put behind each other.

    `is_one` says that they begin with one purchase, of which there are not two to be kept, and `is_word` that nothing
    but a person's word on one video parts them.
    """

    why: str
    is_one: bool = False
    is_word: bool = False


def tells(history: History, other: History) -> bool:
    """Return whether the life of `other` stands whole in that of `history`."""
    whole, part = gist(history), gist(other)
    return any(whole[at : at + len(part)] == part for at in range(len(whole) - len(part) + 1))


def is_nothing_missed(history: History, other: History) -> bool:
    """Return whether `history` lacks nothing of the life of `other`, or nothing that a merge would bring.

    That is how one purchase failed there, too, how a video came home there that a person rejected here, and what
    became there of a purchase that was purged here.
    """
    if tells(history, other):
        return True
    rejected, there = rejected_in(history), fold(other)
    is_dismissed = rejected is not None and rejected.job == there.job and is_every_purchase_told(history, other)
    return (there.phase is Phase.FAILED or is_dismissed or is_purged(history)) and addition(history, [other]) == []


def is_every_purchase_told(history: History, other: History) -> bool:
    """Return whether each purchase in the life of `other` stands in that of `history`, whatever came of it."""
    told = gist(history)
    return all(stamped in told for stamped in gist(other) if isinstance(stamped.event, Intended))


def addition(known: History, others: Iterable[History], *, both: bool = False) -> list[Stamped] | Fork:
    """Return the facts that are to follow `known` (which may be empty), so that it tells what the others tell.

    With `both`, lives that fork are put behind each other where that loses nothing.
    """
    told, forks = list(known), list[History]()
    for other in sorted(others, key=lambda history: len(life(history)), reverse=True):
        if not told or _continues(other, told):
            more = _behind(other, len(life(told)))
            told += bought_anew(more) if is_purged(told) else more
        elif not any(tells(each, other) for each in (told, *forks)):
            news = _news_of(told, other, stands=both and bool(life(known)))
            if news is None:
                forks.append(other)
            else:
                told += news
    if not forks:
        return told[len(known) :]
    if not both or any(_is_word(told, other) for other in forks):
        return _fork(told, forks)
    if life(known):
        joined = _in_a_row([told], forks)
        return joined if isinstance(joined, Fork) else joined[len(known) :]
    return _in_a_row([], [told[len(known) :], *forks])


def _news_of(told: History, other: History, *, stands: bool) -> list[Stamped] | None:
    """Return what `told` learns of a life that is no continuation, or None; its own word on a video may stand."""
    if not shared(told, other):
        return None
    return [] if stands and is_word_against_word(told, other) else news_of(told, other)


def _is_word(told: History, other: History) -> bool:
    return bool(shared(told, other)) and is_word_against_word(told, other)


def _fork(told: History, forks: Iterable[History]) -> Fork:
    if any(_is_word(told, other) for other in forks):
        return Fork(why="one video was kept in one of them and rejected in another", is_one=True, is_word=True)
    if any(shared(told, other) for other in forks):
        return Fork(why="they are copies of one folder that both went on with the same purchase", is_one=True)
    return Fork(why="they went on without each other")


def _continues(history: History, told: History) -> bool:
    lived, longer = gist(told), gist(history)
    return len(longer) > len(lived) and longer[: len(lived)] == lived


def _behind(history: History, count: int) -> History:
    """Return what follows the first `count` facts of a life; the whole history where there are none."""
    for at, stamped in enumerate(history):
        if count == 0:
            return history[at:]
        count -= not is_said(stamped.event)
    return []


def _in_a_row(written: Sequence[History], free: Sequence[History]) -> list[Stamped] | Fork:
    """Return all strands, one behind the other: what is written stays first, and of the others the best is last."""
    strands = [*written, *sorted(free, key=_standing)]
    if any(fact in gist(other) for n, strand in enumerate(strands) for fact in gist(strand) for other in strands[:n]):
        return Fork(why="they are copies of one folder that both went on with the same purchase")
    ranks = [_standing(strand)[0] for strand in strands]
    if any(rank == _OPEN for rank in ranks[:-1]):
        return Fork(why="more than one of them is still open: bring each to its end first (s2v fetch, s2v resolve)")
    if ranks[-1] < max(ranks):
        return Fork(why="the one that is done is written already: merge all of them into a new folder")
    return [stamped for strand in strands for stamped in strand]


def _standing(history: History) -> tuple[int, float]:
    state = fold(history)
    return _RANK[state.phase], state.intended_at or 0.0
