"""The other run folders on this disk in which items of a manifest may have been bought.

These are the folders that are related to its own. A manifest without output.dir that was begun in another working
folder has its run folder below that, and is known by the run's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...edge.account.accounts import state_home
from ...edge.folder.whereabouts import other_places
from ...edge.journal.header import NAME
from ...edge.journal.journal import Journal
from ...errors import FolderError, Halt
from ...model import Shard
from ..naming import tidy
from ..plan.sharding import shard_of
from .order import Order
from .related import beside, related


def neighbours(order: Order) -> Iterator[tuple[Path, Journal]]:
    """Give the other folders of the manifest that may have an item of ours, each with its journal, open as long."""
    for folder in beside(order.prepared.home, order.folder):
        with Journal.read(folder) as other:
            if _overlap(order.prepared.manifest.shard, shard_of(other.header)):
                yield folder, other


def kin(order: Order, book: Journal | None) -> Iterator[tuple[Path, Journal]]:
    """Give what else is related to the folder and may have an item of ours, each with its journal, open as long.

    Raise FolderError where one of them cannot be read.
    """
    if not is_paid(order):
        return
    near = {each.resolve() for each in beside(order.prepared.home, order.folder)}
    for folder, other in related(state_home(order.environ), order.prepared.home, order.folder, book):
        if isinstance(other, FolderError):
            raise _advised(other, folder) from other
        if folder.resolve() not in near and _overlap(order.prepared.manifest.shard, shard_of(other.header)):
            yield folder, other


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
    except (FolderError, Halt) as error:
        raise _advised(error, folder) from error


def _advised(error: FolderError | Halt, folder: Path) -> FolderError:
    return FolderError(
        f"{error}; what is to be bought may be paid for there, where this journal was run before: mend it, or move "
        f"{folder} away"
    )


def _overlap(mine: Shard | None, other: Shard | None) -> bool:
    """Return whether an item may be in both; shards of one division are disjoint."""
    return mine is None or other is None or mine.count != other.count or mine == other
