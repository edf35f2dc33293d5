"""The two displays of progress, one bar on a terminal and plain lines elsewhere; they show what they are told."""

from __future__ import annotations

import os
from typing import Final, Protocol, TextIO

from .quiet import QuietStream

PLAIN_EVERY_S: Final = 10.0  # off a terminal, where every line stays in a log
REDRAW_EVERY_S: Final = 0.2  # a redraw costs some 30 us and a write; eyes need no more
_BAR: Final = "{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt}{postfix}"


class Display(Protocol):
    """Shows numbers on one kind of stream."""

    every_s: float

    def show(self, at_rest: int, done: int, words: str) -> None:
        """Show how many items are at rest and done, and the words beside them."""

    def notice(self, text: str) -> None:
        """Show a line that stays."""

    def close(self) -> None:
        """Leave the stream as a shell expects it."""


class PlainLines:
    """For logs: a line now and then, and one at the end."""

    every_s = PLAIN_EVERY_S

    def __init__(self, total: int, *, stream: TextIO) -> None:
        self._stream, self._total = QuietStream(stream), total

    def show(self, at_rest: int, done: int, words: str) -> None:  # noqa: ARG002 -- the bar needs both numbers
        """Write one line."""
        self._stream.line(f"{done}/{self._total} done{', ' if words else ''}{words}")

    def notice(self, text: str) -> None:
        """Write the notice as a line of its own."""
        self._stream.line(text)

    def close(self) -> None:
        """Nothing is left open."""


class Bar:
    """For terminals: one bar that stays at the bottom while notices scroll by above it."""

    every_s = REDRAW_EVERY_S

    def __init__(self, total: int, done: int, *, stream: TextIO, colour: bool) -> None:
        """Draw the bar with what earlier runs have done."""
        from tqdm import tqdm  # noqa: PLC0415 - takes long to load, and nobody looks at most starts

        tqdm.monitor_interval = 0  # no thread that watches: the redraws here are our own
        self._stream, self._terminal, self._colour = QuietStream(stream), stream, colour
        self._tqdm = tqdm(
            total=total, initial=done, file=self._stream, bar_format=_BAR, dynamic_ncols=_width(stream) > 0,
            colour="green" if colour else None,
        )  # fmt: skip

    def show(self, at_rest: int, done: int, words: str) -> None:
        """Redraw the bar; it is yellow as soon as something came to rest without being done."""
        self._tqdm.n = at_rest
        if self._colour and at_rest > done:
            self._tqdm.colour = "yellow"
        told = f"{done} done{', ' if words else ''}{words}"
        self._tqdm.set_postfix_str(self._fitting(told), refresh=False)
        self._tqdm.refresh()

    def _fitting(self, words: str) -> str:
        """Return as many of the words as have room, each whole: half a number would tell another one."""
        width = _width(self._terminal)
        if not width:
            return words
        room = width - 1 - len(f"100%|#| {self._tqdm.n}/{self._tqdm.total}, ")  # tqdm leaves the last column free
        told = words.split(", ")
        while told and len(", ".join(told)) > room:
            told.pop()
        return ", ".join(told)

    def notice(self, text: str) -> None:
        """Write the notice above the bar."""
        self._tqdm.write(text, file=self._stream)

    def close(self) -> None:
        """Leave the bar where it stands and go to the next line."""
        self._tqdm.close()


def _width(stream: TextIO) -> int:
    """Return the columns of a terminal; 0 where it does not know its size (containers, CI), or is none."""
    try:
        columns, lines = os.get_terminal_size(stream.fileno())
    except OSError:
        return 0
    return columns if lines else 0
