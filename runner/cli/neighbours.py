"""The other run folders of a manifest on this disk: what was bought in one of them is not bought again in another.

A shard's folder lies beside that of the whole run, and each has a journal of its own. Who forgets to merge them, or
goes on with a shard after merging, would pay a second time. So would who copies a run folder and goes on in both: its
*twin* has the same journal, and is known by the places in which this user ran it. Before anything is bought, all of
them are asked.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator
from contextlib import ExitStack
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from ..core.joining import is_every_purchase_told, tells
from ..core.state import Index, Phase
from ..edge import state_file
from ..edge.accounts import state_home
from ..edge.journal import Journal
from ..edge.lock import still
from ..edge.regular import is_file, names_in
from ..edge.whereabouts import lease_place, other_places
from ..errors import FolderError, UsageError
from ..model import Shard
from ..report.text import counted
from .order import Asked, Order, keys_of, may_be_bought, may_be_taken_again
from .target import pasted, shard_of, tidy

_IDS: Final = 3  # named in a message


def refuse_bought_elsewhere(order: Order, book: Journal, asked: Asked) -> None:
    """Raise UsageError when an item that may be bought here was bought elsewhere, as this journal does not know.

    Call it when something may be bought, before it is: from then on a twin knows of this folder. Raise FolderError when
    another folder with items of ours is being run, for it may buy them at this moment.
    """
    for folder in _neighbours(order):
        with Journal.read(folder) as other:
            if _overlap(order.prepared.manifest.shard, shard_of(other.header)):
                _refuse_bought_in(order, book, asked, folder, other)
    if any(not each.embedded for each in order.prepared.offers):
        _refuse_bought_by_twin(order, book, asked)


def _refuse_bought_by_twin(order: Order, book: Journal, asked: Asked) -> None:
    home, run_id = state_home(order.environ), book.header["run_id"]
    lease_place(home, run_id, order.folder)
    for folder in map(tidy, other_places(home, run_id, order.folder)):
        with _read_where_it_was_run(folder) as other:
            if other.header["run_id"] == run_id:
                _refuse_bought_in(order, book, asked, folder, other)


def _read_where_it_was_run(folder: Path) -> Journal:
    try:
        return Journal.read(folder)
    except FolderError as error:
        raise FolderError(
            f"{error}; what is to be bought may be paid for there, where this journal was run before: mend it, or move "
            f"{folder} away"
        ) from error


def _refuse_bought_in(order: Order, book: Journal, asked: Asked, folder: Path, other: Journal) -> None:
    with ExitStack() as stack:
        try:
            stack.enter_context(still(folder))
        except FolderError as error:
            may = f"what is to be bought in {order.folder} may be bought there at this moment"
            raise FolderError(f"{error}; {may}") from error
        bought = [id_ for key in keys_of(order, asked) for id_ in _bought(order, book, other, key)]
    if bought:
        raise UsageError(_words(order, folder, bought, is_twin=other.header["run_id"] == book.header["run_id"]))


def _bought(order: Order, book: Journal, other: Journal, key: str) -> Iterator[str]:
    """Give the id of an item that may be bought here and may be paid for in the other folder."""
    entry = other.entry(key)
    if entry is None or not _may_be_paid(entry):
        return
    if may_be_bought(order, book, key):
        if not tells(book.history(key), other.history(key)):
            yield entry.id
    elif may_be_taken_again(order, book, key) and not is_every_purchase_told(book.history(key), other.history(key)):
        yield entry.id


def _neighbours(order: Order) -> Iterator[Path]:
    return beside(order.prepared.home, order.folder)


def beside(home: Path, folder: Path) -> Iterator[Path]:
    """Give the other run folders, that of the whole run and its shards, of those whose `home` is that of the whole."""
    pattern = f"{glob.escape(home.name)}.shard-*of*"
    shards = [home.parent / name for name in names_in(home.parent) if fnmatchcase(name, pattern)]
    for each in (home, *shards):
        if is_file(each / state_file.FILE) and each.resolve() != folder.resolve():
            yield tidy(each)


def _overlap(mine: Shard | None, other: Shard | None) -> bool:
    """Return whether an item may be in both; shards of one division are disjoint."""
    return mine is None or other is None or mine.count != other.count or mine == other


def _may_be_paid(entry: Index) -> bool:
    """Return whether a request of the item bought something, or may have, also at a price that is not known."""
    is_given_up = entry.phase == Phase.FAILED and entry.job_id is None and entry.code is None
    is_at_rest = entry.phase in {Phase.PLANNED, Phase.FAILED} and not is_given_up
    return not is_at_rest or bool(entry.committed or entry.bought or entry.unpriced)


def _words(order: Order, folder: Path, ids: list[str], *, is_twin: bool) -> str:
    named = ", ".join(ids[:_IDS]) + (", ..." if len(ids) > _IDS else "")
    home = tidy(order.prepared.home)
    told = f"{counted(len(ids), 'item')} to be bought in {order.folder} may be paid for in {folder} already ({named})"
    if folder == home and not is_twin:
        return f"{told}; go on there: s2v run {pasted(order.prepared.manifest.path)}"
    first = f"{told}; nothing was sent: put them together first, s2v merge {pasted(home)}"
    if not is_twin:
        return f"{first} {pasted(folder)}"
    more = f" {pasted(order.folder)}" if order.folder.resolve() != home.resolve() else ""
    return f"{first}{more} {pasted(folder)}, for one is a copy of the other; to pay for them again, move {folder} away"
