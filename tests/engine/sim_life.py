"""One life of the program in a simulated world, wired as the front desk wires it: everything but the wires is real.

What a merge adds to the engine's constructors is added here, in `Life`, and nowhere else.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

from jumping_clock import START
from sim_disk import Machine, SimJournal
from sim_market import Market, is_unsent
from sim_rules import PRICE, Rules
from studio import Answer
from worlds import CLIP, Crash

from runner.cli import books, entering
from runner.core.admission import Gate, Purse
from runner.core.ending import Ending
from runner.core.lifecycle import State
from runner.core.plan import Plan
from runner.dialects import minimax
from runner.dialects.seam import Call, PollPace, Reply
from runner.edge.courier import Courier
from runner.edge.journal import Journal
from runner.edge.lock import held
from runner.edge.shelf import Shelf
from runner.edge.wire import Incoming, LinkWire
from runner.engine.drive import Conclusion, Drive
from runner.engine.ledger import Ledger
from runner.engine.ports import Spoilt
from runner.engine.provider import Provider
from runner.engine.steps import Steps
from runner.errors import FolderError, Halt, MaybeSent
from runner.events import Intended, Stamped
from runner.model import CheckPolicy, Clip, Limits, Manifest, Money, RetryPolicy

SELLER: Final = "market"
PACE: Final = PollPace(first_s=20.0, every_s=10.0)
CHECK_S: Final = 0.5
NO_MOUNTS: Final = Path(os.devnull)  # nobody mounts anything while time is virtual
STEP_S: Final = 1.0  # for the first bytes of a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What one life is asked for. `selected` are prompts; None means all."""

    plan: Plan
    selected: frozenset[str] | None = None
    max_cost: Money | None = None
    buys: bool = True
    retries: bool = False
    stop_after_s: float | None = None
    leaves_at_once: bool = False


@dataclass(slots=True)
class SkewedClock:
    """The wall clock of the runner's machine: it goes as true time does, from wherever somebody set it."""

    skew_s: float

    def now(self) -> float:
        return START + self.skew_s + asyncio.get_running_loop().time()


class Pending(Protocol):
    """What the network still carries; it arrives though its sender may be dead."""

    def carry(self, call: Call, after_s: float, *, life: int) -> asyncio.Future[Answer]: ...


@dataclass(slots=True, kw_only=True)
class SimWire:
    """The way to the market. `heard` are the jobs whose ids came back to a living process."""

    market: Market
    network: Pending
    machine: Machine
    rules: Rules
    life: int
    heard: list[str]

    async def send(self, call: Call) -> Reply:
        self.machine(f"{call.method} is about to leave")
        answer = self.market.never_arrives(call)
        if answer is None:
            answer = await self.network.carry(call, self.rules.way_s, life=self.life)
        self.machine(f"{call.method} has arrived")
        await asyncio.sleep(answer.after_s)
        self.machine(f"an answer to {call.method} has come")
        if not isinstance(answer.heard, Reply):
            assert answer.heard is not None
            assert is_unsent(answer) or isinstance(answer.heard, MaybeSent)
            raise answer.heard
        if call.method == "POST" and isinstance(answer.heard.document, dict):
            self.heard += filter(None, [answer.heard.document.get("task_id")])
        return answer.heard


