"""`s2v verify`: hash and decode every video anew and hold it against the journal; changes nothing.

Nobody is asked but the object store, where the run publishes to one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Final

from ...core.state import SHELVED, State, index_of
from ...edge.journal import Journal
from ...edge.shelf import Shelf
from ...engine.ports import Spoilt
from ...errors import Exit, FolderError
from ...report.text import counted
from .. import books
from ..args import Args
from ..barring import is_pending
from ..environment import environment
from ..screen import Screen
from ..stored import show_badly, stored_badly
from ..target import existing_folder_of

_PAGE: Final = 256  # videos that are handed to the threads at one time


def verify(args: Args, screen: Screen) -> int:
    """Return 0 when every video with a name is the one that was checked; with --journal, when the books agree too."""
    folder = existing_folder_of(args)
    with Journal.read(folder) as book:
        if is_pending(book.header):
            raise FolderError(f"a purge of {folder} was cut off: s2v run {folder} finishes it, or the same s2v purge")
        if args.journal:
            _verify_journal(book)
        done = (state for state in book.states() if state.phase in SHELVED)
        count, bad = _inspect(folder, books.shelf_of(folder, book), done)
        lacking = stored_badly(book, environment(screen.environ, args.env_file))
    if args.json:
        screen.give(json.dumps({"videos": count, "bad": bad | (lacking or {})}, indent=2))
    else:
        _show(screen, folder, count, bad)
        if lacking is not None:
            show_badly(screen, folder, lacking)
    return Exit.FAILED if bad or lacking else Exit.OK


def _inspect(folder: Path, shelf: Shelf, done: Iterator[State]) -> tuple[int, dict[str, str]]:
    """Return how many videos there are, and what is wrong with which, by its path in the folder."""
    count, bad = 0, dict[str, str]()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        while page := list(islice(done, _PAGE)):
            count += len(page)
            for state, verdict in zip(page, pool.map(shelf.look_into, page), strict=True):
                if isinstance(verdict, Spoilt):
                    bad[str(shelf.home(state).relative_to(folder))] = verdict.reason
    return count, bad


def _show(screen: Screen, folder: Path, count: int, bad: dict[str, str]) -> None:
    for path, reason in bad.items():
        screen.say(f"{folder / path}: {reason}")
    if bad:
        screen.say(f"{len(bad)} of {counted(count, 'video')} are not what was checked")
        screen.say(f"next: delete them, then s2v run {folder}   # they are fetched again, and nothing is bought")
    else:
        screen.say(f"{counted(count, 'video')} in {folder}: every one is whole and the one that was checked")


def _verify_journal(book: Journal) -> None:
    """Look at every page of the file, read and fold every event, and compare with the index."""
    book.examine()
    for key, entry in book.index():
        state = book.state(key)
        if state is None or index_of(state) != entry:
            raise _at_odds(f"the index of item '{entry.id}' does not follow from its events")
    if book.is_miscounted():
        raise _at_odds("the tally of the items does not follow from their index")
    if stray := book.stray():
        raise _at_odds(f"item {stray} has events and stands in no index")


def _at_odds(what: str) -> FolderError:
    return FolderError(f"{what}; the events are the truth: keep a copy of state.db and report this as a bug")
