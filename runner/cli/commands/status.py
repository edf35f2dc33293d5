"""`s2v status`: how a run stands, from its journal alone; also while it runs."""

from __future__ import annotations

from ...edge.journal import Journal
from ...errors import Exit
from ...report.papers import PAPERS
from .. import books
from ..args import Args
from ..outcome import show_summary
from ..screen import Screen
from ..target import existing_folder_of


def status(args: Args, screen: Screen) -> int:
    """Show where every item stands."""
    folder = existing_folder_of(args)
    with Journal.read(folder) as book:
        run, summary = books.facts(dict(book.header)), books.summary_of(book)
        if args.json:
            screen.give("".join(PAPERS["report.json"](run, summary, books.rows(book))).rstrip("\n"))
        else:
            show_summary(screen.say, summary, run, folder)
    return Exit.OK
