"""What a person, or a program, sees of a run while it goes on: how many items are where, or a stream of events.

When the stream on the other side is gone, either falls silent, and the run goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import Final, TextIO

from ...core.life.money import totals
from ...core.life.state import Phase, State
from ...core.limits.steering import Adjusted, Answer, LeftOut, Paused, Resumed
from ...core.outlook.outlook import Outlook
from ...events import Accepted, Doubted, Settled, Stalled, Stamped
from ...model import Money
from ...report.document import event_line
from ...report.steered import steered_line, steered_words
from ...report.text import lasting, plain_line, together
from .displays import Bar, Display, PlainLines
from .quiet import QuietStream

RECKONED_EVERY_S: Final = 5.0  # the time left, which costs some 20 ms; in between it is counted down


class Place(StrEnum):
    """Where an item is, in the words of the progress display."""

    RUNNING = "running"  # being bought, or at the provider
    FETCHING = "fetching"  # made; on its way to the shelf
    DONE = "done"
    LEFT = "left out"  # purged
    FAILED = "failed"
    REVIEW = "to review"  # whole, and did not pass its checks
    IN_DOUBT = "in doubt"
    WAITING = "waiting"  # nothing is under way: not yet bought, or to be bought again


_PLACES: Final = {
    Phase.PLANNED: Place.WAITING,
    Phase.IN_DOUBT: Place.RUNNING,
    Phase.RUNNING: Place.RUNNING,
    Phase.READY: Place.FETCHING,
    Phase.SAVED: Place.FETCHING,
    Phase.REVIEW: Place.REVIEW,
    Phase.DONE: Place.DONE,
    Phase.FAILED: Place.FAILED,
    Phase.PURGED: Place.LEFT,
}


LATE_S: Final = 60.0  # off the forecast, and a tenth of it: less is not worth a word
LATE: Final = 0.1
_AT_REST: Final = (Place.DONE, Place.FAILED, Place.REVIEW, Place.IN_DOUBT)


class Progress:
    """Counts what is where and what it cost, and lets a display show it no oftener than eyes or logs can take."""

    def __init__(
        self,
        total: int,
        done: int,
        *,
        display: Display,
        clock: Callable[[], float],
        resting: int,
        outlook: Outlook | None,
        forecast_s: float | None,
    ) -> None:
        """Start with `done` of `total` items done by earlier runs; `clock` counts seconds and never goes back.

        `resting` further ones came to another rest before, and stay there: nothing is bought or made for them.
        `outlook` says how long it will take and learns on the way; without one no time is shown. `forecast_s` is what
        the whole run was forecast to take, against which it is held.
        """
        self._total, self._before, self._resting = total, done, resting
        self._display, self._clock, self._outlook = display, clock, outlook
        self._started = self._shown = self._newest = clock()
        self._forecast_s = forecast_s
        self._newest_at = self._reckoned = self._left = 0.0
        self._places: dict[str, Place] = {}
        self._waits: dict[str, float] = {}
        self._counts: Counter[Place] = Counter()
        self._spent: tuple[Money, ...] = ()
        self._is_paused = self._is_cut = self._is_over = False
        self._told: tuple[int, int, str] | None = None

    @property
    def remembered(self) -> int:
        """Return of how many items the place is kept in memory: those under way, and those that are not done."""
        return len(self._places)

    def saw(self, state: State, stamped: Stamped) -> None:
        """Take note of one fact and of the item's state after it."""
        self._newest, self._newest_at = self._clock(), stamped.at
        if self._outlook is not None:
            self._outlook.saw(state.item.key, stamped)
        self._waits.pop(state.item.key, None)
        if isinstance(stamped.event, Stalled):
            self._waits[state.item.key] = stamped.event.retry_at
        doubted = isinstance(stamped.event, Doubted) and state.phase is Phase.IN_DOUBT
        self._move(state.item.key, Place.IN_DOUBT if doubted else _PLACES[state.phase])
        if isinstance(stamped.event, Accepted | Settled) and state.accepted_at == stamped.at:
            self._spent = totals(*self._spent, state.price)
        if self._clock() - self._shown >= self._display.every_s:
            self._show()

    def said(self, text: str) -> None:
        """Show one notice at once, without garbling what is there."""
        self._display.notice(plain_line(text))

    def steered(self, at: float, answer: Answer) -> None:  # noqa: ARG002 -- a line of progress bears no time
        """Show what a person changed from outside, and reckon anew."""
        match answer:
            case Paused() | Resumed():
                self._is_paused = isinstance(answer, Paused)
            case Adjusted(changes=changes) if self._outlook is not None:
                self._outlook.adjust(changes)
            case LeftOut():
                self._is_cut = True
            case _:
                pass
        self._reckoned = 0.0
        self.said(f"told from outside: {steered_words(answer)}")

    def close(self) -> None:
        """Show the final numbers, if they are not; called once. What was cancelled takes no more time."""
        self._is_over = self._is_cut
        if self._told != self._numbers():
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
        self._told = self._numbers()
        self._display.show(*self._told)

    def _numbers(self) -> tuple[int, int, str]:
        at_rest = sum(self._counts[place] for place in _AT_REST)
        return self._before + at_rest, self._before + self._counts[Place.DONE], self._words()

    def _words(self) -> str:
        order = (Place.RUNNING, Place.FETCHING, Place.FAILED, Place.REVIEW, Place.IN_DOUBT)
        words = [f"{self._counts[place]} {place}" for place in order if self._counts[place]]
        if self._spent:
            words.append(f"{together(self._spent)} spent")
        if self._is_over:
            pass
        elif self._is_paused:
            words.append("paused")
        elif (left_s := self._left_s()) is not None:
            words.append(f"about {lasting(left_s)} left{self._delay(left_s)}")
        return ", ".join(words)

    def _left_s(self) -> float | None:
        """Return the time left; None before the first fact, or after the last. It is reckoned anew now and then.

        It is never shorter than what an item waits for, such as the pause that a provider asked for.
        """
        counts, now = self._counts, self._clock()
        unfinished = self._total - self._before - self._resting - sum(counts[place] for place in _AT_REST)
        if self._outlook is None or not self._newest_at or unfinished <= 0:
            return None
        at = self._newest_at + now - self._newest
        if not self._reckoned or now - self._reckoned >= RECKONED_EVERY_S:
            running, fetches = counts[Place.RUNNING], counts[Place.FETCHING]
            buys = max(0, unfinished - running - fetches)
            self._left = self._outlook.left_s(at, buys=buys, running=running, fetches=fetches)
            self._reckoned = now
        return max(0.0, self._left - (now - self._reckoned), max(self._waits.values(), default=at) - at)

    def _delay(self, left_s: float) -> str:
        """Return by how much the end will be off the forecast, where that is worth a word.

        A person who cancelled some of it names ids and patterns: nobody here knows how many items those are.
        """
        if self._is_cut:
            return " at most"
        if self._forecast_s is None:
            return ""
        late_s = self._clock() - self._started + left_s - self._forecast_s
        if abs(late_s) < max(LATE_S, LATE * self._forecast_s):
            return ""
        return f" ({lasting(abs(late_s))} {'later' if late_s > 0 else 'earlier'} than forecast)"


