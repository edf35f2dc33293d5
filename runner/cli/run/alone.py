"""What was bought in one run folder on this disk is not bought again in another: before that, all of them are asked.

The folder is noted as a place of its journal and of its run's name, so that others, which begin meanwhile, ask this
one. Where the journal of a run that was begun here is gone, nobody can be asked, and that is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from itertools import chain
from pathlib import Path

from ...core.plan.selection import Selection
from ...edge.account.accounts import state_home
from ...edge.disk.lock import noted_epoch
from ...edge.disk.regular import is_file
from ...edge.folder.whereabouts import Lease, bring_up, had_another, lease_place, note_place, refuse_older
from ...edge.journal import state_file
from ...edge.journal.header import BEGUN
from ...edge.journal.journal import Journal
from ...errors import FolderError, Halt, UserError
from ..args import Args
from ..environment import environment
from ..naming import tidy
from ..plan.planning import Prepared
from ..screen import Screen
from .neighbours import begun_elsewhere, is_paid, kin, neighbours, origin
from .order import Asked, Order
from .paid_elsewhere import at_rest, may_be_bought_in, refuse_bought_in


@contextmanager
def bought_here_alone(order: Order, book: Journal) -> Iterator[None]:
    """Raise UsageError when an item that may be bought in the block was bought elsewhere, unknown to this journal.

    From then on others know of this folder. Raise FolderError when another folder with items of ours is being run, for
    it may buy them at this moment, or when this one was put back from a copy that lacks what was bought here.
    """
    if is_paid(order):
        refuse_older(state_home(order.environ), order.folder, book)
    for folder, other in neighbours(order):
        with at_rest(order, folder):
            refuse_bought_in(order, book, folder, other)
    if not is_paid(order):
        yield
        return
    _tell_if_gone(order, book)
    begin = book.last_seq()
    lease = lease_place(state_home(order.environ), order.folder, book)
    book.tell_purchases(lease.bought)
    try:
        note_place(state_home(order.environ), origin(order), order.folder, book.run_id)
        book.set_header(**{BEGUN: order.prepared.plan.digest})
        for folder, other in kin(order, book):
            with at_rest(order, folder):
                refuse_bought_in(order, book, folder, other)
        with _advised_of_names():
            for folder, other in begun_elsewhere(order):
                with at_rest(order, folder) if may_be_bought_in(order, other) else nullcontext():
                    refuse_bought_in(order, book, folder, other, by_name=True)
        yield
    except (UserError, KeyboardInterrupt):
        _end(order, lease, book, begin)
        raise
    _end(order, lease, book, begin)


def _tell_if_gone(order: Order, book: Journal | None) -> None:
    """Tell that a run was begun in this folder whose journal is not there any more: nobody knows what it bought."""
    run_id = book.run_id if book else None
    is_another = had_another(state_home(order.environ), origin(order), run_id, order.folder)
    if is_another and (book is None or book.bought_last() is None):
        order.screen.tell(
            f"{order.folder} was run here before, and that journal is gone: what was bought then, if anything, is "
            "bought again; if the folder was moved away, put it back first"
        )


def stay_known(order: Order, book: Journal) -> None:
    """Let others know where a folder lies that buys nothing now: it may have been moved here.

    Once a call names the job of a doubt all copies so far are older ones, for who lacks that may buy it again. A folder
    that is an older copy itself remains one. Whatever cannot be noted, what is paid for comes home all the same.
    """
    if not is_paid(order):
        return
    leases: list[Lease] = []

    def tell() -> None:
        with suppress(FolderError, Halt):
            if not leases:
                leases.append(lease_place(state_home(order.environ), order.folder, book))
            leases[0].bought()

    with suppress(FolderError, Halt):
        for run in (book.run_id, origin(order)):
            note_place(state_home(order.environ), run, order.folder, book.run_id)
        bring_up(state_home(order.environ), order.folder, book)
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
        folder=tidy(prepared.manifest.folder), selection=selection, asked=asked, max_cost=None, buys=True,
    )  # fmt: skip
    if refusal := _refusal_ahead(order, book):
        screen.tell(f"a run would be refused now: {refusal}")


def _refusal_ahead(order: Order, book: Journal | None) -> str:
    """Return why a run would be refused, empty where it would not; then tell what it tells before it buys."""
    try:
        _refuse_lost_or_older(order.folder, book)
        if book is not None and is_paid(order):
            refuse_older(state_home(order.environ), order.folder, book)
        for folder, other in chain(neighbours(order), kin(order, book)):
            refuse_bought_in(order, book, folder, other)
        with _advised_of_names():
            for folder, other in begun_elsewhere(order):
                refuse_bought_in(order, book, folder, other, by_name=True)
        if is_paid(order):
            _tell_if_gone(order, book)
    except UserError as error:
        return str(error)
    return ""


def _refuse_lost_or_older(folder: Path, book: Journal | None) -> None:
    """Raise FolderError as a run does that takes the folder over, where its journal is gone, or older than its lock."""
    if book is None:
        state_file.refuse_traces(folder)
    elif is_file(folder / ".lock"):
        book.refuse_before(noted_epoch(folder))


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
