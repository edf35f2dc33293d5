"""What a person, or a program, sees of a run while it goes on: a bar, a plain line now and then, a stream of events.

Each watcher is told of every fact by `saw`, takes a notice by `said`, and is closed once. Watching never harms a run:
when the stream on the other side is gone, a watcher falls silent, sets `broken`, and the run goes on.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import Final, Protocol, TextIO

from tqdm import tqdm

from ..core.state import Phase, State
from ..core.tally import without_queries
from ..events import Accepted, Doubted, Settled, Stamped
from ..model import Money
from ..report.document import event_line
from ..report.text import lasting, together, visible
from .quiet import QuietStream

REDRAW_EVERY_S: Final = 0.2  # a redraw costs some 30 us and a write; eyes need no more
PLAIN_EVERY_S: Final = 10.0  # off a terminal, where every line stays in a log

_BAR: Final = "{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt}{postfix}"


class Watcher(Protocol):
    """Whoever wants to know how a run goes on."""

    def saw(self, state: State, stamped: Stamped) -> None:
        """Take note of one fact and of the item's state after it."""

    def said(self, text: str) -> None:
        """Show one notice for the user."""

    def close(self) -> None:
        """Show the last word; called once, after which nothing more is shown."""


class Place(StrEnum):
    """Where an item is, in the words of the progress display."""

    RUNNING = "running"  # being bought, or at the provider
    FETCHING = "fetching"  # made; on its way to the shelf
    DONE = "done"
    FAILED = "failed"
    IN_DOUBT = "in doubt"
    WAITING = "waiting"  # nothing is under way: not yet bought, or to be bought again


_PLACES: Final = {
    Phase.PLANNED: Place.WAITING,
    Phase.IN_DOUBT: Place.RUNNING,
    Phase.RUNNING: Place.RUNNING,
    Phase.READY: Place.FETCHING,
    Phase.SAVED: Place.FETCHING,
    Phase.DONE: Place.DONE,
    Phase.FAILED: Place.FAILED,
}


class Progress:
    """Counts what is where and what it cost, and lets a display show it no oftener than eyes or logs can take."""

    def __init__(self, total: int, done: int, *, display: Display, clock: Callable[[], float]) -> None:
        """Start with `done` of `total` items done by earlier runs; `clock` counts seconds and never goes back."""
        self._total, self._before = total, done
        self._display, self._clock = display, clock
        self._started = self._shown = clock()
        self._places: dict[str, Place] = {}
        self._counts: Counter[Place] = Counter()
        self._spent: dict[str, int] = {}

    @property
    def broken(self) -> bool:
        """Return whether the stream went away and nothing is shown any more."""
        return self._display.broken

    @property
    def remembered(self) -> int:
        """Return of how many items the place is kept in memory: those under way, and those that failed."""
        return len(self._places)

    def saw(self, state: State, stamped: Stamped) -> None:
        """Take note of one fact and of the item's state after it."""
        doubted = isinstance(stamped.event, Doubted) and state.phase is Phase.IN_DOUBT
        self._move(state.item.key, Place.IN_DOUBT if doubted else _PLACES[state.phase])
        is_bought = isinstance(stamped.event, Accepted | Settled) and state.accepted_at == stamped.at
        if is_bought and state.price is not None:
            currency = state.price.currency
            self._spent[currency] = self._spent.get(currency, 0) + state.price.micros
        if self._clock() - self._shown >= self._display.every_s:
            self._show()

    def said(self, text: str) -> None:
        """Show one notice at once, without garbling what is there."""
        self._display.notice(visible(without_queries(text)))

    def close(self) -> None:
        """Show the final numbers; called once."""
        self._show()
        self._display.close()

    def _move(self, key: str, place: Place) -> None:
        before = self._places.pop(key, None)
        if before is not None:
            self._counts[before] -= 1
        self._counts[place] += 1
        if place is not Place.DONE:  # what is done stays done, and need not be remembered
            self._places[key] = place

    def _show(self) -> None:
        self._shown = self._clock()
        at_rest = self._counts[Place.DONE] + self._counts[Place.FAILED] + self._counts[Place.IN_DOUBT]
        self._display.show(self._before + at_rest, self._before + self._counts[Place.DONE], self._words())

    def _words(self) -> str:
        order = (Place.RUNNING, Place.FETCHING, Place.FAILED, Place.IN_DOUBT)
        words = [f"{self._counts[place]} {place}" for place in order if self._counts[place]]
        if self._spent:
            purse = (Money(micros=micros, currency=currency) for currency, micros in sorted(self._spent.items()))
            words.append(f"{together(tuple(purse))} spent")
        if (left_s := self._left_s()) is not None:
            words.append(f"about {lasting(left_s)} left")
        return ", ".join(words)

    def _left_s(self) -> float | None:
        """Return the time left at the pace of this run's own completions; None before the first, or after the last."""
        finished = self._counts[Place.DONE] + self._counts[Place.FAILED]
        left = self._total - self._before - finished - self._counts[Place.IN_DOUBT]
        if not finished or left <= 0:
            return None
        return left * (self._clock() - self._started) / finished