def progress(
    total: int,
    done: int,
    *,
    stream: TextIO,
    interactive: bool,
    clock: Callable[[], float],
    colour: bool = False,
    resting: int = 0,
    outlook: Outlook | None = None,
    forecast_s: float | None = None,
) -> Progress:
    """Return the watcher for people: a bar on a terminal (`interactive`), plain lines elsewhere."""
    display: Display = (
        Bar(total, done, stream=stream, colour=colour) if interactive else PlainLines(total, stream=stream)
    )
    return Progress(total, done, display=display, clock=clock, resting=resting, outlook=outlook, forecast_s=forecast_s)


class EventStream:
    """The watcher for programs (`--events`): every fact as one line of ASCII JSON, flushed at once.

    When the reader goes away (`s2v run --events | head`), further facts are dropped, while the run goes on: what is
    paid for is still fetched.
    """

    def __init__(self, stream: QuietStream) -> None:
        """Write to `stream`, which stays the caller's to close."""
        self._stream = stream

    def saw(self, state: State, stamped: Stamped) -> None:
        """Write one fact."""
        self._stream.line(event_line(state, stamped))

    def said(self, text: str) -> None:
        """Ignore a notice: programs read facts."""

    def steered(self, at: float, answer: Answer) -> None:
        """Write what a person changed from outside."""
        self._stream.line(steered_line(at, answer))

    def close(self) -> None:
        """Nothing is left open."""
