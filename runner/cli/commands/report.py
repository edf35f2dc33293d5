"""`s2v report`: write the report files anew from the journal, open the page, or give one of them on stdout."""

from __future__ import annotations

import webbrowser
from pathlib import Path

from ...edge.disk.holder import holder
from ...edge.folder.owning import owned
from ...edge.journal.journal import Journal
from ...errors import Exit
from ...report.papers import PAGE, PAPERS
from .. import reporting
from ..args import Args
from ..environment import environment
from ..plan.target import existing_folder_of
from ..screen import Screen
from ..store.stored import show_store


def report(args: Args, screen: Screen) -> int:
    """Write every report, for which the folder must be free, or say one, also while a run goes on."""
    folder = existing_folder_of(args)
    if args.paper is None:
        _write(folder)
        for name in PAPERS:
            screen.say(str(folder / name))
        with Journal.read(folder) as book:
            show_store(screen, book, environment(screen.environ, args.env_file))
        page = folder / PAGE
        if args.opens and not webbrowser.open(page.resolve().as_uri()):
            screen.warn(f"no browser could be started; open {page} by hand (BROWSER names one)")
        return Exit.OK
    who = holder(folder)
    with Journal.read(folder) as book:
        screen.stream(reporting.paper_of(book, args.paper, who))
    return Exit.OK


def _write(folder: Path) -> None:
    """Write the reports as a run does at its end; beside one they might end up as the older ones of two."""
    with owned(folder) as book:
        reporting.write_reports(book, folder)
