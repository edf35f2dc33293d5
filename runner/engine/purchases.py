"""What may be submitted next: unanswered requests under their own key first, then new purchases in the plan's order.

A request that is repeated under its idempotency key buys nothing: it goes to the provider that may have its job, holds
its slot already, and spends no money. New purchases go to the seller and are read from the journal page by page, so
memory does not grow with the manifest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ..core.admission import Closed, Go, Purse, Wait
from ..core.lifecycle import Phase
from ..core.retry import RETRY_AFTER_MOST_S
from .agenda import Agenda, Lane
from .ledger import Ledger
from .provider import Provider

_PAGE: Final = 256  # planned items read from the journal at a time


@dataclass(slots=True, kw_only=True)
class Purchases:
    """The queue before the counter; it admits, and never sends. `closed` says why nothing new is bought any more."""

    ledger: Ledger
    agenda: Agenda
    providers: Mapping[str, Provider]
    seller: str
    purses: tuple[Purse, ...]
    selected: Collection[str] | None
    closed: Closed | None = None
    _fresh: deque[str] = field(default_factory=deque)
    _read_to: int = -1
    _is_read_out: bool = False

    def next_repeat(self, now: float) -> tuple[str, Provider] | Wait | None:
        """Take the next unanswered request that may be repeated now, or say when to ask again; None when none waits."""
        while self.agenda.is_due(Lane.REPEAT, now):
            key = self.agenda.peek(Lane.REPEAT)
            provider = self.providers[self.ledger.load(key).provider or self.seller]
            match provider.gate.ask(now, key):
                case Go():
                    return self.agenda.take(Lane.REPEAT), provider
                case Wait() as wait:
                    return wait
                case Closed():
                    self.ledger.drop(self.agenda.take(Lane.REPEAT))
        return _waiting(self.agenda.due_at(Lane.REPEAT))

    def next_purchase(self, now: float) -> tuple[str, Provider] | Wait | None:
        """Take the next item that may be bought now, or say when to ask again; None when nothing is left to buy."""
        seller = self.providers[self.seller]
        while (key := self._candidate(now)) is not None:
            match self._ask(seller, now):
                case Go():
                    self._take(key)
                    return key, seller
                case Wait() as wait:
                    return wait
                case Closed() as closed:
                    self._close(closed)
        return _waiting(self.agenda.due_at(Lane.SUBMIT))

    def _ask(self, seller: Provider, now: float) -> Go | Wait | Closed:
        answer = self.closed or seller.gate.ask(now)
        if isinstance(answer, Go) and (closed := _first(purse.ask(seller.price) for purse in self.purses)):
            # What is reserved for a request under way comes back when it is refused.
            return Wait(until=float("inf"), why=closed.why) if seller.gate.is_awaited else closed
        return answer

    def _close(self, closed: Closed) -> None:
        self.closed = closed
        for key in (*self._fresh, *self.agenda.clear(Lane.SUBMIT)):
            self.ledger.drop(key)
        self._fresh.clear()
        self._is_read_out = True

    def _candidate(self, now: float) -> str | None:
        """Return the next item that may be bought: those that wait for another try first, then the plan's order."""
        if self.agenda.is_due(Lane.SUBMIT, now):
            return self.agenda.peek(Lane.SUBMIT)
        while self._fresh or self._read_page():
            if not self._fresh:
                continue
            if (due := self.ledger.load(self._fresh[0]).due) <= now:
                return self._fresh[0]
            key = self._fresh.popleft()
            self.ledger.drop(key)  # an earlier run was asked to wait; a clock that jumped must not make it endless
            self.agenda.put(Lane.SUBMIT, key, min(due, now + RETRY_AFTER_MOST_S))
        return None

    def _read_page(self) -> bool:
        """Read on in the plan; return whether there was more to read."""
        if self._is_read_out:
            return False
        page = self.ledger.journal.keys([Phase.PLANNED], after=self._read_to, most=_PAGE)
        self._is_read_out = len(page) < _PAGE
        self._read_to = page[-1][0] if page else self._read_to
        self._fresh.extend(key for _, key in page if self.selected is None or key in self.selected)
        return bool(page)

    def _take(self, key: str) -> None:
        if self._fresh and self._fresh[0] == key:
            self._fresh.popleft()
        else:
            self.agenda.take(Lane.SUBMIT)


def _waiting(due: float | None) -> Wait | None:
    return None if due is None else Wait(until=due, why="it is tried again later")


def _first(answers: Iterable[Closed | None]) -> Closed | None:
    return next((answer for answer in answers if answer is not None), None)
