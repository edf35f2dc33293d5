"""`s2v run`: do what is left to do, also after any crash; nothing when all is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from ...core.ending import Ending, exit_code
from ...core.selection import select
from ...core.state import Index, Phase
from ...core.tally import Summary
from ...edge.files import UNFENCED, require_open_files
from ...edge.journal import Journal
from ...edge.lock import held
from ...edge.progress import EventStream, Watcher, progress
from ...edge.shelf import Shelf
from ...engine.crew import Conclusion
from ...errors import Exit, Halt
from ...report.text import counted
from .. import books, github
from ..args import Args
from ..choosing import max_cost_of, selection_of
from ..connecting import Line
from ..environment import environment
from ..neighbours import refuse_bought_elsewhere
from ..order import COLLECTED, Order, is_agreed, is_under_way, purchases
from ..outcome import idle_words, show_summary, standing
from ..planning import prepared_for
from ..running import SystemClock, Work, require_keys, work_off
from ..screen import Screen
from ..target import require_shard, tidy
from .plan import show


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
    prepared = prepared_for(args, environ)
    folder = tidy(prepared.manifest.folder)
    order = Order(
        args=args, screen=screen, environ=environ, prepared=prepared, folder=folder,
        selection=selection_of(args, prepared.every), max_cost=max_cost_of(args.max_cost, prepared.offers),
        buys=buys,
    )  # fmt: skip
    if args.frozen:
        books.require_lock(folder, prepared.plan)
    if args.dry_run:
        return show(args, screen, prepared, order.selection)
    require_open_files()
    UNFENCED.make_folder(folder)
    with held(folder), Journal.create_or_open(folder) as book:
        return _run(order, book)


def _run(order: Order, book: Journal) -> int:
    require_shard(book.header, order.prepared.manifest.shard, order.folder)
    clock, index = SystemClock(), dict(book.index())
    asked = select(order.selection, order.prepared.plan.items, book.state)
    buys = purchases(order, book, index, asked)
    if buys or is_under_way(order, book, clock.now()):
        require_keys(order.prepared, book, order.environ)
    refuse_bought_elsewhere(order, book, buys)
    if buys and not is_agreed(order, len(buys)):
        order.screen.tell("nothing was sent; what is paid for already comes home by s2v fetch")
        return Exit.STOPPED
    is_new = books.note_manifest(book, order.folder, order.prepared.manifest, order.prepared.plan)
    shelf = books.shelf_of(order.folder, book, full_decode=order.prepared.manifest.checks.full_decode)
    shelf.prepare()
    if is_new:
        books.enter(book, shelf, order.prepared.plan, clock.now())
    _mend(order, book, shelf, clock.now())
    if order.selection.tries_again or not order.buys:
        books.requeue(book, asked, clock.now(), buys=order.buys)
    books.write_lock(order.folder, order.prepared.plan, books.files_of(book))
    conclusion = _drive(order, book, shelf, clock, asked)
    return _conclude(order, book, asked, conclusion)


def _mend(order: Order, book: Journal, shelf: Shelf, now: float) -> None:
    if gone := books.mend(book, shelf, dict(book.index()), now, thorough=not order.buys):
        shown = ", ".join(gone[:3]) + (", ..." if len(gone) > 3 else "")  # noqa: PLR2004 - enough to know which
        order.screen.tell(
            f"{counted(len(gone), 'video')} gone or changed in {order.folder}, fetched again for nothing: {shown}"
        )


def _drive(order: Order, book: Journal, shelf: Shelf, clock: SystemClock, asked: frozenset[str]) -> Conclusion:
    index = dict(book.index())
    if not purchases(order, book, index, asked) and not is_under_way(order, book, clock.now()):
        return Conclusion(ending=Ending.FINISHED)
    watchers = _watchers(order, index, asked)
    line = Line(
        folder=order.folder, partial=shelf.partial, files=books.files_of(book), portraits=order.prepared.portraits,
        clock=clock,
    )  # fmt: skip
    work = Work(
        prepared=order.prepared, book=book, shelf=shelf, line=line, watchers=watchers,
        selected=None if order.selection.is_everything else asked, max_cost=order.max_cost, environ=order.environ,
        buys=order.buys,
    )  # fmt: skip
    try:
        return work_off(work)
    finally:
        for watcher in watchers:
            watcher.close()


def _watchers(order: Order, index: Mapping[str, Index], asked: frozenset[str]) -> list[Watcher]:
    screen, watchers = order.screen, list[Watcher]()
    if order.args.events:
        watchers.append(EventStream(screen.stdout))
    if not order.args.quiet and not (order.args.events and screen.stdout.isatty()):
        counted_in = {key for key, entry in index.items() if key in asked or entry.phase in COLLECTED}
        done = sum(index[key].phase == Phase.DONE for key in counted_in)
        watchers.append(
            progress(
                len(counted_in), done, stream=screen.stderr, interactive=screen.interactive, clock=time.monotonic,
                colour=screen.colour,
            )
        )  # fmt: skip
    return watchers


def _conclude(order: Order, book: Journal, asked: frozenset[str], conclusion: Conclusion) -> int:
    """Write the reports, say how it went, and return the exit code."""
    is_idle = books.are_reports_current(book, order.folder)
    counts = standing(dict(book.index()), _is_asked(order, asked), only_paid=not order.buys)
    summary = None if is_idle else _report(order, book, conclusion)
    if conclusion.why:
        order.screen.warn(f"stopped: {conclusion.why}")
    if order.args.json:
        order.screen.give((order.folder / "report.json").read_text(encoding="utf-8").rstrip("\n"))
    elif summary is None:
        (order.screen.tell if order.args.events else order.screen.say)(idle_words(counts, order.folder))
    else:
        say = order.screen.tell if order.args.events else order.screen.say
        show_summary(say, summary, books.facts(dict(book.header)), order.folder)
    return exit_code(counts, conclusion.ending)


def _is_asked(order: Order, asked: frozenset[str]) -> Callable[[str], bool]:
    """Return whether an item was asked for; who asks for everything asks for what left the manifest, too."""
    return (lambda _: True) if order.selection.is_everything else asked.__contains__


def _report(order: Order, book: Journal, conclusion: Conclusion) -> Summary:
    """Write the report files; after a halt the disk may refuse them too, which is already said."""
    try:
        summary = books.write_reports(book, order.folder)
        books.note_reports(book)
    except Halt:
        if conclusion.ending is not Ending.HALTED:
            raise
        return books.summary_of(book)
    github.annotate_summary(order.screen, summary, order.folder / "report.md")
    return summary
