"""Who watches a run: the progress for people, events for programs, and the numbers and spans that were asked for."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from ...core.life.state import PAID_PHASES, Phase
from ...edge.journal.journal import Journal
from ...edge.watch.progress import EventStream, Progress, progress
from ...edge.watch.watcher import Watcher
from ...report.facts import Foretold
from ..plan.prospect import Prospect
from .order import Asked, Order
from .rescue import Rescue


def watchers_of(order: Order, book: Journal, prospect: Prospect, forecast: Foretold) -> list[Watcher]:
    """Return all that were asked for."""
    screen, watchers = order.screen, list[Watcher]()
    watchers += _exposed(order, book, warn=lambda text: _tell(watchers, text, otherwise=screen.tell))
    if order.args.events:
        watchers.append(EventStream(screen.out))
    if not order.args.quiet and not (order.args.events and screen.stdout.isatty()):
        counts = _expected(book, order.asked)
        watchers.append(
            progress(
                counts.total(), counts[Phase.DONE],
                resting=counts.total() - counts[Phase.DONE] - prospect.items,
                stream=screen.stderr, interactive=screen.draws, clock=time.monotonic,
                colour=screen.colour, outlook=prospect.outlook if order.buys else None, forecast_s=forecast.p50_s,
            )
        )  # fmt: skip
    return watchers


def write_numbers(order: Order, book: Journal) -> None:
    """Let the file of `--metrics` say how a run stands that had nothing to do: that of a killed one says it goes on."""
    if isinstance(order.args.metrics, Path):
        for watcher in _exposed(order, book, warn=order.screen.tell):
            watcher.close()


def rescue_of(order: Order, watchers: Sequence[Watcher]) -> Rescue:
    """Return what tells of paid jobs that the journal does not take, above the progress or where none is shown."""
    tell = order.screen.warn
    return Rescue(order.folder, order.environ, lambda text: _tell(watchers, text, otherwise=tell))


def _tell(watchers: Sequence[Watcher], text: str, *, otherwise: Callable[[str], None]) -> None:
    """Show a line above the progress, or by `otherwise` where none is shown."""
    show = next((each.said for each in watchers if isinstance(each, Progress)), otherwise)
    show(text)


def _exposed(order: Order, book: Journal, *, warn: Callable[[str], None]) -> list[Watcher]:
    if order.args.metrics is None and not order.args.traces:
        return []
    from .telemetry import exposed  # noqa: PLC0415 - a web server, for those alone who ask for numbers

    return exposed(order, book, warn=warn)


def _expected(book: Journal, asked: Asked) -> Counter[str]:
    """Return how many of the items that this run is about are in each phase, all that is to be collected among them."""
    counts = Counter[str]()
    if asked is None:
        for phase, wanted, _, count in book.standings():
            counts[phase] += count if wanted or phase in PAID_PHASES else 0
        return counts
    entries = map(book.index_entry, asked.union(book.keys_in(PAID_PHASES)))
    counts.update(entry.phase for entry in entries if entry is not None)
    return counts
