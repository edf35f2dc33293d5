"""`s2v run`: do what is left to do, also after any crash; nothing when all is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from ...core.life.state import Phase
from ...core.plan.selection import Selection, select
from ...core.sums.ending import CUT_SHORT, Conclusion, Ending
from ...edge import wire
from ...edge.disk.files import UNFENCED, require_open_files
from ...edge.folder.owning import owned
from ...edge.folder.shelf import Shelf
from ...edge.journal.header import LOCKED, SEALED
from ...edge.journal.journal import Journal
from ...edge.video.checking import judge_for
from ...edge.watch.watcher import Watcher
from ...errors import Exit, FolderError, Halt, UserError
from ...executors.choosing import LOCAL, chosen
from ...report.facts import Foretold
from ...report.markdown import unmerged_words
from ...report.text import counted, first_of, foretold
from .. import books
from ..args import Args
from ..aside import forget_bugs
from ..environment import environment
from ..naming import tidy
from ..plan import plan_lock
from ..plan.barring import is_pending
from ..plan.choosing import max_cost_of, selection_of
from ..plan.flaws import tell_warnings
from ..plan.planning import Prepared, prepared_for
from ..plan.prospect import Prospect, bound_by, prospect_of
from ..plan.seal import Entered, is_still_entered
from ..plan.sharding import require_shard
from ..run import entering, mending
from ..run.alone import bought_here_alone, stay_known
from ..run.concluding import conclude
from ..run.connecting import Wiring
from ..run.giving_up import tell_given_up
from ..run.order import Asked, Order, is_agreed, is_under_way, purchases, takes_again
from ..run.running import SystemClock, Work, require_keys, work_off
from ..run.untried import tell_untried
from ..run.watchers import rescue_of, watchers_of, write_numbers
from ..screen import Screen
from ..store.door import publishing
from ..store.unpublished import Unpublished


def run(args: Args, screen: Screen) -> int:
    """Run a manifest; return how it ended."""
    return _begin(args, screen, buys=True)


def retry(args: Args, screen: Screen) -> int:
    """Try failed items again: those named, or those of a tag or a code, or all; what else is left to do rests."""
    args.only, args.failed = [*args.only, *args.ids], True
    return _begin(args, screen, buys=True)


def fetch(args: Args, screen: Screen) -> int:
    """Bring home what is paid for, and mend the videos on disk; nothing is ever submitted."""
    return _begin(args, screen, buys=False)


def _begin(args: Args, screen: Screen, *, buys: bool) -> int:
    environ = environment(screen.environ, args.env_file)
    prepared = prepared_for(args, environ, recall=_asks_for_all(args), may_lack=not buys)
    tell_warnings(screen, prepared.warnings)
    selection, max_cost = selection_of(args, prepared.every), max_cost_of(args.max_cost, prepared.offers)
    folder = tidy(prepared.manifest.folder)
    if args.frozen:
        plan_lock.require_lock(folder, prepared.plan)
    if args.dry_run:
        from .plan import show  # noqa: PLC0415 - another command, for those alone who ask for what it shows

        return show(args, screen, prepared, selection)
    require_open_files()
    UNFENCED.make_folder(folder)
    with owned(folder, **books.told_of(prepared.manifest.shard)) as book:
        _take_over(prepared, folder, book, screen, environ)
        order = Order(
            args=args, screen=screen, environ=environ, prepared=prepared, folder=folder, selection=selection,
            asked=_asked(args, screen, prepared, selection, book), max_cost=max_cost, buys=buys,
        )  # fmt: skip
        return _run(order, book)


def _asks_for_all(args: Args) -> bool:
    """Return whether a run needs no more of the plan than the journal knows, if the journal knows that very plan."""
    chosen = (args.only, args.tag, args.code, args.failed, args.frozen, args.dry_run)
    return not any(chosen) and args.sample is None and args.limit is None


def _take_over(prepared: Prepared, folder: Path, book: Journal, screen: Screen, environ: Mapping[str, str]) -> None:
    """Raise FolderError or UsageError where the folder is not this plan's; finish a purge of it that was cut off."""
    if isinstance(prepared.plan.items, Entered) and not is_still_entered(book.header, prepared.plan, prepared.seal):
        raise FolderError(f"another run changed the plan of {folder} just now; run the same command again")
    require_shard(book.header, prepared.manifest.shard, folder)
    books.note_shard(book, prepared.manifest.shard)
    if is_pending(book.header):
        _finish_purge(folder, book, screen, environ)


