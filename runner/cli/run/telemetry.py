"""`--metrics` and `--traces`: the numbers of this run for Prometheus, in a file or on a port; its spans over OTLP."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from ... import __version__
from ...core.life.state import OPEN_PHASES, Index, Phase
from ...core.sums.tally import matters
from ...edge.journal.header import NAME
from ...edge.journal.journal import Journal
from ...edge.watch.exposing import MetricsFile, MetricsPort
from ...edge.watch.spans import exported_spans
from ...edge.watch.watcher import Watcher
from ...report.metrics import AT_PROVIDER, Metrics
from .order import Order


def exposed(order: Order, book: Journal, *, warn: Callable[[str], None]) -> list[Watcher]:
    """Return the watchers that were asked for; raise UsageError or ConfigError where one cannot be.

    `warn` is told, also from another thread, what keeps them from their work while the run goes on.
    """
    traces: list[Watcher] = []
    if order.args.traces:
        traces.append(exported_spans(str(book.header[NAME]), warn=warn))
    return [*traces, *_numbers(order, book)]


def _numbers(order: Order, book: Journal) -> list[Watcher]:
    match order.args.metrics:
        case None:
            return []
        case Path() as path:
            return [MetricsFile(_metrics(book), path, clock=time.monotonic)]
        case port:
            found = MetricsPort(_metrics(book), port)
            order.screen.tell(f"metrics are at {found.url}")
            return [found]


def _metrics(book: Journal) -> Metrics:
    phases: Counter[Phase] = Counter()
    for phase, wanted, _, count in book.standings():
        if matters(Phase(phase), wanted=wanted):
            phases[Phase(phase)] += count
    known = {key: phase for phase in (*OPEN_PHASES, Phase.FAILED) for key in book.keys_in([phase])}
    flying = {key: entry.provider or "" for key, phase in known.items() if (entry := _at_provider(book, key, phase))}
    return Metrics(name=book.header[NAME], version=__version__, phases=phases, known=known, flying=flying)


def _at_provider(book: Journal, key: str, phase: Phase) -> Index | None:
    return book.index_entry(key) if phase in AT_PROVIDER else None
