"""`s2v report`: write the report files anew from the journal, or give one of them on stdout."""

from __future__ import annotations

from ...edge.journal import Journal
from ...errors import Exit
from ...report.papers import PAPERS
from .. import books
from ..args import Args
from ..screen import Screen
from ..target import existing_folder_of


def report(args: Args, screen: Screen) -> int:
    """Write every report, or say one."""
    folder = existing_folder_of(args.target)
    with Journal.read(folder) as book:
        if args.paper is None:
            books.write_reports(book, folder)
            for name in PAPERS:
                screen.say(str(folder / name))
            return Exit.OK
        summary, rows = books.told_rows(book)
        screen.stream(PAPERS[args.paper](books.facts(dict(book.header)), summary, rows))
    return Exit.OK
