"""What asks a program to end, wherever it stands: heard as Ctrl-C is, so that what is open is closed, and words follow.

Left to the system, each ends the process without a word, and does nothing to the first process of a container. A run
that drives hears them in its own way (`signals`).
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from ..errors import Exit

_CODES: Final = {signal.SIGTERM: Exit.SIGTERM, signal.SIGHUP: Exit.SIGHUP}


class Interrupted(KeyboardInterrupt):
    """Something else than Ctrl-C asked the program to end."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit: Final = _CODES[signal.Signals(number)]


def exit_of(interrupt: KeyboardInterrupt) -> Exit:
    """Return what the process tells its caller when this ended it."""
    return interrupt.exit if isinstance(interrupt, Interrupted) else Exit.SIGINT


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise `Interrupted` in the block when asked to end; what was told to ignore that before (`nohup`) goes on."""
    heard = [number for number in _CODES if signal.getsignal(number) is signal.SIG_DFL]
    for number in heard:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number in heard:
            if signal.getsignal(number) is _interrupt:
                signal.signal(number, signal.SIG_DFL)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    if number == signal.SIGHUP:
        signal.signal(number, signal.SIG_IGN)  # shell and kernel each say that a terminal has closed
    raise Interrupted(number)
