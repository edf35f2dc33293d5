"""Buying, one paid request at a time: reserve, write the intent, send, and write down what came of it.

The one place that sends what costs money. A failure of an item is a fact to be noted; only a broken machine raises
(`Halt`, `FolderError`), and a portrait that is not what was planned (`DriftError`).
"""

from __future__ import annotations

from dataclasses import field
from typing import Final

from ..core.life.possession import ANOTHERS, was_had_before
from ..core.life.state import Phase, State
from ..core.limits.admission import SENT_WITHIN_S
from ..core.limits.breaker import PARKED_S, QUICK, SLOW
from ..core.limits.purse import Till
from ..core.limits.retry import FINAL, FREE, PAUSING, jitter, pause_s
from ..core.sums.ending import Ending
from ..dialects.seam import No, Submitted, Taken, Ticket
from ..errors import DriftError, MaybeSent, NotSent
from ..events import Accepted, Doubted, Intended, Refused, Settled, Stalled
from ..model import Kind, RetryPolicy, Verdict
from ..values import dataclass
from .ledger import Ledger
from .ports import Hints
from .provider import Provider, alias_of

_UNSURE: Final = frozenset({Kind.TRANSIENT, Kind.UNKNOWN})
_CLOSING: Final = {Kind.AUTH: Ending.AUTH_CLOSED, Kind.QUOTA: Ending.QUOTA_CLOSED}


