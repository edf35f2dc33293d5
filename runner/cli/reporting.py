"""The reports, written from the journal, and the numbers of a run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from itertools import chain
from pathlib import Path
from typing import Final

from ..core.life.lifecycle import Outcome
from ..core.life.state import PAID_PHASES, UNANSWERED, Phase
from ..core.sums.sums import summarise, summed
from ..core.sums.tally import OUTCOMES, Group, Row, Summary, row
from ..core.sums.unfinished import Unfinished, unfinished
from ..edge.disk.files import Files
from ..edge.journal import header as keys
from ..edge.journal.codec import from_json, to_json
from ..edge.journal.journal import Journal
from ..edge.journal.spool import row_spool
from ..edge.portrait.thumbs import FOLDER as THUMBS
from ..edge.portrait.thumbs import draw_thumbs
from ..report.page import MOST_CARDS
from ..report.papers import PAPERS, pieces, pieces_together
from ..values import replace
from .books import facts, files_of, note


def rows(book: Journal) -> Iterator[Row]:
    """Give the row of every item, in the order of the plan."""
    return (row(state) for state in book.states())


def write_reports(book: Journal, folder: Path, files: Files | None = None) -> Summary:
    """Write every report file anew from the journal, which is open to be written; the same journal, the same bytes.

    The journal remembers from what state of it they were written, and the numbers in them.
    """
    run, door, (summary, told) = facts(book), files or files_of(book), told_rows(book)
    door.write_all_whole([folder / name for name in PAPERS], pieces_together(PAPERS.values(), run, summary, told))
    if summary.items <= MOST_CARDS:
        portraits = {each.portrait_sha256: each.portrait for each in told}
        source = (folder / book.header[keys.MANIFEST_FROM_FOLDER]).parent
        draw_thumbs(folder / THUMBS, portraits, source=source, files=door)
    book.set_header(**{keys.REPORTED: _report_mark(book), keys.SUMMARY: json.dumps(to_json(summary))})
    return summary


def paper_of(book: Journal, name: str, holder: str | None) -> Iterator[str]:
    """Give one of the report files anew, piece by piece; `holder` says who is at work meanwhile."""
    return pieces(PAPERS[name], replace(facts(book), holder=holder), *told_rows(book, holder))


def told_rows(book: Journal, holder: str | None = None) -> tuple[Summary, Iterable[Row]]:
    """Return the numbers of the whole run and its rows, for which the journal is folded only once."""
    spool, left = row_spool(), Unfinished()

    def kept() -> Iterator[Row]:
        for each in rows(book):
            told = meanwhile(each, holder)
            spool.append(told)
            left.add(told)
            yield told

    summary = _as_asked(book, _without_being_bought(summarise(kept())))
    return replace(summary, unfinished=left.groups()), spool


def unfinished_of(book: Journal) -> tuple[Group, ...]:
    """Return the open items by reason; those that nothing was ever asked for are counted by the index alone."""
    counts = Counter[bool]()
    for pile in book.piles():
        if pile.phase is Phase.PLANNED and pile.wanted:
            counts[pile.provider is None] += pile.items
    again = book.asked_again() if counts[False] else ()
    return unfinished(map(row, chain(book.states_in(PAID_PHASES), again)), untried=counts[True])


def meanwhile(told: Row, holder: str | None) -> Row:
    """Return a row without the word that the run stopped, where a `holder` is at work and may just be buying it."""
    return replace(told, reason=_UNDER_WAY) if holder and _is_under_way(told.state, told.reason) else told


def are_reports_current(book: Journal, folder: Path) -> bool:
    """Return whether the report files were written from the journal as it is now."""
    return book.header.get(keys.REPORTED) == _report_mark(book) and all((folder / name).is_file() for name in PAPERS)


def summary_of(book: Journal, holder: str | None = None) -> Summary:
    """Return the numbers of the whole run: those of the last report where nothing happened since.

    Else they come from the index, and no history is folded. What a `holder` is just buying is no trouble.
    """
    header = book.header
    is_current = keys.SUMMARY in header and header.get(keys.REPORTED) == _report_mark(book)
    told = json.loads(header[keys.SUMMARY]) if is_current else {}
    if told.keys() >= _NUMBERS:  # a program that knew fewer numbers may have written them
        return from_json(Summary, told)
    found = book.troubles()
    troubles = (each for each in found if not (holder and _is_under_way(OUTCOMES[each.phase], each.reason)))
    return _as_asked(book, summed(book.piles(), troubles, book.span()))


_UNDER_WAY: Final = "the request is under way, or was when an earlier run stopped"


def _is_under_way(state: Outcome, reason: str) -> bool:
    """Return whether an item is in doubt for no reason but that no answer is known, which a run at work may await."""
    return state is Outcome.IN_DOUBT and reason == UNANSWERED


def _without_being_bought(summary: Summary) -> Summary:
    return replace(summary, groups=tuple(group for group in summary.groups if group.reason != _UNDER_WAY))


_NUMBERS: Final = frozenset(each.name for each in fields(Summary))


def note_asked(book: Journal, counts: Mapping[Outcome, int] | None) -> None:
    """Remember for the reports how many of the items that a run was asked for stand where; None means of all items."""
    note(book, keys.ASKED, "" if counts is None else json.dumps({state: counts.get(state, 0) for state in Outcome}))


def _as_asked(book: Journal, summary: Summary) -> Summary:
    told = book.header.get(keys.ASKED)
    if not told:
        return summary
    counts: Mapping[str, int] = json.loads(told)
    return replace(summary, selected={Outcome(state): count for state, count in counts.items()})


def _report_mark(book: Journal) -> str:
    header = book.header
    known = [str(book.last_seq()), header[keys.PLAN_DIGEST], header[keys.MANIFEST_DIGEST], header[keys.RUNNER_VERSION]]
    return " ".join([*known, *(header[name] for name in (keys.ASKED, keys.FORECAST) if header.get(name))])
