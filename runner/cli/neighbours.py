"""The other run folders of a manifest on this disk: what was bought in one of them is not bought again in another.

A shard's folder lies beside that of the whole run, and each has a journal of its own. Who forgets to merge them, or
goes on with a shard after merging, would pay a second time; so before anything is bought, they are asked.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from ..core.joining import tells
from ..core.state import Index, Phase
from ..edge import state_file
from ..edge.journal import Journal
from ..edge.lock import still
from ..edge.regular import is_file, names_in
from ..errors import UsageError
from ..model import Shard
from ..report.text import counted
from .order import Asked, Order, keys_of, may_be_bought
from .target import pasted, shard_of, tidy

_IDS: Final = 3  # named in a message


def refuse_bought_elsewhere(order: Order, book: Journal, asked: Asked) -> None:
    """Raise UsageError when an item that is to be bought here was bought in a neighbour, as this journal does not know.

    Call it when there is something to buy. Raise FolderError when a neighbour with items of ours is being run, for it
    may buy them at this moment.
    """
    for folder in _neighbours(order):
        with Journal.read(folder) as other:
            if not _overlap(order.prepared.manifest.shard, shard_of(other.header)):
                continue
            with still(folder):
                bought = [id_ for key in keys_of(order, asked) for id_ in _bought(order, book, other, key)]
        if bought:
            raise UsageError(_words(order, folder, bought))


def _bought(order: Order, book: Journal, other: Journal, key: str) -> Iterator[str]:
    """Give the id of an item that would be bought here and may be paid for in the other folder."""
    entry = other.entry(key)
    if entry is None or not _may_be_paid(entry) or not may_be_bought(order, book, key):
        return
    if not tells(book.history(key), other.history(key)):
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


def _words(order: Order, folder: Path, ids: list[str]) -> str:
    named = ", ".join(ids[:_IDS]) + (", ..." if len(ids) > _IDS else "")
    home = tidy(order.prepared.home)
    told = f"{counted(len(ids), 'item')} to be bought in {order.folder} may be paid for in {folder} already ({named})"
    if folder == home:
        return f"{told}; go on there: s2v run {pasted(order.prepared.manifest.path)}"
    return f"{told}; nothing was sent: put them together first, s2v merge {pasted(home)} {pasted(folder)}"
