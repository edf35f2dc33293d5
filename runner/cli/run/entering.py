"""The journal and the files of a run folder brought up to a plan, which streams by without being held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field
from itertools import compress

from ...core.life.lifecycle import apply
from ...core.life.state import SHELVED, Entry, State, index_of
from ...core.plan.plan import Plan
from ...core.plan.update import Update, updates
from ...edge.folder.shelf import Shelf
from ...edge.journal.header import ENTERED
from ...edge.journal.journal import Journal
from ...events import Event, Planned, Retired, Stamped
from ...values import dataclass


def enter(book: Journal, shelf: Shelf, plan: Plan, now: float) -> None:
    """Bring journal and files up to the plan: new items planned, gone ones retired, renamed videos moved.

    The header learns of it last, so that a run that died on the way leaves all of it to the next.
    """
    if not book.last_seq():
        book.write_all(_entries(book, updates(plan.placed(), _nothing), (), now))
    else:
        survey = _surveyed(book, plan, now)
        shelf.rehome(survey.moves)
        news = updates(compress(plan.placed(), survey.news), book.tellings)
        book.write_all(_entries(book, news, survey.gone, now))
        shelf.retell(survey.moves)
    book.set_header(**{ENTERED: plan.digest})


@dataclass(slots=True)
class _Survey:
    """What must be known of a plan before its first item is written: the moves of whole videos, and what left.

    `news` is a byte for each item of the plan: 1 where the journal has to learn something.
    """

    news: bytearray = field(default_factory=bytearray)
    moves: list[tuple[State, State]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    def note(self, before: State | None, event: Event, now: float) -> None:
        """Note the change of one known item."""
        if before is not None and before.phase in SHELVED:
            self.moves.append((before, apply(before, Stamped(at=now, event=event))))


def _surveyed(book: Journal, plan: Plan, now: float) -> _Survey:
    survey, kept = _Survey(), 0
    for update in updates(plan.placed(), book.tellings):
        survey.news.append(update.is_news)
        kept += update.before is not None and update.before.wanted
        if update.event is not None and update.before is not None:
            survey.note(book.state(update.key), update.event, now)
    if sum(book.counts().values()) != kept:
        keys = {item.key for item in plan.items}
        survey.gone += [key for key in book.wanted() if key not in keys]
    for key in survey.gone:
        survey.note(book.state(key), Retired(), now)
    return survey


def _nothing(keys: Iterable[str]) -> Iterator[None]:
    """Answer for a journal that knows no item."""
    return (None for _ in keys)


def _entries(book: Journal, news: Iterable[Update], gone: Iterable[str], now: float) -> Iterator[Entry]:
    for update in news:
        if update.event is not None:
            before = book.state(update.key) if update.before else None
            stamped = Stamped(at=now, event=update.event)
            index = index_of(_after(before, stamped))
            yield Entry(key=update.key, stamped=[stamped], index=index, position=update.position)
        elif update.is_news and (known := book.index_entry(update.key)) is not None:
            yield Entry(key=update.key, stamped=(), index=known, position=update.position)
    for key in gone:
        stamped = Stamped(at=now, event=Retired())
        yield Entry(key=key, stamped=[stamped], index=index_of(_after(book.state(key), stamped)))


def _after(state: State | None, stamped: Stamped) -> State:
    if state is not None:
        return apply(state, stamped)
    assert isinstance(stamped.event, Planned)
    return State(item=stamped.event.item)
