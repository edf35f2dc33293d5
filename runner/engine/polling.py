"""Polls and look-ups of files: whether one may leave now, and what its answer teaches about the next ones."""

from __future__ import annotations

from dataclasses import field

from ..core.life.state import State
from ..core.limits.retry import jitter
from ..events import Accepted, Broke, Finished, Intended, Seen, Settled, Stalled, Stamped
from ..model import Verdict
from ..values import dataclass
from .ledger import Ledger
from .provider import Provider


@dataclass(slots=True)
class Polling:
    """The free requests of one run to its providers' APIs: polls, and look-ups of files."""

    ledger: Ledger
    _polls: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ledger.watch(self._note)

    def _note(self, state: State, stamped: Stamped) -> None:
        """Count from the moment at which this very run learns of a job: what earlier runs asked, nobody wrote down."""
        match stamped.event:
            case Intended() | Broke() | Finished():
                self._polls.pop(state.item.key, None)
            case Accepted() | Settled(decision="adopt"):
                self._polls.setdefault(state.item.key, 0)

    def asks(self, key: str) -> None:
        """Note that a job is asked after."""
        if key in self._polls:
            self._polls[key] += 1

    def polls(self, key: str) -> int | None:
        """Return how often a job was asked after; None where an earlier run may have asked, too."""
        return self._polls.get(key)

    def reconsider(self, state: State, provider: Provider, now: float) -> float | None:
        """Return until when a poll that came due waits after all, for what other jobs showed or may show, or None.

        One that was called for does not, nor one that leaves before its time: the last look before the run gives up.
        """
        if provider.pace is None or state.due > now or state.item.key in provider.calls:
            return None
        later = provider.next_ask(state, now)
        if later <= now:
            later = provider.pace.held_until(
                accepted_at=state.accepted_at or now, pending_at=state.known_pending_at, now=now
            )
        return later if later > now else None

    def admit(self, provider: Provider, now: float) -> float | None:
        """Return until when the provider's free requests wait; None when one leaves now."""
        open_at = provider.courtesy.admit(now)
        return open_at if open_at > now else None

    def leaves(self, state: State, provider: Provider, now: float) -> None:
        """Note that a poll leaves, for whose answer others may wait."""
        if provider.pace is not None:
            provider.pace.asked(accepted_at=state.accepted_at or now, at=now)

    def answered(self, provider: Provider, *, asked_at: float) -> None:
        """Note that the answer to a poll is here."""
        if provider.pace is not None:
            provider.pace.answered(self.ledger.clock.now() - asked_at)

    def pending(self, key: str, provider: Provider, status: str, *, asked_at: float) -> None:
        """Note that a job was not over when it was asked after, and choose when to ask again.

        At once, if the provider called while the answer was under way.
        """
        state, now = self.ledger[key], self.ledger.clock.now()
        provider.courtesy.answered(now)
        is_called = provider.calls.pop(key, asked_at) > asked_at
        if provider.pace is not None:
            provider.pace.saw_pending(accepted_at=state.accepted_at or now, since=state.known_pending_at, at=asked_at)
        if status != state.status:
            self.ledger.note(key, Seen(status=status))
        later = provider.next_ask(self.ledger.saw_pending(key, asked_at), now)
        if is_called:
            provider.calls[key] = later = now
        self.ledger.postpone(key, later)

    def over(self, state: State, provider: Provider) -> None:
        """Note that a job is over: since when it was called about, or at some moment since it was seen pending."""
        now = self.ledger.clock.now()
        provider.courtesy.answered(now)
        called_at = provider.calls.pop(state.item.key, None)
        if provider.pace is not None:
            since, accepted_at = state.known_pending_at, state.accepted_at or now
            provider.pace.saw_end(accepted_at=accepted_at, since=since, at=now, called_at=called_at)

    def throttled(self, key: str, provider: Provider, verdict: Verdict) -> None:
        """Pause all free requests to a provider that was asked too often; it is no trouble of the item's own."""
        now = self.ledger.clock.now()
        spread = jitter(key, self.ledger[key].attempt)
        until = provider.courtesy.refused(now, jitter=spread, asked_s=verdict.retry_after_s)
        self.ledger.note(key, Stalled(reason=str(verdict), retry_at=until, throttled=True))
        told = f"{provider.name} is asked too often ({verdict}); from now on it is asked less often"
        self.ledger.say_once(f"{provider.name} throttles", told)
        self.ledger.say_wait(f"polls and look-ups at {provider.name}", until - now, str(verdict))
