"""The other run folders on this disk in which items of a manifest may have been bought.

A shard's folder lies beside that of the whole run, and each has a journal of its own. A copy of a run folder, its
*twin*, has the same journal, and is known by the places in which this user ran it. The copies of what lies beside, and
what lies beside a copy, are *kin* as well, and so is what lies where a folder lay that was moved. A manifest without
output.dir that was begun in another working folder has its run folder below that, and is known by the run's name.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from ...edge.account.accounts import state_home
from ...edge.disk.regular import names_in
from ...edge.folder.whereabouts import left_places, other_places
from ...edge.journal import state_file
from ...edge.journal.header import NAME
from ...edge.journal.journal import Journal
from ...errors import FolderError
from ...model import Shard
from ..plan.sharding import folder_of_whole
from ..plan.target import shard_of, tidy
from .order import Order


def neighbours(order: Order) -> Iterator[tuple[Path, Journal]]:
    """Give the other folders of the manifest that may have an item of ours, each with its journal, open as long."""
    for folder in beside(order.prepared.home, order.folder):
        with Journal.read(folder) as other:
            if _overlap(order.prepared.manifest.shard, shard_of(other.header)):
                yield folder, other


def kin(order: Order, book: Journal | None) -> Iterator[tuple[Path, Journal]]:
    """Give the copies of the folder that were run on this machine, each with its journal, open as long.

    With them come the copies of its neighbours, the neighbours of each copy, and what lies where any of them lay before
    it was moved: they may have an item of ours, too.
    """
    if not is_paid(order):
        return
    near = list(beside(order.prepared.home, order.folder))
    seen = {each.resolve() for each in (order.folder, *near)}
    ways = [] if book is None else [*_copies(order, book, order.folder), *_left_behind(order, book, order.folder)]
    for folder in near:
        with _read_where_it_was_run(folder) as other:
            ways += _around(order, other, folder)
    while ways:
        folder = ways.pop(0)
        if folder.resolve() in seen:
            continue
        seen.add(folder.resolve())
        with _read_where_it_was_run(folder) as other:
            if _overlap(order.prepared.manifest.shard, shard_of(other.header)):
                yield folder, other
            ways += _around(order, other, folder)


def _around(order: Order, book: Journal, folder: Path) -> Iterator[Path]:
    yield from beside(_home_of(folder, book), folder)
    yield from _copies(order, book, folder)
    yield from _left_behind(order, book, folder)


def _copies(order: Order, book: Journal, folder: Path) -> Iterator[Path]:
    """Give the other places in which the journal of a folder was run, and still is."""
    for place in map(tidy, other_places(state_home(order.environ), book.run_id, folder)):
        with _read_where_it_was_run(place) as other:
            is_its = other.run_id == book.run_id
        if is_its:
            yield place


def _left_behind(order: Order, book: Journal, folder: Path) -> Iterator[Path]:
    """Give what has the name of this run and lies beside a place in which its journal was run, and is no more."""
    for place in left_places(state_home(order.environ), book.run_id, folder):
        for each in beside(_home_of(place, book), place):
            with _read_where_it_was_run(each) as other:
                is_ours = other.header.get(NAME) == book.header.get(NAME)
            if is_ours:
                yield each


def _home_of(folder: Path, book: Journal) -> Path:
    """Return where the folder of the whole run lies, of which this one is, or has a part."""
    place = folder.absolute()  # the working folder has no name
    return place if shard_of(book.header) is None else folder_of_whole(place)


def begun_elsewhere(order: Order) -> Iterator[tuple[Path, Journal]]:
    """Give the folders of runs of this name below other working folders, each with its journal, open as long.

    None where the manifest says by output.dir where its run lies: who names another one asks for another run. A journal
    without a name is that of a run that begins at this moment.
    """
    manifest = order.prepared.manifest
    if manifest.is_placed or not is_paid(order):
        return
    for folder in map(tidy, other_places(state_home(order.environ), origin(order), order.folder)):
        with _read_where_it_was_run(folder) as other:
            if other.header.get(NAME, manifest.name) == manifest.name and _overlap(
                manifest.shard, shard_of(other.header)
            ):
                yield folder, other


def origin(order: Order) -> str:
    """Return by what runs that are begun elsewhere know each other: a manifest may be moved, renamed or checked out."""
    return f"name {order.prepared.manifest.name}"


def is_paid(order: Order) -> bool:
    """Return whether anything costs money: the embedded service is free, and whoever likes buys there twice."""
    return any(not each.embedded for each in order.prepared.offers)


def _read_where_it_was_run(folder: Path) -> Journal:
    try:
        return Journal.read(folder)
    except FolderError as error:
        raise FolderError(
            f"{error}; what is to be bought may be paid for there, where this journal was run before: mend it, or move "
            f"{folder} away"
        ) from error


def beside(home: Path, folder: Path) -> Iterator[Path]:
    """Give the other run folders, that of the whole run and its shards, of those whose `home` is that of the whole."""
    pattern = f"{glob.escape(home.name)}.shard-*of*"
    shards = [home.parent / name for name in names_in(home.parent) if fnmatchcase(name, pattern)]
    for each in (home, *shards):
        if state_file.is_run_folder(each) and each.resolve() != folder.resolve():
            yield tidy(each)


def _overlap(mine: Shard | None, other: Shard | None) -> bool:
    """Return whether an item may be in both; shards of one division are disjoint."""
    return mine is None or other is None or mine.count != other.count or mine == other
