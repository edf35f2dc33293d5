"""The run folders on this disk that are related to one: whole, shards, copies, and what a move left behind.

A shard's folder lies beside that of the whole run, and each has a journal of its own. A copy of a run folder, its
*twin*, has the same journal, and is known by the places in which this user ran it. Copies of what lies beside, and what
lies beside a copy, are related as well, and so is what lies where a folder lay that was moved.
"""

from __future__ import annotations

import glob
from collections import deque
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from ...edge.disk.regular import names_in
from ...edge.folder.whereabouts import left_places, other_places
from ...edge.journal import state_file
from ...edge.journal.header import NAME
from ...edge.journal.journal import Journal
from ...errors import FolderError, Halt
from ..naming import tidy
from ..plan.sharding import folder_of_whole, shard_of


def related(
    state: Path | None, home: Path, folder: Path, book: Journal | None
) -> Iterator[tuple[Path, Journal | FolderError]]:
    """Give every other folder once, with its journal, open as long, or why that cannot be read; the nearest come first.

    `home` is where the folder of the whole run lies. Places are remembered in `state`; without it, or without a journal
    of the folder's own, only what lies beside is known of it.
    """
    seen, homes = {folder.resolve()}, {home.absolute()}
    ways = deque([*beside(home, folder), *_elsewhere(state, folder, book)])
    while ways:
        place = ways.popleft()
        if place.resolve() in seen:
            continue
        seen.add(place.resolve())
        try:
            other = Journal.read(place)
        except (FolderError, Halt) as error:
            yield place, FolderError(f"{error}")
            continue
        with other:
            yield place, other
            if (its_home := _home_of(place, other)) not in homes:
                homes.add(its_home)
                ways += beside(its_home, place)
            ways += _elsewhere(state, place, other)


def beside(home: Path, folder: Path) -> Iterator[Path]:
    """Give the other run folders, that of the whole run and its shards, of those whose `home` is that of the whole."""
    pattern = f"{glob.escape(home.name)}.shard-*of*"
    shards = [home.parent / name for name in names_in(home.parent) if fnmatchcase(name, pattern)]
    for each in (home, *shards):
        if state_file.is_run_folder(each) and each.resolve() != folder.resolve():
            yield tidy(each)


def _home_of(folder: Path, book: Journal) -> Path:
    """Return where the folder of the whole run lies, of which this one is, or has a part."""
    place = folder.absolute()  # the working folder has no name
    return place if shard_of(book.header) is None else folder_of_whole(place)


def _elsewhere(state: Path | None, folder: Path, book: Journal | None) -> Iterator[Path]:
    """Give the copies of a folder, and what has its name and lies beside a place in which it was run, and is no more.

    Whatever lies there and cannot be read may be one.
    """
    if state is None or book is None:
        return
    for place in map(tidy, other_places(state, book.run_id, folder)):
        if _may_be(place, lambda other: other.run_id == book.run_id):
            yield place
    for place in left_places(state, book.run_id, folder):
        for each in _beside_left(place, book):
            if _may_be(each, lambda other: other.header.get(NAME) == book.header.get(NAME)):
                yield each


def _beside_left(place: Path, book: Journal) -> list[Path]:
    try:
        return [*beside(_home_of(place, book), place)]
    except OSError as error:
        raise FolderError(
            f"{error.filename}, where this journal was run before, cannot be looked at ({error.strerror}), and what is "
            "to be bought may be paid for there: make it readable, or move it away"
        ) from error


def _may_be(folder: Path, is_one: Callable[[Journal], bool]) -> bool:
    try:
        with Journal.read(folder) as other:
            return is_one(other)
    except (FolderError, Halt):
        return True