def _asked(args: Args, screen: Screen, prepared: Prepared, selection: Selection, book: Journal) -> Asked:
    if selection.is_everything:
        return None
    tell_given_up(args, screen, selection, prepared.plan.items, book)
    return select(selection, prepared.plan.items, book.state)


def _run(order: Order, book: Journal) -> int:
    clock = SystemClock()
    tell_untried(order, book)
    buys = purchases(order, book)
    is_open = is_under_way(order, book, clock.now())
    if buys or is_open:
        require_keys(order.prepared, book, order.environ)
        if not all(each.embedded for each in order.prepared.offers):
            wire.load()
    may_buy = buys or (is_open and takes_again(order))
    if not may_buy:
        stay_known(order, book)
    with bought_here_alone(order, book) if may_buy else nullcontext():
        if buys and (lacking := unmerged_words(books.unmerged(book.header))):
            order.screen.tell(f"{lacking}: what was bought there may be bought anew; s2v merge brings it")
        if buys and not is_agreed(order, book, buys):
            order.screen.tell("nothing was sent; what is paid for already comes home by s2v fetch")
            return Exit.STOPPED
        with publishing(order, book, is_under_way=is_open) as publication:
            if not publication.may_buy:
                order, buys = replace(order, buys=False), 0
            conclusion, code = _work(order, book, clock, publication, buys=buys)
            return publication.conclude(conclusion, code)


def _finish_purge(folder: Path, book: Journal, screen: Screen, environ: Mapping[str, str]) -> None:
    from ..purge.purging import NotAnew, finish  # noqa: PLC0415 - the writers of data sets, after a purge that was cut off alone

    try:
        forget_bugs(environ)
        finish(folder, book)
    except NotAnew as error:  # it may take this very run to mend what the export lacks
        screen.tell(f"{error}; the next run makes it anew, once that is mended")
    except (UserError, Halt):
        screen.tell(f"a purge of {folder} was cut off, and is finished before anything else")
        raise
    else:
        screen.tell(f"finished a purge of {folder} that was cut off")


def _work(
    order: Order, book: Journal, clock: SystemClock, publication: Unpublished, *, buys: int
) -> tuple[Conclusion, int]:
    """Bring the folder up to the plan, do what is left to do and write the reports; return how it ended."""
    is_new = books.note_manifest(book, order.folder, order.prepared.manifest, order.prepared.plan)
    books.note_budget(book, order.prepared.manifest.limits.budget, order.prepared.seller.price)
    if buys:
        books.note_limits(book, order.prepared.seller.in_flight, order.prepared.seller.rates)
    shelf = books.shelf_of(order.folder, book)
    mends_later = not is_new and _mends_later(order, book, clock.now())
    shelf.prepare(is_settled=mends_later or mending.is_settled(book, shelf, clock.now()))
    if is_new:
        entering.enter(book, shelf, order.prepared.plan, clock.now())
    if not mends_later:
        _mend(order, book, shelf, clock.now())
    if order.selection.tries_again or not order.buys:
        keys = (key for _, key in book.places([Phase.FAILED])) if order.buys else book.keys_in([Phase.FAILED])
        failed = [key for key in keys if order.asked is None or key in order.asked]
        mending.requeue(book, failed, clock.now(), buys=order.buys, named=order.selection.only)
    if not isinstance(order.prepared.plan.items, Entered):
        locked = plan_lock.write_lock(order.folder, order.prepared.plan, books.files_of(book))
        book.set_header(**{LOCKED: locked, SEALED: order.prepared.seal or ""})
    publication.begin()
    conclusion = _drive(order, book, shelf, clock, publishers=publication.watchers)
    if mends_later and conclusion.ending not in CUT_SHORT:
        shelf.prepare()
        if _mend(order, book, shelf, clock.now()) and conclusion.ending is Ending.FINISHED:
            # Caps, limits and what a person left out were those of the first drive: this one buys nothing.
            free = replace(order, buys=False)
            conclusion = _drive(free, book, shelf, clock, publishers=publication.watchers)
    code = conclude(order, book, conclusion)
    if conclusion.ending is not Ending.HALTED:
        mending.look_back(book, shelf, clock.now())
    return conclusion, code


