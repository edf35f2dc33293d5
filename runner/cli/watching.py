"""Watching a run from another terminal, until it ends: look, show, pause.

The run is not held up: the journal is opened read-only for the moment of a look and asked for its index alone, the
lock is not tried, and looking takes at most a tenth of the time, however large the run. One question goes to the run.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from ..core.life.state import Phase
from ..core.sums.tally import matters
from ..edge.disk.holder import holder
from ..edge.journal.header import NAME
from ..edge.journal.journal import Journal
from ..model import Money
from ..report.glance import Glance, Pace, glance_line, glance_lines
from .screen import Screen
from .standing import told_by_run

_PAUSE_LEAST: Final = 9.0  # pauses, in lengths of a look


def look(folder: Path, environ: Mapping[str, str]) -> Glance:
    """Return how a run stands right now."""
    who = holder(folder)  # before the numbers: what is shown of a run that has ended is its end
    phases: Counter[Phase] = Counter()
    with Journal.read(folder) as book:
        buying = told_by_run(folder, book.run_id, environ) if who else None
        name, committed = str(book.header[NAME]), book.committed()
        for phase, wanted, _, count in book.standings():
            if matters(Phase(phase), wanted=wanted):
                phases[Phase(phase)] += count
        unpriced = sum(pile.items for pile in book.piles() if pile.unpriced)
    money = tuple(Money(micros=micros, currency=currency) for currency, micros in sorted(committed.items()))
    return Glance(
        name=name, at=time.time(), phases=phases, committed=money, holder=who, unpriced=unpriced, buying=buying
    )


def watch(
    folder: Path,
    screen: Screen,
    *,
    every_s: float,
    as_json: bool = False,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Show how a run stands every `every_s` seconds until nobody is at work, or nobody listens, any more."""
    pace, drawn = Pace(), 0
    while True:
        began = time.monotonic()
        glance = look(folder, screen.environ)
        pace.note(glance)
        if as_json:
            screen.give(glance_line(glance, pace.per_minute))
        else:
            drawn = _show(screen, glance_lines(glance, pace.per_minute), drawn)
        screen.flush()
        if glance.holder is None or screen.is_unheard:
            return
        pause(max(every_s, _PAUSE_LEAST * (time.monotonic() - began)))


def _show(screen: Screen, lines: list[str], drawn: int) -> int:
    """Show lines over the former ones on a terminal, as one line elsewhere; return how many are drawn."""
    if not screen.redraws:
        screen.say("; ".join(line.strip() for line in lines))
        return 0
    screen.redraw(lines, over=drawn)
    return len(lines)
