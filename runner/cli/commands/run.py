"""`s2v run`: do what is left to do, also after any crash; nothing when all is done."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ...core.ending import Ending, exit_code
from ...core.lifecycle import Index, Phase, State
from ...core.plan import is_refetched
from ...core.selection import Selection, select
from ...core.tally import Summary
from ...dialects.registry import DIALECTS
from ...edge.files import halting
from ...edge.journal import Journal
from ...edge.lock import held
from ...edge.progress import EventStream, Watcher, progress
from ...edge.shelf import Shelf
from ...engine.drive import Conclusion
from ...errors import Exit, Halt
from ...model import Money
from ...report.text import counted
from .. import books, github
from ..args import Args
from ..choosing import max_cost_of, selection_of
from ..connecting import Line
from ..environment import environment
from ..outcome import idle_words, show_summary, standing
from ..planning import Prepared, prepare
from ..running import SystemClock, Work, require_keys, work_off
from ..screen import Screen
from ..target import manifest_of, tidy
from .plan import show

_COLLECTED: Final = frozenset({Phase.RUNNING, Phase.READY, Phase.SAVED})


def run(args: Args, screen: Screen) -> int:
    """Run a manifest; return how it ended."""
    environ = environment(screen.environ, args.env_file)
    prepared = prepare(manifest_of(args.target), environ)
    folder = tidy(prepared.manifest.folder)
    order = _Order(
        args=args, screen=screen, environ=environ, prepared=prepared, folder=folder,
        selection=selection_of(args, prepared.plan.items), max_cost=max_cost_of(args.max_cost, prepared.seller),
    )  # fmt: skip
    if args.frozen:
        books.require_lock(folder, prepared.plan)
    if args.dry_run:
        return show(args, screen, prepared, order.selection)
    with halting(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with held(folder), Journal.create_or_open(folder) as book:
        return _run(order, book)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What was asked for, before the journal is looked at."""

    args: Args
    screen: Screen
    environ: Mapping[str, str]
    prepared: Prepared
    folder: Path
    selection: Selection
    max_cost: Money | None


def _run(order: _Order, book: Journal) -> int:
    clock, index = SystemClock(), dict(book.index())
    asked = select(order.selection, order.prepared.plan.items, book.state)
    buys = _purchases(order, book, index, asked)
    if buys or _is_under_way(order, book, clock.now()):
        require_keys(order.prepared, book, order.environ)
    if buys and not _is_agreed(order, buys):
        order.screen.tell("nothing was sent")
        return Exit.OK
    is_new = books.note_manifest(book, order.folder, order.prepared.manifest, order.prepared.plan)
    shelf = books.shelf_of(order.folder, book, full_decode=order.prepared.manifest.checks.full_decode)
    shelf.prepare()
    if is_new:
        books.enter(book, shelf, order.prepared.plan, clock.now())
    _mend(order, book, shelf, clock.now())
    if order.selection.tries_again:
        books.requeue(book, asked, clock.now())
    books.write_lock(order.folder, order.prepared.plan)
    conclusion = _drive(order, book, shelf, clock, asked)
    return _conclude(order, book, asked, conclusion)


def _purchases(order: _Order, book: Journal, index: Mapping[str, Index], asked: Iterable[str]) -> int:
    """Return how many items this run may buy."""
    return sum(1 for key in asked if _may_be_bought(index.get(key), key, book, again=order.selection.tries_again))


def _may_be_bought(entry: Index | None, key: str, book: Journal, *, again: bool) -> bool:
    if entry is None or entry.phase == Phase.PLANNED:
        return True
    state = book.state(key) if again and entry.phase == Phase.FAILED else None
    return state is not None and not is_refetched(state)


def _is_under_way(order: _Order, book: Journal, now: float) -> bool:
    """Return whether something is bought and not yet home, or in a doubt that a run may settle by itself."""
    if book.all_keys(_COLLECTED):
        return True
    doubts = (book.state(key) for key in book.all_keys([Phase.IN_DOUBT]))
    return any(state is not None and _may_be_settled(order, state, now) for state in doubts)


