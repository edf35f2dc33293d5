"""`s2v verify`: hash and decode every video anew and hold it against the journal. Sends nothing, changes nothing."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ...core.state import Phase, State, index_of
from ...edge.journal import Journal
from ...engine.ports import Spoilt
from ...errors import Exit, FolderError
from ...report.text import counted
from .. import books
from ..args import Args
from ..screen import Screen
from ..target import existing_folder_of


def verify(args: Args, screen: Screen) -> int:
    """Return 0 when every finished video is the one that was checked; with --journal, when the books agree too."""
    folder = existing_folder_of(args)
    with Journal.read(folder) as book:
        if args.journal:
            _verify_journal(book)
        done = [state for state in book.states() if state.phase is Phase.DONE]
        bad = _inspect(folder, book, done)
    if args.json:
        screen.give(json.dumps({"videos": len(done), "bad": bad}, indent=2))
    else:
        _show(screen, folder, len(done), bad)
    return Exit.FAILED if bad else Exit.OK


def _inspect(folder: Path, book: Journal, done: list[State]) -> dict[str, str]:
    """Return what is wrong with which video, by its path in the folder."""
    shelf = books.shelf_of(folder, book)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(shelf.look_into, done))
    return {
        str(shelf.home(state).relative_to(folder)): verdict.reason
        for state, verdict in zip(done, found, strict=True)
        if isinstance(verdict, Spoilt)
    }


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
    if stray := book.stray():
        raise _at_odds(f"item {stray} has events and stands in no index")


def _at_odds(what: str) -> FolderError:
    return FolderError(f"{what}; the events are the truth: keep a copy of state.db and report this as a bug")
