"""The end of a run: the reports, how it went in words, and the exit code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ...core.life.lifecycle import Outcome
from ...core.sums.ending import Conclusion, Ending, exit_code
from ...core.sums.tally import Summary
from ...edge.journal.journal import Journal
from ...errors import Halt
from .. import github
from ..books import facts_here
from ..outcome import idle_words, show_advice, show_summary, show_troubles, standing
from ..reporting import are_reports_current, note_asked, paper_of, summary_of, write_reports
from .order import Asked, Order
from .untried import answered_for

DOCUMENT: Final = "report.json"
_FIRST: Final[Mapping[Ending, str]] = {
    Ending.AUTH_CLOSED: "mend the key or the account, which s2v doctor looks at",
    Ending.QUOTA_CLOSED: "add to the balance at the provider",
}
"""What is to be mended before the same command goes on."""


def conclude(order: Order, book: Journal, conclusion: Conclusion) -> int:
    """Write the reports, say how it went, and return the exit code; raise FolderError when the folder is gone."""
    book.require_in_place()
    is_idle = are_reports_current(book, order.folder) and conclusion.ending is Ending.FINISHED
    counts = standing(_standings(book, answered_for(order)), only_paid=not order.buys)
    is_whole = order.asked is None and order.buys
    summary = _report(order, book, conclusion, counts=None if is_whole else counts)
    if conclusion.why:
        order.screen.warn(f"stopped: {conclusion.why}")
    say = order.screen.tell if order.args.events else order.screen.say
    here = facts_here(book, order.folder, is_own=True)
    if order.args.json:
        _give_document(order, book)
    elif is_idle:
        say(idle_words(counts, order.folder))
        if {*counts} - {Outcome.DONE}:
            told = summary_of(book)
            show_troubles(say, told)
            show_advice(say, told, here)
    else:
        show_summary(say, summary or summary_of(book), here, order.folder, first=_FIRST.get(conclusion.ending))
    return exit_code(counts, conclusion.ending)


def _give_document(order: Order, book: Journal) -> None:
    """Print the report for programs, also where no file could be written."""
    if are_reports_current(book, order.folder):
        order.screen.give((order.folder / DOCUMENT).read_text(encoding="utf-8").rstrip("\n"))
    else:
        order.screen.stream(paper_of(book, DOCUMENT, None))


def _standings(book: Journal, asked: Asked) -> Iterator[tuple[str, bool, bool, int]]:
    """Give the counts of what was asked for; who asks for everything asks for what left the manifest, too."""
    if asked is None:
        yield from book.standings()
        return
    for entry in filter(None, map(book.index_entry, asked)):
        yield entry.phase, entry.wanted, entry.job_id is not None, 1


def _report(
    order: Order, book: Journal, conclusion: Conclusion, *, counts: Mapping[Outcome, int] | None
) -> Summary | None:
    """Write the report files; None where they are as they should be.

    After a halt the disk may refuse them too, which is already said.
    """
    try:
        note_asked(book, counts)
        if are_reports_current(book, order.folder):
            return None
        summary = write_reports(book, order.folder)
    except Halt:
        if conclusion.ending is not Ending.HALTED:
            raise
        return summary_of(book)
    github.annotate_summary(order.screen, summary, order.folder / "report.md")
    return summary
