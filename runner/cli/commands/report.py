"""`s2v report`: write the report files anew from the journal, or give one of them on stdout."""

from __future__ import annotations

from ...edge.files import UNFENCED
from ...edge.journal import Journal
from ...errors import Exit
from ...report.papers import PAPERS
from .. import books
from ..args import Args
from ..screen import Screen
from ..target import existing_folder_of


def report(args: Args, screen: Screen) -> int:
    """Write every report, or say one."""
    folder = existing_folder_of(args)
    with Journal.read(folder) as book:
        if args.paper is None:
            books.write_reports(book, folder, UNFENCED)
            for name in PAPERS:
                screen.say(str(folder / name))
            return Exit.OK
        text = PAPERS[args.paper](books.facts(dict(book.header)), books.summary_of(book), books.rows(book))
        screen.give("".join(text).rstrip("\n"))
    return Exit.OK