class Display(Protocol):
    """Shows numbers on one kind of stream."""

    every_s: float

    @property
    def broken(self) -> bool:
        """Return whether the stream went away, and nothing is shown any more."""

    def show(self, at_rest: int, done: int, words: str) -> None:
        """Show how many items are at rest and done, and the words beside them."""

    def notice(self, text: str) -> None:
        """Show a line that stays."""

    def close(self) -> None:
        """Leave the stream as a shell expects it."""


class PlainLines:
    """For logs: a line now and then, and one at the end."""

    def __init__(self, total: int, *, stream: TextIO, every_s: float) -> None:
        """Show a line at most every `every_s` seconds."""
        self.every_s = every_s
        self._stream, self._total = QuietStream(stream), total

    @property
    def broken(self) -> bool:
        """Return whether the stream went away."""
        return self._stream.broken

    def show(self, at_rest: int, done: int, words: str) -> None:  # noqa: ARG002 -- the bar needs both numbers
        """Write one line."""
        self._stream.line(f"{done}/{self._total} done{', ' if words else ''}{words}")

    def notice(self, text: str) -> None:
        """Write the notice as a line of its own."""
        self._stream.line(text)

    def close(self) -> None:
        """Nothing is left open."""


class _Tqdm(tqdm):  # type: ignore[type-arg]  # it iterates over nothing
    """tqdm without its watching thread: the redraws here are our own."""

    monitor_interval = 0


class Bar:
    """For terminals: one bar that stays at the bottom while notices scroll by above it."""

    every_s = REDRAW_EVERY_S

    def __init__(self, total: int, done: int, *, stream: TextIO, colour: bool) -> None:
        """Draw the bar with what earlier runs have done."""
        self._stream, self._colour = QuietStream(stream), colour
        self._tqdm = _Tqdm(
            total=total, initial=done, file=self._stream, bar_format=_BAR, dynamic_ncols=_has_width(stream),
            colour="green" if colour else None,
        )  # fmt: skip

    @property
    def broken(self) -> bool:
        """Return whether the stream went away."""
        return self._stream.broken

    def show(self, at_rest: int, done: int, words: str) -> None:
        """Redraw the bar; it is yellow as soon as something came to rest without being done."""
        self._tqdm.n = at_rest
        if self._colour and at_rest > done:
            self._tqdm.colour = "yellow"
        self._tqdm.set_postfix_str(f"{done} done{', ' if words else ''}{words}", refresh=False)
        self._tqdm.refresh()

    def notice(self, text: str) -> None:
        """Write the notice above the bar."""
        _Tqdm.write(text, file=self._stream)

    def close(self) -> None:
        """Leave the bar where it stands and go to the next line."""
        self._tqdm.close()


def _has_width(stream: TextIO) -> bool:
    """Return whether the terminal knows its size; one that says 0 (containers, CI) would get an empty bar."""
    try:
        return min(os.get_terminal_size(stream.fileno())) > 0
    except OSError:
        return False


def progress(
    total: int,
    done: int,
    *,
    stream: TextIO,
    interactive: bool,
    clock: Callable[[], float],
    plain_every_s: float = PLAIN_EVERY_S,
    colour: bool = False,
) -> Progress:
    """Return the watcher for people: a bar on a terminal (`interactive`), plain lines elsewhere."""
    display: Display
    if interactive:
        display = Bar(total, done, stream=stream, colour=colour)
    else:
        display = PlainLines(total, stream=stream, every_s=plain_every_s)
    return Progress(total, done, display=display, clock=clock)


class EventStream:
    """The watcher for programs (`--events`): every fact as one line of ASCII JSON, flushed at once.

    When the reader goes away (`s2v run --events | head`), `broken` becomes True and further facts are dropped, while
    the run goes on: what is paid for is still fetched. Whoever opened the stream asks `broken` and points a broken
    stdout at the null device before the interpreter flushes it.
    """

    def __init__(self, stream: TextIO) -> None:
        """Write to `stream`, which stays the caller's to close."""
        self._stream = QuietStream(stream)

    @property
    def broken(self) -> bool:
        """Return whether the reader went away."""
        return self._stream.broken

    def saw(self, state: State, stamped: Stamped) -> None:
        """Write one fact."""
        self._stream.line(event_line(state, stamped))

    def said(self, text: str) -> None:
        """Ignore a notice: programs read facts."""

    def close(self) -> None:
        """Nothing is left open."""
