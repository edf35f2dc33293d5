"""What asks a program to end, wherever it stands: heard as Ctrl-C is, so that what is open is closed, and words follow.

Left to the system, each ends the process without a word, and does nothing to the first process of a container. A run
that drives hears them in its own way (`run.signals`). It is the first that is loaded, and needs nothing of ours.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_AGAIN_S: Final = 0.01
_HEARD: Final = (signal.SIGTERM, signal.SIGHUP)
_SIGNALLED: Final = 128  # and the number of a signal is the exit code of what it ended, as in `errors.Exit`


class Interrupted(KeyboardInterrupt):
    """Something else than Ctrl-C asked the program to end."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number: Final = number


def exit_of(interrupt: KeyboardInterrupt) -> int:
    """Return what the process tells its caller when this ended it."""
    return _SIGNALLED + (interrupt.number if isinstance(interrupt, Interrupted) else signal.SIGINT)


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise `Interrupted` in the block when asked to end; what was told to ignore that before (`nohup`) goes on."""
    heard = [number for number in _HEARD if signal.getsignal(number) is signal.SIG_DFL]
    for number in heard:
        signal.signal(number, _interrupt)
    try:
        with _none_lost():
            yield
    finally:
        for number in heard:
            if signal.getsignal(number) is _interrupt:
                signal.signal(number, signal.SIG_DFL)


@contextmanager
def _none_lost() -> Iterator[None]:
    """Hear a signal a moment later once more where Python drops what was raised at it.

    So it does wherever an object ends or a library calls back: it prints a traceback, and the program goes on.
    """
    told, former, lost = sys.unraisablehook, signal.getsignal(signal.SIGALRM), list[int]()

    def note(dropped: sys.UnraisableHookArgs) -> None:
        if not issubclass(dropped.exc_type, KeyboardInterrupt):
            told(dropped)
            return
        lost.append(dropped.exc_value.number if isinstance(dropped.exc_value, Interrupted) else signal.SIGINT)
        signal.signal(signal.SIGALRM, repeat)
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)

    def rest() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)

    def repeat(_number: int, _frame: FrameType | None) -> None:
        rest()
        number = lost.pop()
        if number == signal.SIGHUP:
            signal.signal(number, _interrupt)  # it was to be heard once, and was not
        signal.raise_signal(number)

    sys.unraisablehook = note
    try:
        yield
    finally:
        if lost:
            rest()
        sys.unraisablehook = told


def _interrupt(number: int, _frame: FrameType | None) -> None:
    if number == signal.SIGHUP:
        signal.signal(number, signal.SIG_IGN)  # shell and kernel each say that a terminal has closed
    raise Interrupted(number)
