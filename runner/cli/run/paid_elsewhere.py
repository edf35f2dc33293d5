"""Whether what is to be bought in a run folder was bought in another one, unknown to its journal, and how to go on.

Who forgets to merge a shard, goes on with it after merging, or goes on in both copies of a folder would pay twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import tee
from pathlib import Path
from typing import Final

from ...core.life.joining import is_every_purchase_told, is_nothing_missed
from ...core.life.state import PAID_PHASES, Index, Phase
from ...edge.account.accounts import state_home
from ...edge.disk.lock import still
from ...edge.folder.whereabouts import refuse_older
from ...edge.journal.header import BEGUN, ENTERED
from ...edge.journal.journal import Journal
from ...errors import FolderError, UsageError
from ...report.text import counted, first_of
from ..naming import pasted, tidy
from ..plan.seal import is_entered
from ..plan.sharding import folder_of_whole
from .neighbours import is_paid
from .order import Order, keys_of, may_be_bought, may_be_taken_again

_IDS: Final = 3  # named in a message
_BUYABLE: Final = frozenset({None, Phase.PLANNED, Phase.FAILED, Phase.IN_DOUBT}) | PAID_PHASES
"""Where an item of ours may be bought, or taken again; of those that are elsewhere nothing else is asked."""


def refuse_bought_in(
    order: Order, book: Journal | None, folder: Path, other: Journal, *, by_name: bool = False
) -> None:
    """Raise UsageError when something was bought there, and FolderError when nobody can tell: see `refuse_older`.

    `by_name` says that the folder is known by nothing but the run's name.
    """
    if is_paid(order):
        refuse_older(state_home(order.environ), folder, other, others=[(order.folder, book)] if book else [])
    if bought := [id_ for key in _suspects(order, book, other) for id_ in _bought(order, book, other, key)]:
        is_twin = book is not None and other.run_id == book.run_id
        raise UsageError(_words(order, folder, bought, is_twin=is_twin, by_name=by_name))


def may_be_bought_in(order: Order, other: Journal) -> bool:
    """Return whether a run that is at work in another folder may buy what is asked for here: two may share their name.

    It may while it has not entered the plan with which it was begun. A run that begins behind this look finds ours.
    """
    begun = other.header.get(BEGUN)
    return (
        begun is None
        or begun != other.header.get(ENTERED)
        or any(phase is not None for phase in other.phases(keys_of(order)))
    )


@contextmanager
def at_rest(order: Order, folder: Path) -> Iterator[None]:
    """Keep every run out of another folder for the block; raise FolderError where one is at work there."""
    with ExitStack() as stack:
        try:
            stack.enter_context(still(folder))
        except FolderError as error:
            may = f"what is to be bought in {order.folder} may be bought there at this moment"
            raise FolderError(f"{error}; {may}") from error
        yield


def _suspects(order: Order, book: Journal | None, other: Journal) -> Iterator[str]:
    """Give the keys of what may be bought here and was not left alone there: the indexes tell, many items at a time."""
    if book is None:
        return other.begun(keys_of(order))
    is_whole = order.asked is None and is_entered(book.header, order.prepared.plan)
    here, ahead = tee(book.wanted() if is_whole else keys_of(order))
    return other.begun(key for key, phase in zip(here, book.phases(ahead), strict=True) if phase in _BUYABLE)


def _bought(order: Order, book: Journal | None, other: Journal, key: str) -> Iterator[str]:
    """Give the id of an item that may be bought here and may be paid for in the other folder."""
    entry = other.index_entry(key)
    if entry is None or not _may_be_paid(entry):
        return
    if book is None:
        yield entry.id
    elif may_be_bought(order, book, key):
        if not is_nothing_missed(book.history(key), other.history(key)):
            yield entry.id
    elif may_be_taken_again(order, book, key) and not is_every_purchase_told(book.history(key), other.history(key)):
        yield entry.id


def _may_be_paid(entry: Index) -> bool:
    """Return whether a request of the item bought something, or may have, also at a price that is not known."""
    is_given_up = entry.phase == Phase.FAILED and entry.job_id is None and entry.code is None
    is_at_rest = entry.phase in {Phase.PLANNED, Phase.FAILED} and not is_given_up
    return not is_at_rest or bool(entry.committed or entry.bought or entry.unpriced)


def _words(order: Order, folder: Path, ids: list[str], *, is_twin: bool, by_name: bool) -> str:
    named = first_of(ids[:_IDS], len(ids))
    home = tidy(order.prepared.home)
    told = f"{counted(len(ids), 'item')} to be bought in {order.folder} may be paid for in {folder} already ({named})"
    if folder == home and not is_twin:
        return f"{told}; go on there: s2v run {pasted(order.prepared.manifest.path)}"
    more = f" {pasted(order.folder)}" if order.folder.resolve() != home.resolve() else ""
    merge = f"s2v merge {pasted(home)}{more} {pasted(folder)}"
    if not is_twin and by_name and folder.parent != home.parent:
        is_begun = folder.parent.name == "runs" and folder_of_whole(folder).name == home.name
        there = f"begin it in {folder.parent.parent}, or" if is_begun else "let output.dir name that folder, or"
        return (
            f"{told}; nothing was sent: without output.dir a run lies below the folder in which it is begun: {there} "
            f"let output.dir name a folder of its own, or bring what was bought there: {merge}"
        )
    if not is_twin:
        return f"{told}; nothing was sent: put them together first, s2v merge {pasted(home)} {pasted(folder)}"
    return (
        f"{told}; nothing was sent: put them together first, {merge}, for one is a copy of the other; to pay for them "
        f"again, move {folder} away"
    )