@dataclass(slots=True, kw_only=True)
class Buying:
    """The purchases of one run. `run_id` makes idempotency keys its own.

    `hints` is where providers call back, None when they are not asked to.
    """

    ledger: Ledger
    till: Till
    retry: RetryPolicy
    run_id: str
    hints: Hints | None = None
    _fresh: dict[tuple[str, str], str] = field(default_factory=dict)

    def reserve(self, key: str, provider: Provider) -> None:
        """Hold back the slot, the place in the window and the money, before anything else is admitted.

        A request that is repeated under its idempotency key has its money already.
        """
        provider.gate.start(key, self.ledger.clock.now())
        provider.breaker.start(key)
        if self.ledger.load(key).phase is Phase.IN_DOUBT:
            return
        self.till.reserve(key, provider.price)

    async def submit(self, key: str, provider: Provider) -> None:
        """Commit the intent, send the request, and commit what came of it before anyone acts on it."""
        is_repeated = self.ledger.load(key).phase is Phase.IN_DOUBT
        state = self._intend(key, provider)
        url = self.hints.url_for(key, state.attempt) if self.hints and state.calls_back else None
        token = state.idempotency_key
        ticket = Ticket(idempotency_key=token, form=state.form, callback_url=url, retake=state.dismissed)
        try:
            answer = await self._ask(state, provider, ticket, is_repeated=is_repeated)
        except NotSent as error:
            verdict = Verdict(kind=Kind.TRANSIENT, code="not sent", words=str(error))
            self._refused(state, provider, verdict, is_repeated=is_repeated)
        except MaybeSent as error:
            self._unsure(state, provider, Verdict(kind=Kind.TRANSIENT, code=str(error), words=""))
        except DriftError as error:
            verdict = Verdict(kind=Kind.UNKNOWN, code="drift", words=str(error))
            self._refused(state, provider, verdict, is_repeated=is_repeated)
            raise
        else:
            self._answered(state, provider, answer, is_repeated=is_repeated)
        finally:
            provider.breaker.leave(key)
            if limits := provider.gate.news():
                self.ledger.say(f"{provider.name} seems to allow no more than {limits}")
        await self.ledger.settled()
        self._fresh = {job: of for job, of in self._fresh.items() if of != state.item.key}  # the journal knows it now

    async def _ask(self, state: State, provider: Provider, ticket: Ticket, *, is_repeated: bool) -> Submitted:
        """Send the request once its intent is committed; nothing leaves where that fails, for whatever reason.

        Raise NotSent where that took so long, on a machine that slept, that a later run would count it for too short.
        """
        intended_at = self.ledger.clock.now()
        try:
            await self.ledger.settled()
        except Exception as error:
            verdict = Verdict(kind=Kind.UNKNOWN, code="not sent", words=str(error))
            self._refused(state, provider, verdict, is_repeated=is_repeated)
            raise
        if self.ledger.clock.now() - intended_at > SENT_WITHIN_S:
            raise NotSent("the machine stood still before the request could leave")
        return await provider.converse(provider.dialect.submit(state.item, ticket))

    def adopt(self, key: str, provider: Provider, job_id: str) -> None:
        """Note the job that the provider named by calling back before it answered, or in the place of an answer.

        A poll, which follows, says what is true of it. When the submit is still under way its answer comes first. What
        was to be bought anew has its price held back no more, so that it is counted here.
        """
        if (state := self.ledger.look(key)).phase is Phase.PLANNED and not state.is_let_go:
            self.till.reserve(key, state.price)
        provider.release(alias_of(state))  # where its job was let go of, which had a slot of its own
        provider.hold(key, now=self.ledger.clock.now())
        provider.gate.resume()
        provider.breaker.took(key)
        provider.silences = 0
        self.till.spend(key)
        self.ledger.note(key, Settled(decision="adopt", job_id=job_id, by="callback"))

    def _intend(self, key: str, provider: Provider) -> State:
        """Note the intent: once it is committed the request may leave. What is unanswered is intended as it was."""
        state = self.ledger[key]
        attempt, token, price, form = state.attempt, state.idempotency_key, state.price, state.form
        if state.phase is not Phase.IN_DOUBT:
            attempt, price = state.attempt + 1, provider.price
            token = f"{self.run_id}-{key[:32]}-{attempt}" if provider.idempotent else None
            form = provider.form_for(state.refused_forms if state.provider == provider.name else ())
        callback = True if self.hints and provider.dialect.traits.callback.value else None
        return self.ledger.note(
            key,
            Intended(
                attempt=attempt,
                provider=provider.name,
                price=price,
                idempotency_key=token,
                form=form,
                callback=callback,
            ),
        )

    def _answered(self, state: State, provider: Provider, answer: Submitted, *, is_repeated: bool) -> None:
        match answer:
            case Taken(job_id=job_id, trace_id=trace_id):
                self._taken(state, provider, job_id, trace_id)
            case No(verdict=verdict) if verdict.kind in _UNSURE:
                self._unsure(state, provider, verdict)
            case No(verdict=verdict, other_form=True) if not (
                is_repeated or self._is_adopted(state.item.key)
            ) and provider.knows_other_form(state.form, state.refused_forms):
                self._misunderstood(state, provider, verdict)
            case No(verdict=verdict):
                self._refused(state, provider, verdict, is_repeated=is_repeated)

    def _taken(self, state: State, provider: Provider, job_id: str, trace_id: str | None) -> None:
        """Note the receipt; one that names the job of another purchase is none, for one job makes one video."""
        try:
            bearer = self._bearer(state.item.key, provider, job_id)
        except Exception:
            self._accepted(state, provider, job_id, trace_id)  # whatever cannot be read, this must not be lost
            raise
        if bearer is None:
            self._accepted(state, provider, job_id, trace_id)
            return
        words = f"that of '{bearer.label}' {ANOTHERS}"
        self._unsure(state, provider, Verdict(kind=Kind.UNKNOWN, code=f"the answer names job {job_id}", words=words))

    def _bearer(self, key: str, provider: Provider, job_id: str) -> State | None:
        """Return the item that has a job of this provider, of this very moment or of any run before.

        That is the item itself where the job is one of its former purchases.
        """
        bearer = self._fresh.get((provider.name, job_id)) or self.ledger.on_disk.bearer(provider.name, job_id)
        if bearer is not None and bearer != key:
            return self.ledger.look(bearer)
        state = self.ledger[key]
        if state.bought and was_had_before(self.ledger.on_disk.history(key), provider.name, job_id):
            return state
        return None

    def _accepted(self, state: State, provider: Provider, job_id: str, trace_id: str | None) -> None:
        key = state.item.key
        self._fresh[provider.name, job_id] = key
        provider.answered(key, self.ledger.clock.now(), "taken")
        provider.gate.resume()
        provider.breaker.took(key)
        provider.silences, provider.form = 0, state.form
        provider.named.pop(key, None)  # the answer knows better than any call
        self.till.spend(key)
        state = self.ledger.note(key, Accepted(job_id=job_id, trace_id=trace_id))
        self.ledger.postpone(key, provider.next_ask(state, self.ledger.clock.now()))

    def _refused(self, state: State, provider: Provider, verdict: Verdict, *, is_repeated: bool) -> None:
        """Note that nothing was bought, unless an earlier request under the same key may have bought it.

        A no to the content or the request is final, also where others could be asked: they sell the same model, and
        nobody shops around for a yes.
        """
        now, key, is_final = self.ledger.clock.now(), state.item.key, verdict.kind in FINAL
        if ending := _CLOSING.get(verdict.kind):
            provider.breaker.trip(key, provider.refusal(verdict), ending, now=now, pace=SLOW)
        retry_at = now + (self._slow_down(provider, verdict, key) if verdict.kind in PAUSING else 0.0)
        provider.answered(key, now, "too much" if _tells_of_limits(verdict) else None)
        if self._is_adopted(key):
            self.ledger.stall(key, f"a callback named a job, and the answer was {verdict}")
            return
        if is_repeated and not is_final:
            self.ledger.note(key, Stalled(reason=str(verdict), retry_at=max(retry_at, now + FREE.first_s)))
            return
        provider.release(key)
        self.till.give_back(key)
        self.ledger.note(key, Refused(verdict=verdict, final=is_final, retry_at=retry_at))

    def _misunderstood(self, state: State, provider: Provider, verdict: Verdict) -> None:
        """Note that nothing was bought, because of the form of the order; it is put in another form at once."""
        now, key = self.ledger.clock.now(), state.item.key
        provider.answered(key, now)
        provider.release(key)
        self.till.give_back(key)
        self.ledger.note(key, Refused(verdict=verdict, final=False, retry_at=now, form=state.form))

    def _slow_down(self, provider: Provider, verdict: Verdict, key: str, *, leaves_doubt: bool = False) -> float:
        """Pause the provider's gate, and open its breaker after too many silences; return the pause in seconds.

        What comes back while a pause is on left before it began, and is no setback of its own. A probe that leaves a
        doubt costs a person's decision, so the next one comes late.
        """
        gate, now = provider.gate, self.ledger.clock.now()
        if gate.paused_until <= now:
            gate.slow_down()
            provider.silences = 0 if verdict.kind is Kind.RATE else provider.silences + 1
        pause = pause_s(
            self.retry.backoff, gate.setbacks, jitter=jitter(key, gate.setbacks), asked_s=verdict.retry_after_s
        )
        is_probe = provider.breaker.is_probe(key) and verdict.kind is not Kind.RATE
        if provider.silences >= self.retry.attempts or is_probe:
            pace = SLOW if is_probe and leaves_doubt else QUICK
            why = f"{provider.name} gives no usable answer: {verdict}"
            provider.breaker.trip(key, why, Ending.UNREACHABLE, now=now, pace=pace)
        provider.rest(now + pause, f"{provider.name}: {verdict}", now=now)
        return pause

    def _unsure(self, state: State, provider: Provider, verdict: Verdict) -> None:
        """Note that nobody knows; the slot stays held for as long as a job that we cannot see may live."""
        now, key = self.ledger.clock.now(), state.item.key
        if self._is_adopted(key):
            provider.answered(key, now)
            return
        pause = self._slow_down(provider, verdict, key, leaves_doubt=state.idempotency_key is None)
        provider.answered(key, now)
        if state.idempotency_key is not None:
            self.ledger.stall(key, str(verdict), asked_s=pause)
            return
        self.till.spend(key)
        provider.hold(key, provider.unseen_job_s, now=now)
        retry_at = None if verdict.retry_after_s is None else now + pause
        self.ledger.note(key, Doubted(reason=str(verdict), retry_at=retry_at))

    def _is_adopted(self, key: str) -> bool:
        """Return whether a callback named the job while its submit was under way."""
        return self.ledger[key].phase is Phase.RUNNING


def _tells_of_limits(verdict: Verdict) -> bool:
    """Return whether a no comes from a limit of a minute or of slots; what asks for a longer pause is another one."""
    return verdict.kind is Kind.RATE and (verdict.retry_after_s or 0.0) <= PARKED_S
