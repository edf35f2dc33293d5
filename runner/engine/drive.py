"""The loop: starts the steps that are due and admitted, waits for one to end or the next to be due, until all rest.

There is no code path for a resume: a start is always this loop over what is not at rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import nullcontext, suppress
from dataclasses import field
from functools import partial
from typing import assert_never

from ..core.life.state import OPEN_PHASES, State
from ..core.limits.admission import Wait
from ..core.limits.backlog import Backlog
from ..core.limits.standstill import Standstill
from ..core.limits.stop_loss import StopLoss
from ..core.sums.ending import Conclusion, Ending
from ..errors import FolderError
from ..events import Stamped
from ..model import Limits
from ..values import dataclass
from .absence import Absence
from .agenda import CHECKS, POLLS, SUBMITS, Agenda, Lane
from .buying import Buying
from .chores import Chores
from .collecting import Collecting
from .crew import Crew
from .filing import Filing
from .hearing import Hearing
from .ledger import LONG_S, Ledger
from .ports import Control, Space
from .provider import Provider
from .purchases import Purchases
from .recall import learn, recall, remember_throttling
from .repurchases import Repurchases
from .route import Route
from .steering import Steering


@dataclass(slots=True, kw_only=True)
class Drive:
    """One run over a journal. `selected` None means every planned item; what is bought is always collected.

    Without `buys` no paid request is sent, not even one again that buys nothing new. `leap_s` is by how much the clock
    may have been set forward since the runs before. `checks` is how many videos may be looked into at one time.
    """

    ledger: Ledger
    space: Space
    buying: Buying
    collecting: Collecting
    providers: Mapping[str, Provider]
    route: tuple[str, ...]
    limits: Limits
    selected: Collection[str] | None = None
    buys: bool = True
    control: Control | None = None
    leap_s: float = 0.0
    checks: int = CHECKS
    _agenda: Agenda = field(default_factory=Agenda)
    _absence: Absence = field(init=False)
    _route: Route = field(init=False)
    _purchases: Purchases = field(init=False)
    _hearing: Hearing = field(init=False)
    _repurchases: Repurchases = field(init=False)
    _steering: Steering = field(init=False)
    _filing: Filing = field(init=False)
    _chores: Chores = field(init=False)
    _loss: StopLoss = field(init=False)
    _standstill: Standstill = field(init=False)
    _backlog: Backlog = field(default_factory=Backlog)
    _next_submit: Wait | None = field(default_factory=lambda: Wait(until=0.0, why=""))
    _told_until: float = 0.0
    _crew: Crew = field(default_factory=Crew)

    def __post_init__(self) -> None:
        self._absence = Absence(clock=self.ledger.clock, limits=self.limits)
        self._route = Route(names=self.route, providers=self.providers, till=self.buying.till, ledger=self.ledger)
        self._loss = StopLoss(self.limits.stop_after)
        self._standstill = Standstill(after_s=self.limits.no_progress_s)
        self.ledger.watch(self._note)
        self._purchases = Purchases(
            ledger=self.ledger, agenda=self._agenda, route=self._route, loss=self._loss, backlog=self._backlog,
            space=self.space, selected=self.selected,
        )  # fmt: skip
        self._hearing = Hearing(
            buying=self.buying, agenda=self._agenda, providers=self.providers, purchases=self._purchases
        )
        self._repurchases = Repurchases(
            ledger=self.ledger, till=self.buying.till, sellers=[self.providers[name] for name in self.route],
            closed=self._purchases.over, is_cancelled=self._purchases.is_cancelled, selected=self.selected,
            buys=self.buys, resubmits=self.buying.retry.resubmits,
        )  # fmt: skip
        self._steering = Steering(
            ledger=self.ledger, providers=self.providers, purchases=self._purchases, backlog=self._backlog,
            standstill=self._standstill, limits=self.limits, buys=self.buys, control=self.control, leap_s=self.leap_s,
        )  # fmt: skip
        self._filing = Filing(
            ledger=self.ledger, agenda=self._agenda, absence=self._absence, route=self._route,
            providers=self.providers, purchases=self._purchases, repurchases=self._repurchases, hearing=self._hearing,
            loss=self._loss, backlog=self._backlog, limits=self.limits, buys=self.buys,
        )  # fmt: skip
        self._chores = Chores(
            ledger=self.ledger, agenda=self._agenda, crew=self._crew, providers=self.providers,
            collecting=self.collecting, filing=self._filing, repurchases=self._repurchases, steering=self._steering,
            checks=self.checks, start=self._start,
        )  # fmt: skip

    async def run(self) -> Conclusion:
        """Drive every item to rest, or as far as the limits, the user and the machine allow."""
        with self._crew.stopping():
            self._hearing.attend(self._crew.wake)
            self._steering.attend(self._crew.wake)
            self._take_over()
        try:
            async with asyncio.TaskGroup() as group:
                while self._launch(group):
                    await self._sleep()
        finally:
            self.write_down()
        if self._crew.bug is not None:
            raise self._crew.bug
        return self._crew.conclusion or self._closing()

    def write_down(self) -> None:
        """Offer the journal what it does not have yet, before the run ends or the process does; see `Ledger.close`."""
        with self._crew.stopping():
            self.ledger.close()

    def wake(self) -> None:
        """Look at once at what is due; to be called when no time passed for whoever waited, and it did for the jobs."""
        self._crew.wake()

    def stop(self, ending: Ending, why: str = "") -> None:
        """Start nothing more, and come to an end; see `Crew.stop`."""
        self._crew.stop(ending, why)

    def _note(self, state: State, stamped: Stamped) -> None:
        self._backlog.count(state)
        self._standstill.saw(stamped, "" if self.route == (state.provider,) else f"{state.provider}: ")

    def _closing(self) -> Conclusion:
        closed = self._route.outage() or self._purchases.closed or self._filing.left_behind
        return Conclusion(ending=closed.ending, why=closed.why) if closed else Conclusion(ending=Ending.FINISHED)

    def _take_over(self) -> None:
        """Go on from where the runs before ended."""
        started = self.ledger.clock.now()
        self._absence.begin(started)
        unfinished = self.ledger.up_to_date().keys_in(OPEN_PHASES)
        recall(self.ledger, self.providers, unfinished, now=started, leap_s=self.leap_s)
        for provider in self.providers.values():
            with nullcontext() if self.buys else suppress(FolderError):  # who submits nothing exceeds nobody's limits
                provider.join(started)
        remember_throttling(self.ledger, self.providers, now=started, leap_s=self.leap_s)
        learn(self.ledger, self.providers)
        for key in unfinished:
            self._backlog.inherit(self.ledger[key])
            self._filing.file(key)

    def _launch(self, group: asyncio.TaskGroup) -> bool:
        """Start all that is due and admitted; return whether anything is left to wait for."""
        self._crew.look()
        with self._crew.stopping():
            for key in self._hearing.heed():
                self._filing.file(key)
            for key in self._hearing.give_up(self.ledger.clock.now()):
                self._filing.file(key)
            self._steering.heed(
                self._next_submit, is_buying=self._crew.busy(Lane.SUBMIT) > 0,
                is_stopping=self._crew.conclusion is not None,
            )  # fmt: skip
            self._standstill.begin(self._absence.back_at())
            if stands := self._steering.standstill_closed(self.ledger.clock.now()):
                self.stop(stands.ending, stands.why)
            self._chores.launch(group)
            self._next_submit = self._launch_submits(group)
            self._look_who_waits()
        for provider in self.providers.values():
            with self._crew.stopping():
                provider.account.settle()
        with self._crew.stopping():
            self.ledger.commit()
        is_held = self._steering.is_paused and self._next_submit is not None
        is_waiting = self._crew.conclusion is None and (is_held or self._next_due() is not None)
        return self._crew.is_at_work or is_waiting

    def _look_who_waits(self) -> None:
        """Tell every pace whether somebody waits for what it learns: an item for a slot, or the run for its end."""
        is_ending = len(self.ledger) <= POLLS
        for provider in self.providers.values():
            if provider.pace is not None:
                is_short = self._next_submit is not None and provider.gate.is_full
                provider.pace.is_wanted = is_short or is_ending

    def _launch_submits(self, group: asyncio.TaskGroup) -> Wait | None:
        """Submit what is admitted, repeats first; return the next one's wait, None when only an end can change that."""
        now = self.ledger.clock.now()
        if self._steering.is_paused:
            return self._steering.held_back(now)
        waits = []
        for admit in (self._purchases.next_repeat, self._purchases.next_purchase) if self.buys else ():
            while self._crew.conclusion is None and self._crew.busy(Lane.SUBMIT) < SUBMITS:
                match admit(now):
                    case (str(key), Provider() as provider):
                        self._backlog.admit(key)
                        self.buying.reserve(key, provider)
                        self._start(group, Lane.SUBMIT, key, partial(self.buying.submit, key, provider))
                    case Wait() as wait:
                        self._tell(wait, now)
                        if wait.is_planned:
                            self._standstill.wait(wait.until)
                        waits.append(wait)
                        break
                    case None:
                        break
                    case _ as never:
                        assert_never(never)
        return min(waits, key=lambda wait: wait.until, default=None)

    def _tell(self, wait: Wait, now: float) -> None:
        """Tell the user of a long wait, once for each."""
        is_long = LONG_S < wait.until - now < float("inf")
        if is_long and wait.why and wait.until > self._told_until:
            self._told_until = wait.until
            at_most = "up to " if wait.is_at_most else ""
            self.ledger.say(f"the next purchase waits {at_most}{(wait.until - now) / 60:.0f} min: {wait.why}")

    def _start(self, group: asyncio.TaskGroup, lane: Lane, key: str, step: Callable[[], Awaitable[None]]) -> None:
        self._crew.start(group, lane, self._guard(key, step))

    async def _guard(self, key: str, step: Callable[[], Awaitable[None]]) -> None:
        """Run one step and file its item again; a bug sets its item aside, and the others' paid jobs come home first.

        What was admitted and has not begun when the run is stopped does not begin: its intent is not yet written.
        """
        if self._crew.conclusion is not None:
            return
        try:
            with self._crew.halting():
                await step()
                self._filing.file(key)
        except Exception as error:  # noqa: BLE001 - the boundary of one item
            self._crew.bug = self._crew.bug or error
            for provider in self.providers.values():
                provider.gate.close(f"a bug struck: {error!r}", Ending.HALTED)

    def _next_due(self) -> float | None:
        """Return when a lane with room has something due; None when only the end of a step can change anything."""
        next_submit = None if self._next_submit is None else self._next_submit.until
        others = self._agenda.due_at(Lane.HEAR), next_submit
        due = min([*self._chores.due(), *(due for due in others if due is not None)], default=None)
        return None if due == float("inf") else due

    async def _sleep(self) -> None:
        """Wait until a step ends, somebody calls, or the next item is due and there is room for it."""
        due = self._next_due() if self._crew.conclusion is None else None
        if due is not None and not self._crew.is_at_work and self._next_submit is None:
            self._hearing.tell()
        if self._crew.conclusion is None and self._steering.standstill_due is not None:
            due = min(self._steering.standstill_due, float("inf") if due is None else due)
        await self._crew.wait(None if due is None else max(0.0, due - self.ledger.clock.now()))
