"""`s2v status`: how a run stands, from its journal, and, while it is at work, how it buys; also until it ends.

How much of it is published only the object store knows, and is asked where there is one.
"""

from __future__ import annotations

import time
from typing import Final

from ...edge.disk.holder import holder
from ...edge.journal.journal import Journal
from ...errors import Exit, UsageError
from ...values import replace
from .. import books, reporting
from ..args import Args
from ..environment import environment
from ..naming import named
from ..outcome import show_summary
from ..plan.target import existing_folder_of
from ..screen import Screen
from ..standing import buying_words, told_by_run
from ..store.stored import show_store
from ..watching import watch

_EVERY_S: Final = 2.0  # between two looks


def status(args: Args, screen: Screen) -> int:
    """Show where every item stands."""
    if args.interval is not None and not args.watch:
        raise UsageError("--interval is the time between two looks of --watch; add --watch, or leave it out")
    folder = existing_folder_of(args)
    if args.watch:
        watch(folder, screen, every_s=_EVERY_S if args.interval is None else args.interval, as_json=args.json)
        if args.json:
            return Exit.OK
    who = holder(folder)  # before the numbers: what is shown of a run that has ended is its end
    with Journal.read(folder) as book:
        if args.json:
            screen.stream(reporting.paper_of(book, "report.json", who))
        else:
            if (older := books.older_words(folder, book, screen.environ)) and not (who or holder(folder)):
                screen.tell(older)
            run = replace(books.facts_here(book, folder, is_own=folder != args.target), holder=who)
            summary = replace(reporting.summary_of(book, who), unfinished=reporting.unfinished_of(book))
            told = told_by_run(folder, book.run_id, screen.environ) if who else None
            buying = "" if told is None else buying_words(told, named(args))
            show_summary(screen.say, summary, run, folder, now=time.time(), buying=buying)
            show_store(screen, book, environment(screen.environ, args.env_file))
    return Exit.OK
