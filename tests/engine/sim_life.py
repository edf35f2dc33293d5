"""One life of the program in a simulated world, wired as the front desk wires it: everything but the wires is real.

What a merge adds to the engine's constructors is added here, in `Life`, and nowhere else.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from jumping_clock import START
from sim_calls import Switchboard
from sim_disk import Machine, SimJournal
from sim_market import Market
from sim_rules import Rules, chance
from sim_steering import steered_by
from sim_wires import Pending, SimLinks, SimWire
from sim_witness import Witness
from telephone import RUN_ID
from worlds import CLIP, Crash, Room

from runner.cli import books
from runner.cli.run import entering, mending
from runner.cli.run.uptime import Uptime, leap_s
from runner.core.life.state import OPEN_PHASES, State
from runner.core.limits.admission import Gate
from runner.core.limits.bounds import Bounds
from runner.core.limits.purse import Purse, Till
from runner.core.outlook.pace import Pace, Usual
from runner.core.plan.plan import Plan
from runner.core.sums.ending import Conclusion, Ending
from runner.dialects import minimax
from runner.dialects.seam import Fact, PollPace
from runner.edge.disk.files import Files
from runner.edge.disk.lock import held
from runner.edge.folder.shelf import Shelf
from runner.edge.journal.journal import Journal
from runner.edge.video.courier import Courier
from runner.engine.buying import Buying
from runner.engine.collecting import Collecting
from runner.engine.drive import Drive
from runner.engine.ledger import Ledger
from runner.engine.provider import Provider
from runner.errors import FolderError, Halt
from runner.gates import Gates
from runner.inspection import Inspected, Spoilt
from runner.judgement import Finding, Judgement
from runner.model import CheckPolicy, Limits, Manifest, Money, RetryPolicy, StopAfter

PACE: Final = PollPace(first_s=20.0, every_s=10.0)
USUAL: Final = Usual(first_s=PACE.first_s, every_s=PACE.every_s, job_s=60.0)  # of every other life, which learns
CHECK_S: Final = 0.5
NO_MOUNTS: Final = Path(os.devnull)  # nobody mounts anything while time is virtual


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What one life is asked for. `selected` are prompts; None means all. It `hears` whom it asks to call back."""

    plan: Plan
    route: tuple[str, ...]
    hears: bool
    selected: frozenset[str] | None = None
    max_cost: Money | None = None
    buys: bool = True
    retries: bool = False
    stop_after_s: float | None = None
    leaves_at_once: bool = False
    stop_after: StopAfter | None = None
    often_steered: float = 0.0


@dataclass(slots=True)
class SkewedClock:
    """The wall clock of the runner's machine: it goes as true time does, from wherever somebody set it."""

    skew_s: float

    def now(self) -> float:
        return START + self.skew_s + asyncio.get_running_loop().time()


class SimShelf(Shelf):
    """The real shelf over real files, which only looks no further into a video than its first word."""

    def __init__(self, folder: Path, machine: Machine, rules: Rules) -> None:
        super().__init__(folder, sidecar=lambda state: state.phase, files=Files())
        self._machine = machine
        self._rules = rules

    async def inspect(self, state: State) -> Inspected | Spoilt:
        await asyncio.sleep(CHECK_S)
        self._machine("a file is about to be checked")
        path = self.find(state)
        if path is None:
            return Spoilt(reason="the saved file is gone")
        content = path.read_bytes()
        if state.artifact is None or sha256(content).hexdigest() != state.artifact.sha256:
            return Spoilt(reason="the file on disk is not the one that was saved")
        if not content.startswith(b"video of "):
            return Spoilt(reason="no video but a web page")
        return Inspected(clip=CLIP, judgement=self._judgement(content) if self._rules.flawed else None)

    def _judgement(self, content: bytes) -> Judgement:
        grade = self._rules.grade(content)
        findings = () if grade == "pass" else (Finding(check="distance", grade=grade, words="another face"),)
        return Judgement(gates=Gates(), findings=findings)

    def put_aside(self, state: State) -> None:
        self._machine("a video is about to be put aside")
        super().put_aside(state)
        self._machine("a video is put aside")

    def describe(self, state: State) -> None:
        self._machine("a sidecar is about to be written")
        super().describe(state)

    def _bring_home(self, state: State) -> None:
        self._machine("a video is about to get its name")
        super()._bring_home(state)
        self._machine("a video has its name")


