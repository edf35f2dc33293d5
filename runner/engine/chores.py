"""The free steps that are due: polls, downloads and checks, each kind with so many at one time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial

from ..values import dataclass
from .agenda import PICKED, POLLS, Agenda, Lane
from .collecting import Collecting
from .crew import Crew
from .filing import Filing
from .ledger import Ledger
from .provider import Provider
from .repurchases import Repurchases
from .steering import Steering

Start = Callable[[asyncio.TaskGroup, Lane, str, Callable[[], Awaitable[None]]], None]
"""Lets a step of an item begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chores:
    """Starts what is due and has room. `checks` is how many videos may be looked into at one time."""

    ledger: Ledger
    agenda: Agenda
    crew: Crew
    providers: Mapping[str, Provider]
    collecting: Collecting
    filing: Filing
    repurchases: Repurchases
    steering: Steering
    checks: int
    start: Start

    def launch(self, group: asyncio.TaskGroup) -> None:
        """Start all that is due and has room, unless the run is to end."""
        now = self.ledger.clock.now()
        for lane, most in self._lanes():
            while self.crew.conclusion is None and self.agenda.is_due(lane, now) and self.crew.busy(lane) < most:
                self._begin(group, lane, now)

    def due(self) -> Iterator[float]:
        """Give when each kind that has room has something due."""
        for lane, most in self._lanes():
            if self.crew.busy(lane) < most and (due := self.agenda.due_at(lane)) is not None:
                yield due

    def _lanes(self) -> tuple[tuple[Lane, int], ...]:
        """Return the free lanes with how many of their steps may run at one time, in the order of service."""
        return (Lane.CHECK, self.checks), (Lane.FETCH, self.steering.limits.downloads), (Lane.POLL, POLLS)

    def _begin(self, group: asyncio.TaskGroup, lane: Lane, now: float) -> None:
        key = self.agenda.pick(now, self._kept_until) if lane is PICKED else self.agenda.take(lane)
        provider = self.providers[self.ledger[key].provider or ""]
        if provider.shut and lane is not Lane.CHECK:  # a check asks nobody
            self.filing.leave_behind(key)
            return
        if lane is not Lane.CHECK and (later := self.collecting.put_off(key, provider)) is not None:
            self.filing.put_off(key, later)
            return
        match lane:
            case Lane.POLL:
                self.start(group, lane, key, partial(self.collecting.poll, key, provider))
            case Lane.FETCH:
                provider.downloads.start(key)
                self.start(group, lane, key, partial(self._fetch, key, provider))
            case _:
                self.start(group, lane, key, partial(self.collecting.check, key, self.repurchases))

    async def _fetch(self, key: str, provider: Provider) -> None:
        """Fetch, and let those look again that waited for the end of it."""
        try:
            await self.collecting.fetch(key, provider)
        finally:
            provider.downloads.ended(key)
            for waiting in self.agenda.waiting():
                if self.ledger[waiting].due == float("inf"):
                    self.filing.put_off(waiting, self.ledger.clock.now())

    def _kept_until(self, key: str) -> float:
        """Return how long a video can wait: what expires first comes home first."""
        state = self.ledger[key]
        return self.providers[state.provider or ""].keeps_until(state)
