"""The other run folders of a manifest on this disk: what was bought in one of them is not bought again in another.

A shard's folder lies beside that of the whole run, and each has a journal of its own. Who forgets to merge them, or
goes on with a shard after merging, would pay a second time. So would who copies a run folder and goes on in both: its
*twin* has the same journal, and is known by the places in which this user ran it. So would who begins a manifest
without output.dir in another working folder, below which lies another run folder: that is known by the run's name.
Before anything is bought, all of them are asked.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from fnmatch import fnmatchcase
from itertools import chain, tee
from pathlib import Path
from typing import Final

from ...core.life.joining import is_every_purchase_told, is_nothing_missed
from ...core.life.state import Index, Phase
from ...core.plan.selection import Selection
from ...edge.account.accounts import state_home
from ...edge.disk.lock import noted_epoch, still
from ...edge.disk.regular import is_file, names_in
from ...edge.folder.whereabouts import Lease, lease_place, note_place, other_places, refuse_older
from ...edge.journal import state_file
from ...edge.journal.journal import Journal
from ...errors import FolderError, Halt, UsageError, UserError
from ...model import Shard
from ...report.text import counted, first_of
from ..args import Args
from ..environment import environment
from ..plan.planning import Prepared
from ..plan.seal import is_entered
from ..plan.target import pasted, shard_of, tidy
from ..screen import Screen
from .order import COLLECTED, Asked, Order, keys_of, may_be_bought, may_be_taken_again

_IDS: Final = 3  # named in a message
_BEGUN: Final = "begun"  # header: the digest of the plan with which a run that may buy was begun last
_BUYABLE: Final = frozenset({None, Phase.PLANNED, Phase.FAILED, Phase.IN_DOUBT}) | COLLECTED
"""Where an item of ours may be bought, or taken again; of those that are elsewhere nothing else is asked."""


@contextmanager
def bought_here_alone(order: Order, book: Journal, asked: Asked) -> Iterator[None]:
    """Raise UsageError when an item that may be bought in the block was bought elsewhere, unknown to this journal.

    From then on others know of this folder. Raise FolderError when another folder with items of ours is being run, for
    it may buy them at this moment, or when this one was put back from a copy that lacks what was bought here.
    """
    for folder, other in _neighbours(order):
        with _at_rest(order, folder):
            _refuse_bought_in(order, book, asked, folder, other)
    if not _is_paid(order):
        yield
        return
    begin = book.last_seq()
    lease = lease_place(state_home(order.environ), order.folder, book)
    book.tell_purchases(lease.bought)
    try:
        note_place(state_home(order.environ), _origin(order), order.folder)
        book.set_header(**{_BEGUN: order.prepared.plan.digest})
        for folder, other in _twins(order, book):
            with _at_rest(order, folder):
                _refuse_bought_in(order, book, asked, folder, other)
        with _advised_of_names():
            for folder, other in _begun_elsewhere(order):
                with _at_rest(order, folder) if _may_be_bought_in(order, asked, other) else nullcontext():
                    _refuse_bought_in(order, book, asked, folder, other)
        yield
    except (UserError, KeyboardInterrupt):
        _end(order, lease, book, begin)
        raise
    _end(order, lease, book, begin)


def stay_known(order: Order, book: Journal) -> None:
    """Let others know where a folder lies that buys nothing now: it may have been moved here.

    Once a call names the job of a doubt all copies so far are older ones, for who lacks that may buy it again. A folder
    that is an older copy itself remains one. Whatever cannot be noted, what is paid for comes home all the same.
    """
    if not _is_paid(order):
        return
    leases: list[Lease] = []

    def tell() -> None:
        with suppress(FolderError, Halt):
            if not leases:
                leases.append(lease_place(state_home(order.environ), order.folder, book))
            leases[0].bought()

    with suppress(FolderError, Halt):
        for run in (book.run_id, _origin(order)):
            note_place(state_home(order.environ), run, order.folder)
    book.tell_purchases(tell)


def _end(order: Order, lease: Lease, book: Journal, begin: int) -> None:
    """Give a lease back under which nothing was bought: then an older copy may take the place of the folder.

    Where the disk refuses that, the folder remembers the lease as if something was bought, and goes on all the same.
    """
    if book.bought_last(since=begin) is not None:
        lease.bought()
        return
    try:
        lease.give_back()
    except (FolderError, Halt) as error:
        order.screen.tell(
            f"{error}; nothing is lost, but an older copy of {order.folder} would be refused in its place, though "
            "nothing was bought since"
        )


def tell_refusal_ahead(
    args: Args, screen: Screen, prepared: Prepared, selection: Selection, book: Journal | None, *, asked: Asked
) -> None:
    """Tell where a run would be refused now, for what it would buy was bought elsewhere; writes nothing."""
    order = Order(
        args=args, screen=screen, environ=environment(screen.environ, args.env_file), prepared=prepared,
        folder=tidy(prepared.manifest.folder), selection=selection, max_cost=None, buys=True,
    )  # fmt: skip
    if refusal := _refusal_ahead(order, book, asked):
        screen.tell(f"a run would be refused now: {refusal}")


def _refusal_ahead(order: Order, book: Journal | None, asked: Asked) -> str:
    try:
        _refuse_lost_or_older(order.folder, book)
        if book is not None and _is_paid(order):
            refuse_older(state_home(order.environ), order.folder, book)
        for folder, other in chain(_neighbours(order), _twins(order, book)):
            _refuse_bought_in(order, book, asked, folder, other)
        with _advised_of_names():
            for folder, other in _begun_elsewhere(order):
                _refuse_bought_in(order, book, asked, folder, other)
    except UserError as error:
        return str(error)
    return ""


def _refuse_lost_or_older(folder: Path, book: Journal | None) -> None:
    """Raise FolderError as a run does that takes the folder over, where its journal is gone, or older than its lock."""
    if book is None:
        state_file.refuse_traces(folder)
    elif is_file(folder / ".lock"):
        book.refuse_before(noted_epoch(folder))


def _neighbours(order: Order) -> Iterator[tuple[Path, Journal]]:
    """Give the other folders of the manifest that may have an item of ours, each with its journal, open as long."""
    for folder in beside(order.prepared.home, order.folder):
        with Journal.read(folder) as other:
            if _overlap(order.prepared.manifest.shard, shard_of(other.header)):
                yield folder, other


def _twins(order: Order, book: Journal | None) -> Iterator[tuple[Path, Journal]]:
    """Give the copies of the folder that were run on this machine, each with its journal, open as long."""
    if book is None or not _is_paid(order):
        return
    run_id = book.run_id
    for folder in map(tidy, other_places(state_home(order.environ), run_id, order.folder)):
        with _read_where_it_was_run(folder) as other:
            if other.run_id == run_id:
                yield folder, other


def _begun_elsewhere(order: Order) -> Iterator[tuple[Path, Journal]]:
    """Give the folders of runs of this name below other working folders, each with its journal, open as long.

    None where the manifest says by output.dir where its run lies: who names another one asks for another run. A journal
    without a name is that of a run that begins at this moment.
    """
    manifest = order.prepared.manifest
    if manifest.is_placed or not _is_paid(order):
        return
    for folder in map(tidy, other_places(state_home(order.environ), _origin(order), order.folder)):
        with _read_where_it_was_run(folder) as other:
            if other.header.get("name", manifest.name) == manifest.name and _overlap(
                manifest.shard, shard_of(other.header)
            ):
                yield folder, other


def _origin(order: Order) -> str:
    """Return by what runs that are begun elsewhere know each other: a manifest may be moved, renamed or checked out."""
    return f"name {order.prepared.manifest.name}"


def _is_paid(order: Order) -> bool:
    return any(not each.embedded for each in order.prepared.offers)


def _read_where_it_was_run(folder: Path) -> Journal:
    try:
        return Journal.read(folder)
    except FolderError as error:
        raise FolderError(
            f"{error}; what is to be bought may be paid for there, where this journal was run before: mend it, or move "
            f"{folder} away"
        ) from error


@contextmanager
def _advised_of_names() -> Iterator[None]:
    """Say what to do where the trouble is that of another run, which only has the same name."""
    try:
        yield
    except FolderError as error:
        raise FolderError(
            f"{error}; if that is another run, which only has the same name, leave it as it is and let output.dir name "
            "a folder of its own here"
        ) from error


@contextmanager
def _at_rest(order: Order, folder: Path) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(still(folder))
        except FolderError as error:
            may = f"what is to be bought in {order.folder} may be bought there at this moment"
            raise FolderError(f"{error}; {may}") from error
        yield


def _may_be_bought_in(order: Order, asked: Asked, other: Journal) -> bool:
    """Return whether a run that is at work in another folder may buy what is asked for here: two may share their name.

    It may while it has not entered the plan with which it was begun. A run that begins behind this look finds ours.
    """
    begun = other.header.get(_BEGUN)
    return (
        begun is None
        or begun != other.header.get("entered")
        or any(phase is not None for phase in other.phases(keys_of(order, asked)))
    )


def _refuse_bought_in(order: Order, book: Journal | None, asked: Asked, folder: Path, other: Journal) -> None:
    """Raise UsageError when something was bought there, and FolderError when nobody can tell: see `refuse_older`."""
    if _is_paid(order):
        refuse_older(state_home(order.environ), folder, other, others=[(order.folder, book)] if book else [])
    if bought := [id_ for key in _suspects(order, book, asked, other) for id_ in _bought(order, book, other, key)]:
        is_twin = book is not None and other.run_id == book.run_id
        raise UsageError(_words(order, folder, bought, is_twin=is_twin))


def _suspects(order: Order, book: Journal | None, asked: Asked, other: Journal) -> Iterator[str]:
    """Give the keys of what may be bought here and was not left alone there: the indexes tell, many items at a time."""
    if book is None:
        return other.begun(keys_of(order, asked))
    is_whole = asked is None and is_entered(book.header, order.prepared.plan)
    here, ahead = tee(book.wanted() if is_whole else keys_of(order, asked))
    return other.begun(key for key, phase in zip(here, book.phases(ahead), strict=True) if phase in _BUYABLE)


def _bought(order: Order, book: Journal | None, other: Journal, key: str) -> Iterator[str]:
    """Give the id of an item that may be bought here and may be paid for in the other folder."""
    entry = other.entry(key)
    if entry is None or not _may_be_paid(entry):
        return
    if book is None:
        yield entry.id
    elif may_be_bought(order, book, key):
        if not is_nothing_missed(book.history(key), other.history(key)):
            yield entry.id
    elif may_be_taken_again(order, book, key) and not is_every_purchase_told(book.history(key), other.history(key)):
        yield entry.id


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


def _may_be_paid(entry: Index) -> bool:
    """Return whether a request of the item bought something, or may have, also at a price that is not known."""
    is_given_up = entry.phase == Phase.FAILED and entry.job_id is None and entry.code is None
    is_at_rest = entry.phase in {Phase.PLANNED, Phase.FAILED} and not is_given_up
    return not is_at_rest or bool(entry.committed or entry.bought or entry.unpriced)


def _words(order: Order, folder: Path, ids: list[str], *, is_twin: bool) -> str:
    named = first_of(ids[:_IDS], len(ids))
    home = tidy(order.prepared.home)
    told = f"{counted(len(ids), 'item')} to be bought in {order.folder} may be paid for in {folder} already ({named})"
    if folder == home and not is_twin:
        return f"{told}; go on there: s2v run {pasted(order.prepared.manifest.path)}"
    more = f" {pasted(order.folder)}" if order.folder.resolve() != home.resolve() else ""
    merge = f"s2v merge {pasted(home)}{more} {pasted(folder)}"
    if not is_twin and folder.parent != home.parent:
        is_begun = folder.parent.name == "runs" and folder.name.partition(".shard-")[0] == home.name
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