class SimLinks(LinkWire):
    """Leads to the market's files in place of the network."""

    def __init__(self, market: Market, machine: Machine) -> None:
        self._market = market
        self._machine = machine

    @asynccontextmanager
    async def get(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[Incoming]:
        await asyncio.sleep(STEP_S)
        job_id, made_at = url.removeprefix("https://cdn.invalid/").split("?made=")
        served = self._market.file_of(job_id, float(made_at), asyncio.get_running_loop().time())
        is_cut = served.length > len(served.content)
        if served.status == 200 and served.etag and headers.get("If-Range") == served.etag and served.length:
            begins = int(headers["Range"].removeprefix("bytes=").removesuffix("-"))
            extent = f"bytes {begins}-{served.length - 1}/{served.length}"
            chunks = self._chunks(served.content[begins:], is_cut=is_cut)
            yield Incoming(status=206, headers={"content-range": extent, "etag": served.etag}, chunks=chunks)
            return
        told = {"content-length": str(served.length) if served.length else None, "etag": served.etag}
        present = {name: value for name, value in told.items() if value is not None}
        yield Incoming(status=served.status, headers=present, chunks=self._chunks(served.content, is_cut=is_cut))

    async def _chunks(self, content: bytes, *, is_cut: bool) -> AsyncIterator[bytes]:
        self._machine.make_room("the first half of a file is about to be written")
        yield content[: len(content) // 2]
        self._machine("half a file is written")
        yield content[len(content) // 2 :]
        if is_cut:
            raise MaybeSent("RemoteProtocolError: cut")


class SimShelf(Shelf):
    """The real shelf over real files, which only looks no further into a video than its first word."""

    def __init__(self, folder: Path, machine: Machine) -> None:
        super().__init__(folder, full_decode=False, sidecar=lambda state: state.phase)
        self._machine = machine

    async def inspect(self, state: State) -> Clip | Spoilt:
        await asyncio.sleep(CHECK_S)
        self._machine("a file is about to be checked")
        path = self._where(state)
        if path is None:
            return Spoilt(reason="the saved file is gone")
        content = path.read_bytes()
        if state.artifact is None or sha256(content).hexdigest() != state.artifact.sha256:
            return Spoilt(reason="the file on disk is not the one that was saved")
        return CLIP if content.startswith(b"video of ") else Spoilt(reason="no video but a web page")

    def describe(self, state: State) -> None:
        self._machine("a sidecar is about to be written")
        super().describe(state)

    def _bring_home(self, state: State) -> None:
        self._machine("a video is about to get its name")
        super()._bring_home(state)
        self._machine("a video has its name")


@dataclass(slots=True)
class Listener:
    """Hears all that a run tells: facts go into the trail, and words are kept."""

    tell: Callable[[str], None]
    words: list[str] = field(default_factory=list)
    asked_for: set[str] = field(default_factory=set)

    def saw(self, state: State, stamped: Stamped) -> None:
        if isinstance(stamped.event, Intended):
            self.asked_for.add(state.item.key)
        self.tell(f"  {state.item.id}: {stamped.event}")

    def said(self, text: str) -> None:
        self.words.append(text)
        self.tell(f"  said: {text}")


@dataclass(slots=True, kw_only=True)
class Life:
    """One run of the program, from its lock to its end, as `s2v run` goes about it."""

    number: int
    folder: Path
    rules: Rules
    market: Market
    network: Pending
    machine: Machine
    wishes: Wishes
    skew_s: float
    listener: Listener
    heard: list[str] = field(default_factory=list)
    drive: Drive | None = None

    async def live(self) -> Conclusion | None:
        """Live to the end, and return how it ended; None when the process died."""
        try:
            self.machine("the run begins")
            with held(self.folder, mounts=NO_MOUNTS), SimJournal.create_or_open(self.folder, run_id="run") as book:
                book.watched_by(self.machine)
                return await self._run(book)
        except (Halt, FolderError) as error:  # the front desk says it, and exits
            return Conclusion(ending=Ending.HALTED, why=str(error))
        except (Crash, BaseExceptionGroup) as death:
            if isinstance(death, BaseExceptionGroup) and death.split(Crash)[1] is not None:
                raise
            return None

    def is_refused_a_second_run(self) -> bool:
        """Return whether somebody else who wants the folder now is turned away."""
        try:
            with held(self.folder, mounts=NO_MOUNTS):
                return False
        except FolderError:
            return True

    async def _run(self, book: SimJournal) -> Conclusion:
        clock, plan = SkewedClock(self.skew_s), self.wishes.plan
        shelf = SimShelf(self.folder, self.machine)
        is_new = books.note_manifest(book, self.folder, _manifest(self.folder, plan), plan)
        shelf.prepare()
        if is_new:
            entering.enter(book, shelf, plan, clock.now())
        books.mend(book, shelf, clock.now(), thorough=not self.wishes.buys)
        if self.wishes.retries or not self.wishes.buys:
            books.requeue(book, self._selected() or [one.key for one in plan.items], clock.now(), buys=self.wishes.buys)
        self.drive = self._drive(book, shelf, clock)
        if self.wishes.stop_after_s is not None:
            asyncio.get_running_loop().call_later(self.wishes.stop_after_s, self._interrupt)
        return await self.drive.run()

    def _interrupt(self) -> None:
        assert self.drive is not None
        self.listener.tell("Ctrl-C")
        self.drive.stop(Ending.INTERRUPTED_INT, "asked to stop")
        if self.wishes.leaves_at_once:
            self.machine.dies_at = self.machine.passed + self.machine.dice.randint(1, 6)

    def _selected(self) -> Collection[str] | None:
        prompts = self.wishes.selected
        return None if prompts is None else {one.key for one in self.wishes.plan.items if one.prompt in prompts}

    def _drive(self, book: Journal, shelf: Shelf, clock: SkewedClock) -> Drive:
        rules = self.rules
        limits = Limits(budget=rules.budget, item_deadline_s=rules.deadline_s)
        ledger = Ledger(book, clock, [self.listener])
        purses = (Purse(rules.budget), Purse(self.wishes.max_cost))
        for currency, micros in book.committed().items():
            purses[0].reserve(Money(micros=micros, currency=currency))
        steps = Steps(
            ledger=ledger, shelf=shelf, purses=purses, retry=RetryPolicy(attempts=rules.attempts),
            checks=CheckPolicy(), run_id=str(book.header["run_id"]),
        )  # fmt: skip
        return Drive(
            ledger=ledger, steps=steps, providers={SELLER: self._provider(shelf)}, route=(SELLER,), limits=limits,
            purses=purses, selected=self._selected(),
        )  # fmt: skip

    def _provider(self, shelf: Shelf) -> Provider:
        rules = self.rules
        gate = Gate(rules.in_flight, rules.rates)
        if not self.wishes.buys:
            gate.close("", Ending.FINISHED)
        wire = SimWire(
            market=self.market, network=self.network, machine=self.machine, rules=rules, life=self.number,
            heard=self.heard,
        )  # fmt: skip
        return Provider(
            name=SELLER, dialect=minimax.speak(minimax.TRAITS), price=PRICE, poll=PACE, wire=wire, gate=gate,
            courier=Courier(SimLinks(self.market, self.machine), shelf.partial),
            unseen_job_s=rules.unseen_job_s, idempotent=rules.keeps_keys,
        )  # fmt: skip


def _manifest(folder: Path, plan: Plan) -> Manifest:
    return Manifest(
        path=folder / "sim.yaml", digest=plan.digest, name="sim", route=(SELLER,), folder=folder,
        name_pattern="{id}.mp4", limits=Limits(), retry=RetryPolicy(), checks=CheckPolicy(), providers={},
        wishes=lambda: iter(()),
    )  # fmt: skip
