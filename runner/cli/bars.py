"""What is shown of work that has no watcher of events: a bar for what is made here and now, a line for a long wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Final

from ..edge.watch.displays import REDRAW_EVERY_S, Bar
from .screen import Screen

LONG_S: Final = 5.0  # after which it is told what goes on


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


@contextmanager
def told_if_long(screen: Screen, words: str, *, after_s: float = LONG_S) -> Iterator[None]:
    """Say what goes on, once, where the block takes longer than a person would wait without a word."""
    timer = Timer(after_s, screen.tell, [words])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
