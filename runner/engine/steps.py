"""The four steps of an item's life, one coroutine each: submit, poll, fetch, check.

A step does one thing, notes what it learned, and returns; what comes next is `core.lifecycle`'s business. A failure of
an item is a fact to be noted; only a broken machine raises (`Halt`, `DriftError`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..core.admission import Purse
from ..core.breaker import QUICK, SLOW
from ..core.ending import Ending
from ..core.lifecycle import Phase, State
from ..core.retry import jitter, pause_s
from ..dialects.seam import Failed, Located, Made, No, Pending, Progress, Submitted, Taken, Ticket
from ..errors import DriftError, FolderError, Halt, MaybeSent, NotSent, WireError
from ..events import (
    Accepted,
    Broke,
    Checked,
    Doubted,
    Finished,
    Intended,
    Refused,
    Saved,
    Seen,
    Settled,
    Spoiled,
    Stalled,
)
from ..model import Backoff, CheckPolicy, Clip, Download, Kind, Money, Output, RetryPolicy, Verdict
from .ledger import Ledger
from .ports import Hints, Shelf, Spoilt, Unfetched
from .provider import Provider

REFETCHES = 3  # a file that came home broken is fetched again so often before a person looks at it
FREE = Backoff(first_s=2.0, most_s=60.0)  # between two tries of a step that costs nothing
_FINAL = frozenset({Kind.CONTENT, Kind.INPUT})
_UNSURE = frozenset({Kind.TRANSIENT, Kind.UNKNOWN})
PAUSING = frozenset({Kind.RATE, Kind.TRANSIENT})
_CLOSING = {Kind.AUTH: Ending.AUTH_CLOSED, Kind.QUOTA: Ending.QUOTA_CLOSED}


@dataclass(slots=True, kw_only=True)
class Steps:
    """The steps of one run, over its ledger, its money and its policies. `run_id` makes idempotency keys its own.

    `hints` is where providers call back, None when they are not asked to.
    """

    ledger: Ledger
    shelf: Shelf
    purses: tuple[Purse, ...]
    retry: RetryPolicy
    checks: CheckPolicy
    run_id: str
    hints: Hints | None = None
    _reserved: set[str] = field(default_factory=set)

    def reserve(self, key: str, provider: Provider) -> None:
        """Hold back the slot, the place in the window and the money, before anything else is admitted.

        A request that is repeated under its idempotency key has its money already.
        """
        provider.gate.start(key)
        provider.breaker.start(key)
        if self.ledger.load(key).phase is Phase.IN_DOUBT:
            return
        self._reserved.add(key)
        for purse in self.purses:
            purse.reserve(provider.price)

    async def submit(self, key: str, provider: Provider) -> None:
        """Commit the intent, send the request, and note what came of it before anyone acts on it."""
        is_repeated = self.ledger.load(key).phase is Phase.IN_DOUBT
        state = self._intend(key, provider)
        url = self.hints.url_for(key, state.attempt) if self.hints and state.calls_back else None
        ticket = Ticket(idempotency_key=state.idempotency_key, form=state.form, callback_url=url)
        try:
            answer = await provider.converse(provider.dialect.submit(state.item, ticket))
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

    def adopt(self, key: str, provider: Provider, job_id: str) -> None:
        """Note the job that the provider named by calling back before it answered, or in the place of an answer.

        A poll, which follows, says what is true of it. When the submit is still under way its answer comes first.
        """
        provider.gate.hold(key)
        provider.gate.resume()
        provider.breaker.took(key)
        provider.silences = 0
        self._reserved.discard(key)
        self.ledger.note(key, Settled(decision="adopt", job_id=job_id, by="callback"))

    async def poll(self, key: str, provider: Provider) -> None:
        """Ask how far the job is. Costs nothing and may be repeated at will."""
        state = self.ledger[key]
        assert state.job is not None
        try:
            answer = await provider.converse(provider.dialect.poll(state.job))
        except WireError as error:
            self._stall(state, str(error))
        else:
            self._progress(state, provider, answer)

    async def fetch(self, key: str, provider: Provider) -> None:
        """Look a fresh link up and bring the file home. Costs nothing and may be repeated at will."""
        state = self.ledger[key]
        try:
            located = await self._locate(state, provider)
        except WireError as error:
            self._stall(state, str(error))
            return
        if isinstance(located, No):
            self._said_no(state, provider, located.verdict)
            return
        brought = await provider.courier.fetch(key, located)
        if isinstance(brought, Unfetched):
            self._stall(state, brought.reason)
        else:
            self.ledger.note(key, Saved(artifact=brought))

    async def check(self, key: str) -> None:
        """Open the file; give it its final name if it is what was promised, or fetch it once more."""
        state = self.ledger[key]
        found = await self.shelf.inspect(state)
        least = self.checks.min_seconds
        if isinstance(found, Spoilt):
            self._spoil(state, found.reason, final=state.spoils >= REFETCHES)
        elif least is not None and found.seconds < least:
            self._spoil(
                state, f"the video lasts {found.seconds:.2f} s, and min_seconds asks for {least:g} s", final=True
            )
        else:
            self._publish(state, found)

    def _intend(self, key: str, provider: Provider) -> State:
        """Commit the intent: now the request may leave. What stands unanswered is intended again as it was."""
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
            case No(verdict=verdict, other_form=True) if not is_repeated and provider.knows_other_form(
                state.form, state.refused_forms
            ):
                self._misunderstood(state, provider, verdict)
            case No(verdict=verdict):
                self._refused(state, provider, verdict, is_repeated=is_repeated)

    def _taken(self, state: State, provider: Provider, job_id: str, trace_id: str | None) -> None:
        key = state.item.key
        provider.gate.answered(key, self.ledger.clock.now())
        provider.gate.resume()
        provider.breaker.took(key)
        provider.silences, provider.form = 0, state.form
        self._reserved.discard(key)
        try:
            self.ledger.note(key, Accepted(job_id=job_id, trace_id=trace_id))
        except (Halt, FolderError):
            self.ledger.say(
                f"{state.item.id} was bought at {provider.name} as job {job_id}, which could not be written"
            )
            raise
        self.ledger.postpone(key, self.ledger.clock.now() + provider.poll.first_s)

    def _refused(self, state: State, provider: Provider, verdict: Verdict, *, is_repeated: bool) -> None:
        """Note that nothing was bought, unless an earlier request under the same key may have bought it.

        A no to the content or the request is final, also where others could be asked: they sell the same model, and
        nobody shops around for a yes.
        """
        now, key, is_final = self.ledger.clock.now(), state.item.key, verdict.kind in _FINAL
        if ending := _CLOSING.get(verdict.kind):
            provider.breaker.trip(key, provider.refusal(verdict), ending, now=now, pace=SLOW)
        retry_at = now + (self._slow_down(provider, verdict, key) if verdict.kind in PAUSING else 0.0)
        provider.gate.answered(key, now)
        if self._is_adopted(key):
            self._stall(self.ledger[key], f"a callback named a job, and the answer was {verdict}")
            return
        if is_repeated and not is_final:
            self.ledger.note(key, Stalled(reason=str(verdict), retry_at=max(retry_at, now + FREE.first_s)))
            return
        provider.gate.release(key)
        self._give_back(key, state.price)
        self.ledger.note(key, Refused(verdict=verdict, final=is_final, retry_at=retry_at))

    def _misunderstood(self, state: State, provider: Provider, verdict: Verdict) -> None:
        """Note that nothing was bought, because of the form of the order; it is put in another form at once."""
        now, key = self.ledger.clock.now(), state.item.key
        provider.gate.answered(key, now)
        provider.gate.release(key)
        self._give_back(key, state.price)
        self.ledger.note(key, Refused(verdict=verdict, final=False, retry_at=now, form=state.form))

    def _give_back(self, key: str, price: Money | None) -> None:
        """Free the money, if this run held it back; what an earlier run did counts as spent until the next one."""
        if key in self._reserved:
            self._reserved.remove(key)
            for purse in self.purses:
                purse.release(price)

    def _slow_down(self, provider: Provider, verdict: Verdict, key: str, *, leaves_doubt: bool = False) -> float:
        """Pause the provider's gate, and open its breaker after too many silences; return the pause in seconds.

        What comes back while a pause is on left before it began, and is no setback of its own. A probe that leaves a
        doubt costs a person's decision, so the next one comes late.
        """
        gate, now = provider.gate, self.ledger.clock.now()
        if not gate.is_paused(now):
            gate.slow_down()
            provider.silences = 0 if verdict.kind is Kind.RATE else provider.silences + 1
        pause = self._pause(self.retry.backoff, key, gate.setbacks, asked_s=verdict.retry_after_s)
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
            provider.gate.answered(key, now)
            return
        pause = self._slow_down(provider, verdict, key, leaves_doubt=state.idempotency_key is None)
        provider.gate.answered(key, now)
        if state.idempotency_key is not None:
            self._stall(state, str(verdict), asked_s=pause)
            return
        self._reserved.discard(key)
        provider.gate.hold(key, now + provider.unseen_job_s)
        self.ledger.note(key, Doubted(reason=str(verdict)))

    def _is_adopted(self, key: str) -> bool:
        """Return whether a callback named the job while its submit was under way."""
        return self.ledger[key].phase is Phase.RUNNING

    def _progress(self, state: State, provider: Provider, answer: Progress) -> None:
        key = state.item.key
        match answer:
            case Pending(status=status):
                if status != state.status:
                    self.ledger.note(key, Seen(status=status))
                self.ledger.postpone(key, self.ledger.clock.now() + provider.poll.every_s)
            case Made(output=output) if output.file_id is None and output.url is None:
                self._stall(state, "the provider says success but names no file")
            case Made(output=output):
                provider.gate.release(key)
                self.ledger.note(key, Finished(output=output))
            case Failed(verdict=verdict):
                provider.gate.release(key)
                self.ledger.note(key, Broke(verdict=verdict))
            case No(verdict=verdict):
                self._said_no(state, provider, verdict)

    async def _locate(self, state: State, provider: Provider) -> Located:
        """Return a link: by look-up, or where the provider names it with the success, as it came, then by a new poll.

        Links expire, so one that was tried before is not tried again.
        """
        assert state.job is not None
        if state.output is None or state.output.url is None:
            return await provider.converse(provider.dialect.locate(state.job))
        is_fresh = state.output.expires_at is None or self.ledger.clock.now() < state.output.expires_at
        if is_fresh and not state.stalls and not state.spoils:
            return Download(url=state.output.url)
        match await provider.converse(provider.dialect.poll(state.job)):
            case Made(output=Output(url=str(url))):
                return Download(url=url)
            case No() as no:
                return no
            case _:
                return No(verdict=Verdict(kind=Kind.TRANSIENT, code="0", words="the job names no link any more"))

    def _said_no(self, state: State, provider: Provider, verdict: Verdict) -> None:
        """Sort a no to a call that costs nothing: job or file is gone, the key is refused, or it is tried again."""
        if verdict.kind in _FINAL and state.stalls >= REFETCHES:  # what is bought may not be known everywhere yet
            provider.gate.release(state.item.key)
            self.ledger.note(state.item.key, Broke(verdict=verdict))
            return
        if verdict.kind is Kind.AUTH:
            provider.shut = provider.refusal(verdict)
            provider.gate.close(provider.shut, Ending.AUTH_CLOSED)
        self._stall(state, str(verdict), asked_s=verdict.retry_after_s)

    def _stall(self, state: State, reason: str, *, asked_s: float | None = None) -> None:
        key, now = state.item.key, self.ledger.clock.now()
        pause = self._pause(FREE, key, state.stalls + 1, asked_s=asked_s)
        self.ledger.note(key, Stalled(reason=reason, retry_at=now + pause))

    def _spoil(self, state: State, reason: str, *, final: bool) -> None:
        key, now = state.item.key, self.ledger.clock.now()
        pause = self._pause(FREE, key, state.spoils + 1)
        self.ledger.note(key, Spoiled(reason=reason, final=final, retry_at=now + pause))

    def _publish(self, state: State, clip: Clip) -> None:
        self.shelf.publish(state)
        self.shelf.describe(self.ledger.note(state.item.key, Checked(clip=clip)))

    def _pause(self, backoff: Backoff, key: str, tries: int, *, asked_s: float | None = None) -> float:
        return pause_s(backoff, tries, jitter=jitter(key, tries), asked_s=asked_s)
