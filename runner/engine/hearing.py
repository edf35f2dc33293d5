"""What the run makes of a provider's calls: a job in doubt is adopted, a poll comes sooner, and nothing else.

A call is a stranger's word. It moves no item to another state, with one exception: a submit that has no answer, whose
own path is called with the id of a job, has its job back, also where a person gave it up or asked for another one that
has not left yet. Nothing is paid for it, and the poll that follows must find it. All that is lost on the way, doubled
or late costs time only, for polling comes to the same end by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Final

from ..core.life.possession import was_had_before
from ..core.life.state import Phase, State
from ..events import Accepted, Doubted, Intended, Refused, Settled, Stalled, Stamped
from ..values import dataclass
from .agenda import Agenda, Lane
from .buying import Buying
from .ledger import Ledger
from .ports import NAMES_MOST, Hint
from .provider import Provider
from .purchases import Purchases

_BREATH_S: Final = 1.0  # for calls that lay in the sockets of a process that did not run


@dataclass(slots=True, kw_only=True)
class Hearing:
    """Heeds hints, and keeps what is in doubt on the agenda for as long as its provider may still call."""

    buying: Buying
    agenda: Agenda
    providers: Mapping[str, Provider]
    purchases: Purchases
    _paced: dict[str, float] = field(default_factory=dict)
    _strange: set[str] = field(default_factory=set)
    _breathed: set[str] = field(default_factory=set)
    _is_told: bool = False

    @property
    def _ledger(self) -> Ledger:
        return self.buying.ledger

    def attend(self, ring: Callable[[], None]) -> None:
        """Be rung for whenever there is something to heed."""
        if self.buying.hints is not None:
            self.buying.hints.attend(ring)

    def heed(self) -> Iterator[str]:
        """Heed all that was said, and give the items whose next step is now another."""
        for hint in self.buying.hints.take() if self.buying.hints is not None else ():
            state = self._ledger.look(hint.key)
            provider = self.providers.get(state.provider or "")
            if provider is None or state.phase is Phase.PURGED:
                continue  # somebody this run does not talk to, or somebody who is gone
            if state.phase is Phase.RUNNING and hint.attempt == state.attempt:
                self._hasten(state, provider, hint)
                self._keep_others(state, provider, hint)
            elif hint.job_id is not None and not self._may_be_adopted(state, hint):
                self._tell_of(state, hint)
            elif (job_id := self._first_free(state, hint)) is not None:
                self.buying.adopt(hint.key, provider, job_id)
                provider.named[hint.key] = ()
                self._keep_others(self._ledger.look(hint.key), provider, hint)
                if not provider.gate.is_under_way(hint.key):
                    self.purchases.withdraw(hint.key)
                    yield hint.key

    def awaits(self, state: State, *, now: float, until: float, unheard_since: float | None = None) -> bool:
        """Keep an item that rests in doubt on the agenda while its provider may call, at most `until`; say whether.

        `unheard_since` stands in for the time of its request where that is not to be believed.
        """
        provider = self.providers.get(state.provider or "")
        if self.buying.hints is None or provider is None or provider.shut:
            return False
        due = min(state.called_until(provider.unseen_job_s), until)
        if unheard_since is not None:
            due = min(due, unheard_since + provider.unseen_job_s)
        if due > now:
            self.agenda.put(Lane.HEAR, state.item.key, due)
        return due > now

    def give_up(self, now: float) -> Iterator[str]:
        """Give the items about which nobody called in time, and those whose provider is not asked any more.

        A run that was stopped until then takes one breath first: what it was told meanwhile has yet to be read.
        """
        while (due := self.agenda.due_at(Lane.HEAR)) is not None and due <= now:
            key = self.agenda.take(Lane.HEAR)
            if now - due > _BREATH_S and key not in self._breathed:
                self._breathed.add(key)
                self.agenda.put(Lane.HEAR, key, now + _BREATH_S)
            else:
                yield key
        shut = {name for name, provider in self.providers.items() if provider.shut}
        for _, key in self.agenda.entries(Lane.HEAR) if shut else ():
            if self._ledger[key].provider in shut:
                self.agenda.remove(key)
                yield key

    def tell(self) -> None:
        """Tell the user, once, when calls are all that the run still waits for."""
        if self._is_told or any(self.agenda.due_at(lane) is not None for lane in Lane if lane is not Lane.HEAR):
            return
        self._is_told = True
        awaited = self.agenda.entries(Lane.HEAR)
        minutes = (max(due for due, _ in awaited) - self._ledger.clock.now()) / 60
        self._ledger.say(
            f"{len(awaited)} in doubt: waiting up to {minutes:.2g} min for the provider to call back and name the job; "
            f"stop the run to wait no longer"
        )

    def _may_be_adopted(self, state: State, hint: Hint) -> bool:
        """Return whether a call is about the last request of an item, which has no answer, and no other is on its way.

        A person may have settled the doubt by now: the job has turned up all the same.
        """
        if hint.attempt != state.attempt:
            return False
        if state.phase is Phase.IN_DOUBT:
            return True
        is_leaving = any(provider.gate.is_under_way(hint.key) for provider in self.providers.values())
        is_settled = state.phase is Phase.PLANNED or state.is_given_up
        return is_settled and not is_leaving and _is_unanswered(self._ledger.up_to_date().history(hint.key))

    def _tell_of(self, state: State, hint: Hint) -> None:
        """Tell, once, of a job that is no item's and may be paid for; nobody here can say what it shows."""
        if hint.key in self._strange:
            return
        book = self._ledger.up_to_date()
        facts = (stamped.event for stamped in book.history(hint.key))
        known = {fact.job_id for fact in facts if isinstance(fact, Accepted | Settled)}
        if hint.job_id in known or book.bearer(state.provider or "", hint.job_id or "") is not None:
            return
        self._strange.add(hint.key)
        self._ledger.say(
            f"{state.label}: the provider calls about job {hint.job_id} of request {hint.attempt}, of which nothing is "
            f"known here; it may be paid for: look at the provider"
        )

    def _keep_others(self, state: State, provider: Provider, hint: Hint) -> None:
        """Keep, and tell once, what other jobs calls named for a request whose job is known by a call alone.

        Nobody here can say which of them is right; the provider can, when the first one is asked after. The item's
        story keeps what is told, for a run that dies forgets the others.
        """
        kept = provider.named.get(hint.key, ())
        others = [job_id for job_id in hint.job_ids if job_id not in {state.job_id, *kept}]
        history = self._ledger.up_to_date().history(hint.key) if others else []
        others = [job_id for job_id in others if not was_had_before(history, provider.name, job_id)]
        if not others or not (hint.key in provider.named or _is_called(history)):
            return
        provider.named[hint.key] = (*kept, *others)[:NAMES_MOST]
        if hint.key not in self._strange:
            self._strange.add(hint.key)
            told = (
                f"the provider calls about two jobs of one request, {state.job_id} and then {others[0]}; the second is "
                f"asked after where the first is not known, and may be paid for: look at the provider"
            )
            self._ledger.say(f"{state.label}: {told}")
            self._ledger.note(hint.key, Stalled(reason=told, retry_at=self._ledger.clock.now()))

    def _first_free(self, state: State, hint: Hint) -> str | None:
        return next((job_id for job_id in hint.job_ids if self._is_free(state, job_id)), None)

    def _is_free(self, state: State, job_id: str) -> bool:
        """Return whether a job is nobody's yet, for it makes one video.

        A person may have given it to another item, or it is what became of an earlier request of this one.
        """
        bearer = self._ledger.up_to_date().bearer(state.provider or "", job_id)
        if bearer is not None:
            other = self._ledger.look(bearer).label
            told = f"{state.label}: the provider calls about job {job_id}, which is that of '{other}' already"
            self._ledger.say_once(f"another's job for {state.item.key}", told)
        return bearer is None

    def _hasten(self, state: State, provider: Provider, hint: Hint) -> None:
        """Ask at once about a job that may be over; calls can do no more than double the pace of asking.

        Where it is being asked after already, the answer may be older than the call: it is noted for `Polling.pending`.
        While asking meets trouble the pause stands, for the provider itself may have asked for it.
        """
        if not hint.is_over or state.stalls or (hint.job_ids and state.job_id not in hint.job_ids):
            return
        now = self._ledger.clock.now()
        due = max(now, self._paced.get(hint.key, now))
        if self.agenda.hasten(Lane.POLL, hint.key, due) or due <= now:
            self._paced = {key: at for key, at in self._paced.items() if at > now}
            self._paced[hint.key] = due + provider.poll.every_s
            provider.calls[hint.key] = now


def _is_unanswered(history: Sequence[Stamped]) -> bool:
    """Return whether an item's last request has no answer, whatever a person decided meanwhile."""
    is_open = False
    for stamped in history:
        match stamped.event:
            case Intended() | Doubted():
                is_open = True
            case Accepted() | Refused() | Settled(decision="adopt"):
                is_open = False
            case _:
                pass
    return is_open


def _is_called(history: Sequence[Stamped]) -> bool:
    """Return whether an item's job is known by a call alone, and by no receipt and no person."""
    is_called = False
    for stamped in history:
        match stamped.event:
            case Settled(decision="adopt", by=by):
                is_called = by == "callback"
            case Intended() | Accepted():
                is_called = False
            case _:
                pass
    return is_called