def _mends_later(order: Order, book: Journal, now: float) -> bool:
    """Return whether so many videos are to be looked at that the work, of which there is some, goes first."""
    is_busy = bool(purchases(order, book)) or is_under_way(order, book, now)
    return order.buys and is_busy and mending.is_long_look(book)


def _mend(order: Order, book: Journal, shelf: Shelf, now: float) -> bool:
    """Find the videos that are gone; return whether any is to be fetched again."""
    if gone := mending.mend(book, shelf, now, thorough=not order.buys):
        shown = first_of(gone[:3], len(gone))
        order.screen.tell(
            f"{counted(len(gone), 'video')} gone or changed in {order.folder}, fetched again for nothing: {shown}"
        )
    return bool(gone)


def _drive(
    order: Order, book: Journal, shelf: Shelf, clock: SystemClock, *, publishers: Sequence[Watcher]
) -> Conclusion:
    buys = purchases(order, book)
    if not buys and not is_under_way(order, book, clock.now()):
        write_numbers(order, book)
        return Conclusion(ending=Ending.FINISHED)
    prospect = prospect_of(order.prepared, book, buys=buys, now=clock.now(), max_cost=order.max_cost)
    forecast = _foretell(order, book, prospect)
    watchers = [*publishers, *watchers_of(order, book, prospect, forecast)]
    checks, executor = order.prepared.manifest.checks, (order.args.executor or chosen(LOCAL))(order.folder)
    judge = judge_for(checks, order.prepared.portraits.content, executor, shelf.partial)
    wiring = Wiring(
        folder=order.folder, run_id=book.run_id, buys=order.buys, environ=order.environ,
        partial=shelf.partial, files=books.files_of(book), portraits=order.prepared.portraits, clock=clock,
    )  # fmt: skip
    work = Work(
        prepared=order.prepared, book=book, shelf=books.shelf_of(order.folder, book, judge=judge), wiring=wiring,
        watchers=watchers, rescue=rescue_of(order, watchers), executor=executor, selected=order.asked,
        max_cost=order.max_cost, warn=order.screen.tell, outlook=prospect.outlook,
    )  # fmt: skip
    try:
        conclusion = work_off(work)
    finally:
        for watcher in watchers:
            watcher.close()
    if conclusion.ending is Ending.FINISHED and forecast.items:
        books.note_forecast(book, replace(forecast, took_s=round(clock.now() - forecast.at, 1)))
    return conclusion


def _foretell(order: Order, book: Journal, prospect: Prospect) -> Foretold:
    """Remember and show what is ahead, unless a cap leaves nothing to do."""
    forecast = prospect.foretold()
    if not forecast.items:
        return forecast
    books.note_forecast(book, forecast)
    if not order.args.quiet:
        whole = forecast.items + prospect.unaffordable
        few = prospect.told(forecast.items)
        told = counted(whole, "video") if few == f"{whole}" else f"{few} of {counted(whole, 'video')}"
        order.screen.tell(f"{told} in {foretold(forecast)}, bound by {bound_by(forecast.binding, order.prepared)}")
    return forecast