def _may_be_settled(order: _Order, state: State, now: float) -> bool:
    """Return whether a doubt may end by itself: by asking again under its key, or because its provider calls back."""
    if state.idempotency_key is not None:
        return True
    unseen_job_s = DIALECTS[state.provider or ""].traits.unseen_job_s.value
    return order.prepared.manifest.callback is not None and now < state.called_until(unseen_job_s)


def _is_agreed(order: _Order, buys: int) -> bool:
    """Ask a person before money is spent; a script, or --yes, has agreed already."""
    price, seller = order.prepared.seller.price, order.prepared.seller.name
    if order.args.yes or not order.screen.answers or (price is not None and not price.micros):
        return True
    cost = f"at most {Money(micros=price.micros * buys, currency=price.currency)}" if price else "a price not known"
    return order.screen.ask(f"buy up to {counted(buys, 'video')} at {seller} for {cost}?")


def _mend(order: _Order, book: Journal, shelf: Shelf, now: float) -> None:
    if gone := books.mend(book, shelf, dict(book.index()), now):
        shown = ", ".join(gone[:3]) + (", ..." if len(gone) > 3 else "")  # noqa: PLR2004 - enough to know which
        order.screen.tell(f"{counted(len(gone), 'video')} gone from {order.folder}, fetched again for nothing: {shown}")


def _drive(order: _Order, book: Journal, shelf: Shelf, clock: SystemClock, asked: frozenset[str]) -> Conclusion:
    index = dict(book.index())
    if not _purchases(order, book, index, asked) and not _is_under_way(order, book, clock.now()):
        return Conclusion(ending=Ending.FINISHED)
    watchers = _watchers(order, index, asked)
    line = Line(folder=order.folder, partial=shelf.partial, portraits=order.prepared.portraits, clock=clock)
    work = Work(
        prepared=order.prepared, book=book, shelf=shelf, line=line, watchers=watchers,
        selected=None if order.selection.is_everything else asked, max_cost=order.max_cost, environ=order.environ,
    )  # fmt: skip
    try:
        return work_off(work)
    finally:
        for watcher in watchers:
            watcher.close()


def _watchers(order: _Order, index: Mapping[str, Index], asked: frozenset[str]) -> list[Watcher]:
    screen, watchers = order.screen, list[Watcher]()
    if order.args.events:
        watchers.append(EventStream(screen.stdout))
    if not order.args.quiet and not (order.args.events and screen.stdout.isatty()):
        counted_in = {key for key, entry in index.items() if key in asked or entry.phase in _COLLECTED}
        done = sum(index[key].phase == Phase.DONE for key in counted_in)
        watchers.append(
            progress(
                len(counted_in), done, stream=screen.stderr, interactive=screen.interactive, clock=time.monotonic,
                colour=screen.colour,
            )
        )  # fmt: skip
    return watchers


def _conclude(order: _Order, book: Journal, asked: frozenset[str], conclusion: Conclusion) -> int:
    """Write the reports, say how it went, and return the exit code."""
    is_idle = books.are_reports_current(book, order.folder)
    counts = standing(dict(book.index()), asked.__contains__)
    summary = None if is_idle else _report(order, book, conclusion)
    if conclusion.why:
        order.screen.warn(f"stopped: {conclusion.why}")
    if order.args.json:
        order.screen.say((order.folder / "report.json").read_text(encoding="utf-8").rstrip("\n"))
    elif summary is None:
        (order.screen.tell if order.args.events else order.screen.say)(idle_words(counts, order.folder))
    else:
        say = order.screen.tell if order.args.events else order.screen.say
        show_summary(say, summary, books.facts(dict(book.header)), order.folder)
    return exit_code(counts, conclusion.ending)


def _report(order: _Order, book: Journal, conclusion: Conclusion) -> Summary:
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
