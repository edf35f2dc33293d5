"""The wiring of one run: providers connected, the engine started, signals heard, and how it ended brought back."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Final

from ...core.life.state import OPEN_PHASES
from ...core.limits.admission import LONGEST_SUBMIT_S
from ...core.limits.retry import RETRY_AFTER_MOST_S
from ...core.outlook.outlook import Outlook
from ...core.sums.ending import Conclusion
from ...edge.control.listener import listening
from ...edge.disk.space import Space
from ...edge.folder.shelf import Shelf
from ...edge.journal.journal import Journal
from ...edge.watch.watcher import Watcher
from ...engine.buying import Buying
from ...engine.collecting import Collecting
from ...engine.drive import Drive
from ...engine.ledger import Ledger
from ...engine.ports import Control, Hints
from ...engine.provider import Provider
from ...errors import ConfigError
from ...executors.seam import Executor
from ...model import Money
from ...values import dataclass
from ..plan.offers import Offer, key_of, offer
from ..plan.planning import Prepared
from ..plan.prospect import till_of
from .calls import hearing, require_listener
from .connecting import Wiring, connect
from .patience import PatientLoop
from .rescue import Rescue
from .signals import Signals
from .uptime import BOOT_CLOCK, leap_s, uptime


class SystemClock:
    """Wall-clock seconds that never jump while the process lives: the start by the clock, the rest counted on.

    Where the system can tell, the time that the machine slept is counted as well: providers went on meanwhile.
    """

    def __init__(self) -> None:
        self._offset = time.time() - time.clock_gettime(BOOT_CLOCK)

    def now(self) -> float:
        """Return seconds since the epoch."""
        return self._offset + time.clock_gettime(BOOT_CLOCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One run that has something to do. `selected` None means all; from `outlook` the watchers tell the time left."""

    prepared: Prepared
    book: Journal
    shelf: Shelf
    wiring: Wiring
    watchers: Sequence[Watcher]
    rescue: Rescue
    selected: Collection[str] | None
    max_cost: Money | None
    warn: Callable[[str], None]
    executor: Executor
    outlook: Outlook


_RINGS: Final = 10_000
"""Objects more than before at which rings of garbage are looked for: sooner than in a start, for a run goes on."""


def work_off(work: Work) -> Conclusion:
    """Do the work and return how it ended; the journal holds the rest."""
    gc.set_threshold(_RINGS)
    loop = PatientLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(_run(work, loop))


def _required_offers(prepared: Prepared, book: Journal, environ: Mapping[str, str]) -> tuple[Offer, ...]:
    """Return the offers of all that this run talks to: those of the route, and whoever still has a job of ours."""
    named = {each.name: each for each in prepared.offers}
    for name in book.open_providers(OPEN_PHASES):
        named.setdefault(name, offer(name, prepared.manifest, environ))
    return tuple(named.values())


async def _run(work: Work, loop: PatientLoop) -> Conclusion:
    async with AsyncExitStack() as stack:
        stack.push_async_callback(work.executor.close)
        workers = await work.executor.start()
        wiring = replace(work.wiring, fetches=work.executor) if workers.fetches else work.wiring
        offers = _required_offers(work.prepared, work.book, work.wiring.environ)
        hints = stack.enter_context(hearing(work.prepared.manifest, work.book, offers, tell=work.watchers))
        providers: dict[str, Provider] = {}
        for each in offers:
            key = key_of(each, work.wiring.environ)
            provider = providers[each.name] = await stack.enter_async_context(connect(each, key, wiring))
            for outlook in work.outlook.all():
                if outlook.provider == each.name:
                    outlook.gate, outlook.breaker = provider.gate, provider.breaker
        control = await stack.enter_async_context(
            listening(work.wiring.folder, work.wiring.run_id, work.wiring.environ, warn=work.warn)
        )
        drive = _drive(work, providers, hints, control, checks=max(1, workers.slots))
        loop.came_back = drive.wake
        stack.enter_context(Signals(drive, work.watchers))
        return await drive.run()


def _drive(
    work: Work, providers: Mapping[str, Provider], hints: Hints | None, control: Control | None, *, checks: int
) -> Drive:
    manifest = work.prepared.manifest
    ledger = Ledger(work.book, work.wiring.clock, work.watchers, work.rescue)
    buying = Buying(
        ledger=ledger,
        till=till_of(work.prepared, work.book, work.max_cost),
        retry=manifest.retry,
        run_id=work.wiring.run_id,
        hints=hints,
    )
    return Drive(
        ledger=ledger,
        space=Space(work.wiring.folder),
        buying=buying,
        collecting=Collecting(ledger=ledger, shelf=work.shelf, checks=manifest.checks, waits_s=manifest.limits.waits_s),
        providers=providers,
        route=manifest.route,
        limits=manifest.limits,
        selected=work.selected,
        buys=work.wiring.buys,
        control=control,
        leap_s=_leap_s(work, providers),
        checks=checks,
    )


def _leap_s(work: Work, providers: Mapping[str, Provider]) -> float:
    """Return by how much the clock was set forward, as long as a submit counts, holds a slot unseen, or was paused."""
    counted = (max(each.gate.longest_window_s, LONGEST_SUBMIT_S + each.unseen_job_s) for each in providers.values())
    window_s = max([RETRY_AFTER_MOST_S, *counted])
    return leap_s(work.book, uptime(), now=work.wiring.clock.now(), window_s=window_s)


def require_keys(prepared: Prepared, book: Journal, environ: Mapping[str, str]) -> None:
    """Raise ConfigError unless every provider that this run talks to can be talked to, and can call back."""
    offers = _required_offers(prepared, book, environ)
    require_listener(prepared.manifest, offers)
    for each in offers:
        try:
            key_of(each, environ)
        except ConfigError as error:
            if each in prepared.offers:
                raise
            raise ConfigError(f"jobs that were bought at {each.name} are to be collected: {error}") from error
