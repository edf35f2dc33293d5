"""What may be submitted next: unanswered requests under their own key first, then new purchases, by turns among tags.

A request that is repeated under its idempotency key buys nothing: it goes to the provider that may have its job, holds
its slot already, and spends no money. New purchases go to the seller and are read from the journal page by page, so
memory does not grow with the manifest; within a page the tags take turns (see `core.plan.turns`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import field
from typing import Final

from ..core.life.state import Phase, State
from ..core.limits.admission import Closed, Go, Wait
from ..core.limits.backlog import Backlog
from ..core.limits.breaker import QUICK
from ..core.limits.retry import RETRY_AFTER_MOST_S
from ..core.limits.steering import NAMES_LENGTH, NAMES_MOST, is_named
from ..core.limits.stop_loss import StopLoss
from ..core.plan.turns import by_turns, group_of
from ..core.sums.ending import Ending
from ..values import dataclass
from .agenda import Agenda, Lane
from .ledger import Ledger
from .ports import Space
from .provider import Provider
from .route import Route

_LOOK_AGAIN_S: Final = 30.0  # at the machine, when it lacks room for more
_PAGE: Final = 256  # planned items read from the journal at a time


@dataclass(slots=True, kw_only=True)
class Purchases:
    """The queue before the counter; it admits, and never sends. `closed` says why nothing new is bought any more."""

    ledger: Ledger
    agenda: Agenda
    route: Route
    loss: StopLoss
    backlog: Backlog
    space: Space
    selected: Collection[str] | None
    closed: Closed | None = None
    _fresh: deque[State] = field(default_factory=deque)
    _left_out: dict[str, None] = field(default_factory=dict)
    _read_to: int = -1
    _is_read_out: bool = False
    _told: str = ""

    def next_repeat(self, now: float) -> tuple[str, Provider] | Wait | None:
        """Take the next unanswered request that may be repeated now, or say when to ask again; None when none waits."""
        while self.agenda.is_due(Lane.REPEAT, now):
            key = self.agenda.peek(Lane.REPEAT)
            provider = self.route.providers[self.ledger.load(key).provider or ""]
            if self._is_put_off(key, provider, now):
                continue
            match self.route.admit(provider, key, now):
                case Go():
                    return self.agenda.take(Lane.REPEAT), provider
                case Wait() as wait:
                    return wait
                case Closed():
                    self.ledger.drop(self.agenda.take(Lane.REPEAT))
        return _waiting(self.agenda.due_at(Lane.REPEAT))

    def next_purchase(self, now: float) -> tuple[str, Provider] | Wait | None:
        """Take the next item that may be bought now, or say when to ask again; None when nothing is left to buy."""
        while (key := self._candidate(now)) is not None:
            if isinstance(key, Wait):
                return key
            match self.closed or self.loss.closed or self._pressure(now) or self.route.choose(now, key):
                case Provider() as provider:
                    self._take(key)
                    return key, provider
                case Wait() as wait:
                    return wait
                case Closed() as closed:
                    self._close(closed)
        return _waiting(self.agenda.due_at(Lane.SUBMIT))

    def over(self) -> Closed | None:
        """Return why nothing more is bought, None while something may be."""
        return self.closed or self.loss.closed or self.route.outage()

    def look_ahead(self, now: float) -> Wait | None:
        """Return None when nothing is left to submit, or the wait for its time: endless while nobody lets it leave."""
        if self.route.outage():
            return None
        if lost := self.loss.closed:
            if isinstance(self._candidate(now), str):
                self._close(lost)
            return None
        endless = Wait(until=float("inf"), why="paused")
        if any(self.agenda.due_at(lane) is not None for lane in (Lane.REPEAT, Lane.SUBMIT)):
            return endless
        candidate = self._candidate(now)
        return candidate if candidate is None or isinstance(candidate, Wait) else endless

    def leave_out(self, names: Collection[str]) -> bool:
        """Buy nothing any more that has one of these ids or fits a pattern; return False when they are too many."""
        left_out = self._left_out | dict.fromkeys(names)
        if len(left_out) > NAMES_MOST or sum(map(len, left_out)) > NAMES_LENGTH:
            return False
        self._left_out = left_out
        for _, key in self.agenda.entries(Lane.SUBMIT):
            if self.leaves_out(self.ledger.look(key)):
                self.agenda.remove(key)
                self.ledger.drop(key)
        return True

    def withdraw(self, key: str) -> None:
        """Do not buy an item that is paid for after all."""
        self.agenda.remove(key)
        self._fresh = deque(state for state in self._fresh if state.item.key != key)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Return the ids and patterns of which nothing is bought any more."""
        return tuple(self._left_out)

    def leaves_out(self, state: State) -> bool:
        """Return whether a person has cancelled an item that is not bought."""
        return state.phase is Phase.PLANNED and self.is_cancelled(state)

    def is_cancelled(self, state: State) -> bool:
        """Return whether a person asked this run to buy nothing more of an item, wherever it stands."""
        return bool(self._left_out) and is_named(state.item.id, self._left_out)

    def _is_put_off(self, key: str, provider: Provider, now: float) -> bool:
        """Return whether a repeat waits for its provider, which is left alone, or is left to the next run."""
        if provider.breaker.is_open and not self.route.awaits(provider):
            self.agenda.take(Lane.REPEAT)
            self.ledger.drop(key)
            return True
        match provider.breaker.ask(now):
            case Wait(until=until):
                self.agenda.put(Lane.REPEAT, self.agenda.take(Lane.REPEAT), min(until, now + QUICK.first_s))
                return True
            case Go():
                return False

    def _pressure(self, now: float) -> Wait | Closed | None:
        """Say why buying pauses until something has come home; nothing will when nothing is under way any more."""
        jam = self.backlog.jam()
        why = jam or self.backlog.squeeze(free_bytes=self.space.free_bytes(), free_files=self.space.free_files())
        self._tell(jam, why)
        if why is None:
            return None
        if any(key in self.ledger for key in self.backlog.keys):  # this run has not given it up
            return Wait(until=now + _LOOK_AGAIN_S, why=why)
        return Closed(why=why, ending=Ending.UNREACHABLE if jam else Ending.HALTED)

    def _tell(self, jam: str | None, why: str | None) -> None:
        """Tell the user when buying pauses, and when it goes on; the figures in the words may change in between."""
        kind = "" if why is None else "jam" if jam else "squeeze"
        if kind != self._told:
            self._told = kind
            self.ledger.say(f"buying pauses: {why}" if why else "buying goes on")

    def _close(self, closed: Closed) -> None:
        self.closed = closed
        for key in (*(state.item.key for state in self._fresh), *self.agenda.clear(Lane.SUBMIT)):
            self.ledger.drop(key)
        self._fresh.clear()
        self._is_read_out = True

    def _candidate(self, now: float) -> str | Wait | None:
        """Return the next item that may be bought: those that wait for another try first, then the plan by turns.

        A page that is left out as a whole is a breath for the loop: all of a large manifest may be cancelled.
        """
        if self.agenda.is_due(Lane.SUBMIT, now):
            return self.agenda.peek(Lane.SUBMIT)
        while self._fresh or self._read_page():
            if not self._fresh:
                continue
            state = self._fresh[0]
            key, is_left_out, due = state.item.key, self.leaves_out(state), self.route.due(state, now)
            if due <= now and not is_left_out:
                self.ledger.keep(state)
                return key
            self._fresh.popleft()
            self.ledger.drop(key)
            if not is_left_out:  # an earlier run was asked to wait; a clock that jumped must not make it endless
                self.agenda.put(Lane.SUBMIT, key, min(due, now + RETRY_AFTER_MOST_S))
            elif not self._fresh:
                return Wait(until=now, why="")
        return None

    def _read_page(self) -> bool:
        """Read on in the plan; return whether there was more to read.

        What is at hand already is passed over: a job of an earlier run that is taken again waits on the agenda.
        """
        if self._is_read_out:
            return False
        page = self.ledger.up_to_date().places([Phase.PLANNED], after=self._read_to, most=_PAGE)
        self._is_read_out = len(page) < _PAGE
        self._read_to = page[-1][0] if page else self._read_to
        fresh = (key for _, key in page if key not in self.ledger)
        states = self.ledger.look_all([key for key in fresh if self.selected is None or key in self.selected])
        self._fresh.extend(by_turns((state, group_of(state.item)) for state in states))
        return bool(page)

    def _take(self, key: str) -> None:
        if self._fresh and self._fresh[0].item.key == key:
            self._fresh.popleft()
        else:
            self.agenda.take(Lane.SUBMIT)


def _waiting(due: float | None) -> Wait | None:
    return None if due is None else Wait(until=due, why="it is tried again later")