@dataclass(slots=True, kw_only=True)
class Life:
    """One run of the program, from its lock to its end, as `s2v run` goes about it."""

    number: int
    folder: Path
    rules: Rules
    markets: Mapping[str, Market]
    network: Pending
    switchboard: Switchboard
    machine: Machine
    wishes: Wishes
    skew_s: float
    witness: Witness
    heard: list[tuple[str, str]] = field(default_factory=list)
    drive: Drive | None = None

    async def live(self) -> Conclusion | None:
        """Live to the end, and return how it ended; None when the process died."""
        try:
            self.machine("the run begins")
            with held(self.folder, mounts=NO_MOUNTS), SimJournal.create_or_open(self.folder, run_id=RUN_ID) as book:
                book.watched_by(self.machine)
                return await self._run(book)
        except (Halt, FolderError) as error:  # the front desk says it, and exits
            return Conclusion(ending=Ending.HALTED, why=str(error))
        except (Crash, BaseExceptionGroup) as death:
            if isinstance(death, BaseExceptionGroup) and death.split(Crash)[1] is not None:
                raise
            return None
        finally:
            self.switchboard.hang_up()

    async def _run(self, book: SimJournal) -> Conclusion:
        clock, plan = SkewedClock(self.skew_s), self.wishes.plan
        shelf = SimShelf(self.folder, self.machine, self.rules)
        is_new = books.note_manifest(book, self.folder, _manifest(self.folder, self.wishes), plan)
        shelf.prepare()
        if is_new:
            entering.enter(book, shelf, plan, clock.now())
        mending.mend(book, shelf, clock.now(), thorough=not self.wishes.buys)
        if self.wishes.retries or not self.wishes.buys:
            keys = self._selected() or [one.key for one in plan.items]
            mending.requeue(book, keys, clock.now(), buys=self.wishes.buys, named=())
        self.drive = self._drive(book, shelf, clock)
        if self.wishes.stop_after_s is not None:
            asyncio.get_running_loop().call_later(self.wishes.stop_after_s, self._interrupt)
        return await self.drive.run()

    def _interrupt(self) -> None:
        assert self.drive is not None
        self.witness.tell("Ctrl-C")
        self.drive.stop(Ending.INTERRUPTED_INT, "asked to stop")
        if self.wishes.leaves_at_once:
            self.machine.dies_at = self.machine.passed + self.machine.dice.randint(1, 6)

    def _selected(self) -> Collection[str] | None:
        prompts = self.wishes.selected
        return None if prompts is None else {one.key for one in self.wishes.plan.items if one.prompt in prompts}

    def _drive(self, book: Journal, shelf: Shelf, clock: SkewedClock) -> Drive:
        rules = self.rules
        limits = Limits(
            budget=rules.budget, item_deadline_s=rules.deadline_s, stop_after=self.wishes.stop_after
        )  # fmt: skip
        ledger = Ledger(book, clock, [self.witness])
        purses = (Purse(rules.budget), Purse(self.wishes.max_cost))
        for currency, micros in book.committed().items():
            purses[0].reserve(Money(micros=micros, currency=currency))
        buying = Buying(
            ledger=ledger, till=Till(purses=purses), retry=rules.retry,
            run_id=str(book.header["run_id"]), hints=self.switchboard.connect() if self.wishes.hears else None,
        )  # fmt: skip
        names = dict.fromkeys((*self.wishes.route, *book.open_providers(OPEN_PHASES)))
        return Drive(
            ledger=ledger, space=Room(), buying=buying,
            collecting=Collecting(
                ledger=ledger, shelf=shelf, checks=rules.checks, waits_s=limits.waits_s
            ),
            providers={name: self._provider(name, shelf) for name in names}, route=self.wishes.route, limits=limits,
            selected=self._selected(), buys=self.wishes.buys, leap_s=self._leap_s(book, clock),
            control=steered_by(chance(rules.seed, "steering", self.number), often=self.wishes.often_steered),
        )  # fmt: skip

    def _leap_s(self, book: Journal, clock: SkewedClock) -> float:
        up = Uptime(boot="sim", seconds=asyncio.get_running_loop().time())
        return leap_s(book, up, now=clock.now(), window_s=900.0)

    def _provider(self, name: str, shelf: Shelf) -> Provider:
        market = self.markets[name]
        nature = market.nature
        callback = Fact(value=nature.calls_back, source="drawn", mark="I")
        return Provider(
            name=name, dialect=minimax.speak(replace(minimax.TRAITS, callback=callback)), price=nature.price, poll=PACE,
            wire=SimWire(
                market=market, network=self.network, machine=self.machine, life=self.number, heard=self.heard
            ),
            gate=Gate(nature.in_flight, nature.rates, own=Bounds(in_flight=nature.in_flight, rates=nature.rates)),
            courier=Courier(SimLinks(market, self.machine), shelf.partial),
            unseen_job_s=nature.unseen_job_s, idempotent=nature.keeps_keys,
            pace=Pace(USUAL) if self.number % 2 else None,
        )  # fmt: skip


def _manifest(folder: Path, wishes: Wishes) -> Manifest:
    return Manifest(
        path=folder / "sim.yaml", digest=wishes.plan.digest, name="sim", route=wishes.route, folder=folder,
        name_pattern="{id}.mp4", limits=Limits(), retry=RetryPolicy(), checks=CheckPolicy(), providers={},
        wishes=lambda: iter(()),
    )  # fmt: skip
