"""The loop: starts the steps that are due and admitted, waits for one to end or the next to be due, until all rest.

There is no code path for a resume: a start is always this loop over what is not at rest. New purchases are read from
the journal in plan order as the gate lets them through, so memory does not grow with the manifest.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from ..core.admission import Closed, Go, Purse, Wait
from ..core.ending import Ending
from ..core.lifecycle import OPEN_PHASES, Outcome, Phase, Rest, State, next_step
from ..core.lifecycle import Wait as WaitStep
from ..errors import DriftError, Halt
from ..events import GaveUpWaiting
from ..model import Limits
from .agenda import LANES, Agenda, Lane
from .ledger import Ledger
from .provider import Provider
from .steps import Steps

POLLS: Final = 8  # polls at one time: as many as the wire keeps connections
CHECKS: Final = 2  # decodes at one time
_PAGE: Final = 256  # planned items read from the journal at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """How the run ended and, when something stopped it, why in words."""

    ending: Ending
    why: str = ""


@dataclass(slots=True, kw_only=True)
class Drive:
    """One run over a journal. `selected` None means every planned item; what is bought is always collected."""

    ledger: Ledger
    steps: Steps
    providers: Mapping[str, Provider]
    seller: str
    limits: Limits
    purses: tuple[Purse, ...]
    selected: Collection[str] | None = None
    _agenda: Agenda = field(default_factory=Agenda)
    _tasks: dict[asyncio.Task[None], Lane] = field(default_factory=dict)
    _fresh: deque[tuple[int, str]] = field(default_factory=deque)
    _read_to: int = -1
    _is_read_out: bool = False
    _started: float = 0.0
    _next_submit: float | None = None
    _conclusion: Conclusion | None = None
    _bug: Exception | None = None
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> Conclusion:
        """Drive every item to rest, or as far as the limits, the user and the machine allow."""
        self._started = self.ledger.clock.now()
        for key in self.ledger.journal.all_keys(OPEN_PHASES):
            self._take_slot(self.ledger.load(key))
            self._file(key)
        async with asyncio.TaskGroup() as group:
            while self._launch(group):
                await self._sleep()
        if self._bug is not None:
            raise self._bug
        return self._conclusion or self._closing()

    def stop(self, ending: Ending, why: str = "") -> None:
        """Start nothing more: paid requests under way are answered and written, free steps are dropped."""
        self._conclusion = self._conclusion or Conclusion(ending=ending, why=why)
        for task, lane in self._tasks.items():
            if lane in {Lane.POLL, Lane.FETCH}:
                task.cancel()
        self._wake.set()

    def _closing(self) -> Conclusion:
        closed = self.providers[self.seller].gate.closed
        return Conclusion(ending=closed.ending, why=closed.why) if closed else Conclusion(ending=Ending.FINISHED)

    def _take_slot(self, state: State) -> None:
        """Give back to a job of an earlier run the slot that it holds at the provider."""
        provider = self.providers[state.provider or self.seller]
        if state.phase is Phase.RUNNING:
            provider.gate.hold(state.item.key)
        elif state.phase is Phase.IN_DOUBT and state.idempotency_key is None:
            intended = min(state.intended_at or self._started, self._started)
            provider.gate.hold(state.item.key, intended + provider.unseen_job_s)

    def _file(self, key: str) -> None:
        """Put an item where its next step says it belongs."""
        state, now = self.ledger.load(key), self.ledger.clock.now()
        patience = max(state.waits_since, self._started) + self.limits.item_deadline_s
        step = next_step(state, now=now, wait_until=patience)
        if isinstance(step, Rest):
            self._rest(state, step)
        elif state.phase is not Phase.PLANNED and state.provider and self.providers[state.provider].shut:
            self.ledger.drop(key)
        else:
            self._agenda.put(LANES[state.phase], key, step.until if isinstance(step, WaitStep) else now)

    def _rest(self, state: State, rest: Rest) -> None:
        if rest.outcome is Outcome.OPEN:
            minutes = self.limits.item_deadline_s / 60
            reason = (
                f"not finished after {minutes:g} min of waiting ({rest.why}); the next run goes on with the same job"
            )
            self.ledger.note(state.item.key, GaveUpWaiting(reason=reason))
        self.ledger.drop(state.item.key)

    def _launch(self, group: asyncio.TaskGroup) -> bool:
        """Start all that is due and admitted; return whether anything is left to wait for."""
        self._wake.clear()
        if self._conclusion is None:
            now = self.ledger.clock.now()
            for lane, most in self._lanes():
                while self._is_due(lane, now) and self._busy(lane) < most:
                    self._start_free(group, lane)
            self._next_submit = self._launch_submits(group, now)
        return bool(self._tasks) or (self._conclusion is None and self._next_due() is not None)

    def _lanes(self) -> tuple[tuple[Lane, int], ...]:
        """Return the free lanes with how many of their steps may run at one time, in the order of service."""
        return (Lane.CHECK, CHECKS), (Lane.FETCH, self.limits.downloads), (Lane.POLL, POLLS)

    def _is_due(self, lane: Lane, now: float) -> bool:
        due = self._agenda.due_at(lane)
        return due is not None and due <= now

    def _busy(self, lane: Lane) -> int:
        return sum(1 for other in self._tasks.values() if other is lane)

    def _start_free(self, group: asyncio.TaskGroup, lane: Lane) -> None:
        key = self._agenda.take(lane)
        provider = self.providers[self.ledger[key].provider or self.seller]
        if provider.shut:
            self.ledger.drop(key)
            return
        match lane:
            case Lane.POLL:
                self._start(group, lane, key, partial(self.steps.poll, key, provider))
            case Lane.FETCH:
                self._start(group, lane, key, partial(self.steps.fetch, key, provider))
            case _:
                self._start(group, lane, key, partial(self.steps.check, key))

    def _start(self, group: asyncio.TaskGroup, lane: Lane, key: str, step: Callable[[], Awaitable[None]]) -> None:
        task = group.create_task(self._guard(key, step))
        self._tasks[task] = lane
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        self._wake.set()

    async def _guard(self, key: str, step: Callable[[], Awaitable[None]]) -> None:
        """Run one step and file its item again; what must stop the run stops it, a bug sets its item aside."""
        try:
            await step()
            self._file(key)
        except Halt as error:
            self.stop(Ending.HALTED, str(error))
        except DriftError as error:
            self.stop(Ending.DRIFTED, str(error))
        except Exception as error:  # noqa: BLE001 - the boundary of one item: the others' paid jobs come home first
            self._bug = self._bug or error
            self.providers[self.seller].gate.close(f"a bug struck: {error!r}", Ending.HALTED)

    def _launch_submits(self, group: asyncio.TaskGroup, now: float) -> float | None:
        """Submit what the gate and the purse let through; return when to ask again, None when nothing is left."""
        provider = self.providers[self.seller]
        while self._conclusion is None and (key := self._candidate(now)) is not None:
            match self._admit(provider, key, now):
                case Go():
                    self._take_candidate(key)
                    self._start_submit(group, key, provider)
                case Wait(until=until):
                    return until
                case Closed():
                    self._fresh.clear()
                    self._is_read_out = True
                    for other in self._agenda.clear(Lane.SUBMIT):
                        self.ledger.drop(other)
                    return None
        return self._agenda.due_at(Lane.SUBMIT)

    def _start_submit(self, group: asyncio.TaskGroup, key: str, provider: Provider) -> None:
        """Commit the intent before anything else is admitted; without it nothing leaves."""
        is_repeated = self.ledger[key].phase is Phase.IN_DOUBT
        try:
            self.steps.intend(key, provider)
        except Halt as error:
            self.stop(Ending.HALTED, str(error))
            return
        self._start(group, Lane.SUBMIT, key, partial(self.steps.submit, key, provider, is_repeated=is_repeated))

    def _admit(self, provider: Provider, key: str, now: float) -> Go | Wait | Closed:
        is_repeated = self.ledger.load(key).phase is Phase.IN_DOUBT
        for purse in () if is_repeated else self.purses:
            if closed := purse.ask(provider.price):
                provider.gate.close(closed.why, closed.ending)
        return provider.gate.ask(now)

    def _candidate(self, now: float) -> str | None:
        """Return the next item that may be submitted: those that wait for another try first, then the plan's order."""
        if self._is_due(Lane.SUBMIT, now):
            return self._agenda.peek(Lane.SUBMIT)
        while not self._fresh and not self._is_read_out:
            page = self.ledger.journal.keys([Phase.PLANNED], after=self._read_to, most=_PAGE)
            self._is_read_out = len(page) < _PAGE
            self._read_to = page[-1][0] if page else self._read_to
            self._fresh.extend((at, key) for at, key in page if self.selected is None or key in self.selected)
        return self._fresh[0][1] if self._fresh else None

    def _take_candidate(self, key: str) -> None:
        if self._fresh and self._fresh[0][1] == key:
            self._fresh.popleft()
        else:
            self._agenda.take(Lane.SUBMIT)

    def _next_due(self) -> float | None:
        """Return when a lane with room has something due; None when only the end of a step can change anything."""
        dues = [self._agenda.due_at(lane) for lane, most in self._lanes() if self._busy(lane) < most]
        due = min((due for due in (*dues, self._next_submit) if due is not None), default=None)
        return None if due == float("inf") else due

    async def _sleep(self) -> None:
        """Wait until a step ends, somebody calls, or the next item is due and there is room for it."""
        due = self._next_due() if self._conclusion is None else None
        try:
            async with asyncio.timeout(None if due is None else max(0.0, due - self.ledger.clock.now())):
                await self._wake.wait()
        except TimeoutError:
            return
