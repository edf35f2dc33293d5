"""A bar for what is made here and now, and needs no watcher of events."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..edge.watch.displays import REDRAW_EVERY_S, Bar
from .screen import Screen


@contextmanager
def watched(total: int, screen: Screen, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Give who is told how much of `total` is done: a bar on a terminal, and nobody elsewhere."""
    if quiet or not screen.draws:
        yield lambda number: None  # noqa: ARG005 - nobody looks
        return
    bar = Bar(total, 0, stream=screen.stderr, colour=screen.colour)
    shown = time.monotonic()

    def watch(number: int) -> None:
        nonlocal shown
        if number == total or time.monotonic() - shown >= REDRAW_EVERY_S:
            shown = time.monotonic()
            bar.show(number, number, "")

    try:
        yield watch
    finally:
        bar.close()
