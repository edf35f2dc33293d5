"""What a person asks of a run that goes on, applied between two steps of the loop, and answered.

Nothing here stops what is under way: a lower limit only lets nothing join, a pause only lets nothing more be bought,
and what is bought cannot be cancelled. The provider's own limits hold whatever is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from typing import Final, assert_never

from ..core.limits.admission import Closed, Wait
from ..core.limits.backlog import Backlog
from ..core.limits.bounds import Bounds
from ..core.limits.standstill import Standstill
from ..core.limits.steering import (
    Adjust,
    Adjusted,
    Answer,
    Cancel,
    Change,
    Declined,
    LeftOut,
    Look,
    Pause,
    Paused,
    Resume,
    Resumed,
    Standing,
    Tighter,
    is_named,
)
from ..core.sums.ending import Ending
from ..model import Limits, Rate
from ..values import dataclass
from .ledger import Ledger
from .ports import Control
from .provider import Provider
from .purchases import Purchases
from .recall import recall_further

_LIMITS: Final = ("in_flight", "rate", "downloads")
_BUYS_NOTHING: Final = Closed(why="this run buys nothing", ending=Ending.FINISHED)


@dataclass(slots=True, kw_only=True)
class Steering:
    """The user's limits in force, and whether the run is paused; `control` None means that nobody can ask.

    `leap_s` is by how much the clock may have been set forward since the runs before.
    """

    ledger: Ledger
    providers: Mapping[str, Provider]
    purchases: Purchases
    backlog: Backlog
    standstill: Standstill
    limits: Limits
    buys: bool
    control: Control | None
    leap_s: float
    is_paused: bool = False
    _began: float = 0.0
    _began_with: Limits = field(init=False)

    def __post_init__(self) -> None:
        self._began_with = self.limits

    def attend(self, ring: Callable[[], None]) -> None:
        """Be rung for whenever something is asked; what was written before was by the runs before."""
        self._began = self.ledger.clock.now()
        if self.control is not None:
            self.control.attend(ring)

    def heed(self, next_submit: Wait | None, *, is_buying: bool, is_stopping: bool) -> None:
        """Do all that was asked, in the order in which it came; a run that stops does nothing of it any more.

        `next_submit` is what the next submit waits for, `is_buying` says whether one is under way.
        """
        for asked in self.control.take() if self.control is not None else ():
            if isinstance(asked.instruction, Look):
                asked.reply(self._standing(next_submit, is_buying=is_buying))
                continue
            answer = Declined(why="the run is stopping") if is_stopping else self._obey(asked.instruction)
            if not isinstance(answer, Declined):
                self.ledger.steered(answer)
            asked.reply(answer)

    def held_back(self, now: float) -> Wait | None:
        """Return the wait that a pause is, None when it keeps nothing from being bought: then the run ends."""
        return self.purchases.look_ahead(now) if self.buys else None

    @property
    def standstill_due(self) -> float | None:
        """Return when the run ends if nothing moves before; a pause is no standstill."""
        return None if self.is_paused else self.standstill.due

    def standstill_closed(self, now: float) -> Closed | None:
        """Return why a run in which nothing moves ends, or None while it may go on."""
        return None if self.is_paused else self.standstill.closed(now)

    def _standing(self, next_submit: Wait | None, *, is_buying: bool) -> Standing:
        closed = self.purchases.over() if self.buys else _BUYS_NOTHING
        wait = None if closed or self.is_paused else next_submit
        until = float("inf") if wait is None else wait.until
        return Standing(
            is_paused=self.is_paused,
            is_over=closed is not None or (next_submit is None and not is_buying),
            why=closed.why if closed else wait.why if wait else "",
            wait_s=max(0.0, until - self.ledger.clock.now()) if until < float("inf") else None,
            changes=tuple(_changes(self.limits, self._began_with)),
            left_out=self.purchases.left_out,
        )

    def _obey(self, instruction: Adjust | Pause | Resume | Cancel) -> Answer:
        match instruction:
            case Adjust(downloads=None) | Pause() | Resume() | Cancel() if not self.buys:
                return Declined(
                    why="this run buys nothing, so that there is nothing to hold back; downloads can be set"
                )
            case Adjust():
                return self._adjust(instruction)
            case Pause():
                return self._pause()
            case Resume():
                return self._resume()
            case Cancel(names=names):
                return self._leave_out(names)
            case _ as never:
                assert_never(never)

    def _adjust(self, wanted: Adjust) -> Adjusted:
        before = self.limits
        self.limits = replace(
            before,
            in_flight=wanted.in_flight or before.in_flight,
            rate=wanted.rate or before.rate,
            downloads=wanted.downloads or before.downloads,
        )
        users = Bounds.of(self.limits.in_flight, self.limits.rate)
        for provider in self.providers.values():
            window_s, now = provider.gate.longest_window_s, self.ledger.clock.now()
            provider.gate.rebind(users.within(provider.gate.own), now=now)
            if provider.gate.longest_window_s > window_s:
                recall_further(self.ledger, provider, window_s, now=now, began=self._began, leap_s=self.leap_s)
        return Adjusted(changes=tuple(_wanted(wanted, before)), tighter=tuple(self._tighter(wanted)))

    def _tighter(self, wanted: Adjust) -> Iterator[Tighter]:
        """Give the limits of providers that keep what is asked for from having its whole effect."""
        for name, provider in self.providers.items():
            cap = provider.gate.own.in_flight
            if wanted.in_flight is not None and cap is not None and cap < wanted.in_flight:
                yield Tighter(provider=name, limit="in_flight", holds=str(cap))
            for rate in provider.gate.own.rates:
                if wanted.rate is not None and _is_below(rate, wanted.rate):
                    yield Tighter(provider=name, limit="rate", holds=str(rate))

    def _pause(self) -> Paused:
        is_news, self.is_paused = not self.is_paused, True
        under_way = sum(key in self.ledger for key in self.backlog.keys)
        return Paused(under_way=under_way, is_news=is_news)

    def _resume(self) -> Resumed:
        is_news, self.is_paused = self.is_paused, False
        self.standstill.begin(self.ledger.clock.now())
        return Resumed(is_news=is_news)

    def _leave_out(self, names: tuple[str, ...]) -> Answer:
        before = self.purchases.left_out
        if not self.purchases.leave_out(names):
            return Declined(why="too many items were cancelled one by one; take them out of the manifest")
        states = (self.ledger[key] for key in self.backlog.keys if key in self.ledger)
        too_late = tuple(state.item.id for state in states if is_named(state.item.id, names))
        return LeftOut(names=names, under_way=too_late, before=before)


def _wanted(wanted: Adjust, before: Limits) -> Iterator[Change]:
    """Give every limit that was asked for."""
    for limit in _LIMITS:
        if (now := getattr(wanted, limit)) is not None:
            yield _change(limit, now, getattr(before, limit))


def _changes(limits: Limits, before: Limits) -> Iterator[Change]:
    """Give every limit that is another than before."""
    for limit in _LIMITS:
        if (now := getattr(limits, limit)) != (former := getattr(before, limit)):
            yield _change(limit, now, former)


def _change(limit: str, now: object, before: object) -> Change:
    return Change(limit=limit, now=str(now), before=None if before is None else str(before))


def _is_below(own: Rate, wanted: Rate) -> bool:
    """Return whether a rate admits less than another one does, over any long time."""
    return own.count * wanted.window_s < wanted.count * own.window_s
