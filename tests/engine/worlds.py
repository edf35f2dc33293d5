"""A whole world for the engine: the simulated studio, a disk in memory, the real journal, and time that jumps.

Each call of `World.run` is one life of the program, over what the lives before it left behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from jumping_clock import START, LoopClock, jump
from studio import WAY_S, Studio, StudioWire, video_of
from telephone import Telephone

from runner.checks.judgement import judge
from runner.core.life.lifecycle import apply, fold
from runner.core.life.state import Entry, Phase, State, index_of
from runner.core.limits.admission import Gate
from runner.core.limits.bounds import Bounds
from runner.core.limits.purse import Purse, Till
from runner.core.limits.steering import Answer, Instruction
from runner.core.outlook.pace import Pace, Usual
from runner.core.sums.ending import Conclusion, Ending
from runner.dialects import minimax
from runner.dialects.seam import Dialect, PollPace
from runner.edge.control.listener import Box
from runner.edge.journal.journal import Journal
from runner.engine.buying import Buying
from runner.engine.collecting import Collecting
from runner.engine.drive import Drive
from runner.engine.ledger import Ledger
from runner.engine.ports import Account, Clock
from runner.engine.provider import Alone, Provider
from runner.events import Event, Planned, Stamped
from runner.gates import Gates
from runner.inspection import Inspected, Spoilt, Unchecked, Unfetched
from runner.judgement import Judgement, Likeness
from runner.model import Artifact, CheckPolicy, Clip, Download, Item, Limits, Money, Portrait, Rate, RetryPolicy

FETCH_S: Final = 1.0
CHECK_S: Final = 0.5
PRICE: Final = Money(micros=650_000, currency="USD")
PACE: Final = PollPace(first_s=20.0, every_s=10.0)
STRANGER: Final = b"video of somebody else"
DOUBLE: Final = b"video of a double"
CLIP: Final = Clip(
    seconds=5.64, width=1280, height=720, fps=25.0, frames=141, codec="h264", has_audio=False, decoded=True
)  # fmt: skip


def item(id_: str) -> Item:
    """Return an item whose prompt is its id."""
    portrait = Portrait(ref="a.png", sha256="a" * 64, mime="image/png", bytes_=9_000, width=512, height=512)
    key = sha256(id_.encode()).hexdigest()
    return Item(key=key, id=id_, name=f"{id_}.mp4", portrait=portrait, prompt=id_, prompt_optimizer=True)


class Crash(BaseException):
    """The process dies here; nothing of it may write or send any more."""


@dataclass(slots=True)
class Fuse:
    """Counts the points that a life passes, and burns at the one with number `at`, or with these words."""

    at: int | None = None
    words: str | None = None
    passed: list[str] = field(default_factory=list)
    is_burnt: bool = False

    def __call__(self, point: str) -> None:
        self.is_burnt = self.is_burnt or len(self.passed) == self.at or point == self.words
        if self.is_burnt:
            raise Crash(point)
        self.passed.append(point)


@dataclass(slots=True)
class Disk:
    """The run folder's files, which outlive every run, and how often none of them can be looked into."""

    saved: dict[str, bytes] = field(default_factory=dict)
    videos: dict[str, bytes] = field(default_factory=dict)
    review: dict[str, bytes] = field(default_factory=dict)
    rejected: list[bytes] = field(default_factory=list)
    starved: float = 0.0  # so many looks into a file the machine has no memory for
    sidecars: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Room:
    """What the machine has left, as the test says: `bytes_` may be lowered and raised while a run goes on."""

    bytes_: float = 1e12
    files: int = 1_000

    def free_bytes(self) -> int:
        return int(self.bytes_)

    def free_files(self) -> int:
        return self.files


@dataclass(slots=True, kw_only=True)
class MemoryCourier:
    """Brings videos from the studio's links to the disk in memory."""

    studio: Studio
    disk: Disk
    passes: Callable[[str], None]

    async def fetch(self, key: str, download: Download) -> Artifact | Unfetched:
        await asyncio.sleep(FETCH_S)
        brought = self.studio.download(download.url)
        self.passes("a file has come and is not yet saved")
        if isinstance(brought, Unfetched):
            return brought
        self.disk.saved[key] = brought
        self.passes("a file is saved")
        return Artifact(bytes_=len(brought), sha256=sha256(brought).hexdigest())


@dataclass(slots=True, kw_only=True)
class MemoryShelf:
    """The disk in memory as the engine sees it; what does not begin like a video is none.

    Where the gates ask for anything, a video of the item shows its person, one of somebody else does not, and one of a
    double looks as if it might. A look takes as many turns of the loop more as `turns` says, all in one moment.
    """

    disk: Disk
    passes: Callable[[str], None]
    clip: Clip = CLIP
    gates: Gates = field(default_factory=Gates)
    turns: Mapping[str, int] = field(default_factory=dict)
    look_s: float = CHECK_S

    async def inspect(self, state: State) -> Inspected | Spoilt | Unchecked:
        await asyncio.sleep(self.look_s)
        for _ in range(self.turns.get(state.item.id, 0)):
            await asyncio.sleep(0)
        if self.disk.starved > 0:
            self.disk.starved -= 1
            return Unchecked(reason="no memory: free some")
        places = self.disk.saved.get(state.item.key), self.disk.videos.get(state.item.name)
        known = (*places, self.disk.review.get(state.item.name), *self.disk.rejected)
        content = next((each for each in known if each is not None and _is_of(each, state)), None)
        if content is None:
            return Spoilt(reason="the saved file is gone")
        if not content.startswith(b"video of "):
            return Spoilt(reason="no video but a web page")
        return Inspected(clip=self.clip, judgement=self._judged(content, state) if self.gates.are_any else None)

    def _judged(self, content: bytes, state: State) -> Judgement:
        shown, _, _ = content.partition(b", job ")
        own = video_of(state.item.prompt or "")
        distance = 0.2 if shown == own else 0.55 if shown == DOUBLE else 0.8
        return judge(self.clip, None, Likeness(distances=(distance,) * 3), gates=self.gates)

    @contextmanager
    def together(self) -> Iterator[None]:
        yield
        self.passes("names are about to be certain")

    def publish(self, state: State) -> None:
        self.passes("a video is about to get its name")
        places = {Phase.DONE: self.disk.videos, Phase.REVIEW: self.disk.review}
        content = self.disk.saved.pop(state.item.key, None)
        for place in places.values() if content is None else ():
            if _is_of(place.get(state.item.name, b""), state):
                content = place.pop(state.item.name)
        if content is not None:
            places[state.phase][state.item.name] = content
        self.passes("a video has its name")

    def put_aside(self, state: State) -> None:
        self.passes("a video is about to be put aside")
        if (content := self.disk.saved.pop(state.item.key, None)) is not None:
            self.disk.rejected.append(content)
        self.passes("a video is put aside")

    def describe(self, state: State) -> None:
        self.passes("a sidecar is about to be written")
        self.disk.sidecars[state.item.name] = state.phase


def _is_of(content: bytes, state: State) -> bool:
    return state.artifact is not None and sha256(content).hexdigest() == state.artifact.sha256


@dataclass(slots=True, kw_only=True)
class WatchedJournal:
    """The real journal; `passes` is told before and after every write."""

    journal: Journal
    passes: Callable[[str], None]

    def require_in_place(self) -> None:
        self.journal.require_in_place()

    def write_all(self, entries: Iterable[Entry]) -> None:
        told = list(entries)
        facts = [type(stamped.event).__name__ for entry in told for stamped in entry.stamped]
        for fact in facts:
            self.passes(f"{fact} is about to be written")
        self.journal.write_all(told)
        for fact in facts:
            self.passes(f"{fact} is written")

    def history(self, key: str) -> list[Stamped]:
        return self.journal.history(key)

    def histories(self, keys: Collection[str]) -> dict[str, list[Stamped]]:
        return self.journal.histories(keys)

    def places(self, phases: Collection[str], *, after: int = -1, most: int = 1 << 62) -> list[tuple[int, str]]:
        self.passes("the plan is about to be read")
        return self.journal.places(phases, after=after, most=most)

    def keys_in(self, phases: Collection[str]) -> list[str]:
        return self.journal.keys_in(phases)

    def bearer(self, provider: str, job_id: str) -> str | None:
        return self.journal.bearer(provider, job_id)

    def saved_first(self, sha256: str) -> str | None:
        return self.journal.saved_first(sha256)

    def newest(self, kinds: Collection[str], *, most: int) -> list[tuple[str, Stamped]]:
        return self.journal.newest(kinds, most=most)

    def recent(self, since: float) -> Iterator[tuple[str, Stamped]]:
        return self.journal.recent(since)

    def recent_keys(self, kinds: Collection[str], since: float) -> list[str]:
        return self.journal.recent_keys(kinds, since)

    def paused_until(self, moment: float, *, since: float) -> list[str]:
        return self.journal.paused_until(moment, since=since)


@dataclass(slots=True)
class Diary:
    """Watches every run and remembers what happened when, in seconds since the virtual day began."""

    pages: list[tuple[float, str, Event]] = field(default_factory=list)
    said_: list[str] = field(default_factory=list)
    steered_: list[tuple[float, Answer]] = field(default_factory=list)

    def saw(self, state: State, stamped: Stamped) -> None:
        self.pages.append((round(stamped.at - START, 3), state.item.id, stamped.event))

    def said(self, text: str) -> None:
        self.said_.append(text)

    def steered(self, at: float, answer: Answer) -> None:
        self.steered_.append((round(at - START, 3), answer))

    def times(self, kind: type[Event], id_: str | None = None) -> list[float]:
        """Return when events of one kind were written."""
        return [at for at, of, event in self.pages if isinstance(event, kind) and id_ in {None, of}]


def _pass_by(_point: str) -> None:
    """Let every point pass."""


def _alone(_folder: Path) -> AbstractContextManager[Account]:
    """Share the studio's account with nobody."""
    return nullcontext(Alone())


@dataclass(slots=True, kw_only=True)
class World:
    """Everything around the engine. What stands in a field may be changed between two runs; time too."""

    folder: Path
    ids: Sequence[str]
    studio: Studio = field(default_factory=Studio)
    other: Studio = field(default_factory=Studio)
    route: tuple[str, ...] = ("studio",)
    limits: Limits = field(default_factory=Limits)
    rates: tuple[Rate, ...] = ()
    in_flight: int | None = None
    price: Money | None = PRICE
    other_price: Money | None = PRICE
    max_cost: Money | None = None
    dialect: Dialect = field(default_factory=lambda: minimax.speak(minimax.TRAITS))
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    checks: CheckPolicy = field(default_factory=CheckPolicy)
    unseen_job_s: float = 900.0
    poll: PollPace = PACE
    learns: bool = False
    selected: Collection[str] | None = None
    buys: bool = True
    leap_s: float = 0.0
    disk: Disk = field(default_factory=Disk)
    space: Room = field(default_factory=Room)
    turns: Mapping[str, int] = field(default_factory=dict)
    look_s: float = CHECK_S
    diary: Diary = field(default_factory=Diary)
    passes: Callable[[str], None] = _pass_by
    now_s: float = 0.0
    clock: Clock = field(default_factory=LoopClock)
    drive: Drive | None = None
    telephone: Telephone | None = None
    asks: Sequence[tuple[float, Instruction]] = ()
    answers: list[Answer] = field(default_factory=list)
    own: Bounds = field(default_factory=Bounds)
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    box: Box | None = None
    account: Callable[[Path], AbstractContextManager[Account]] = _alone

    def run(self, *, stop_after_s: float | None = None, ending: Ending = Ending.INTERRUPTED_INT) -> Conclusion:
        """Live once, from the opening of the journal to its close; with `stop_after_s` somebody presses Ctrl-C."""
        return jump(self.live(stop_after_s, ending), elapsed_s=self.now_s)

    def survives(self, fuse: Fuse) -> bool:
        """Live once, and return whether it came to its end, for it dies where the fuse burns."""
        self.passes = fuse
        try:
            self.run()
        except* Crash:
            pass
        self.passes = _pass_by
        return not fuse.is_burnt

    def committed(self) -> dict[str, int]:
        """Return the money that the journal believes to be spent or reserved."""
        with Journal.read(self.folder) as journal:
            return journal.committed()

    def states(self) -> dict[str, State]:
        """Return what the journal knows, by id."""
        with Journal.read(self.folder) as journal:
            return {state.item.id: state for state in journal.states()}

    def state(self, id_: str) -> State:
        return self.states()[id_]

    def phases(self) -> dict[str, str]:
        return {id_: str(state.phase) for id_, state in self.states().items()}

    def note(self, id_: str, event: Event) -> None:
        """Write a fact as another command of the program would, between two runs."""
        with Journal.create_or_open(self.folder) as journal:
            history, key = journal.history(item(id_).key), item(id_).key
            stamped = Stamped(at=START + self.now_s, event=event)
            journal.write(key, [stamped], index_of(apply(fold(history), stamped)))

    def ask(self, instruction: Instruction) -> None:
        """Ask the run that goes on for something; what it says is kept in `answers`, in the order of the answers."""
        assert self.box is not None
        self.box.ask(instruction).add_done_callback(lambda told: self.answers.append(told.result()))

    async def live(
        self, stop_after_s: float | None = None, ending: Ending = Ending.INTERRUPTED_INT
    ) -> Conclusion:  # fmt: skip
        """Live once on the running loop, on which other worlds may live, too."""
        with Journal.create_or_open(self.folder, run_id="run") as journal, self.account(self.folder) as account:
            if not journal.counts():
                journal.write_all(_planned(self.ids, self.tags))
            self.drive = self._drive(journal, account)
            if self.telephone is not None:
                self.telephone.plug_in()
            for at, instruction in self.asks:
                asyncio.get_running_loop().call_later(at, self.ask, instruction)
            if stop_after_s is not None:
                asyncio.get_running_loop().call_later(stop_after_s, self.drive.stop, ending)
            try:
                return await self.drive.run()
            finally:
                assert self.box is not None
                self.box.close()
                await asyncio.sleep(WAY_S)  # what has left arrives, whether or not somebody waits for the answer
                self.now_s = asyncio.get_running_loop().time()

    def _drive(self, journal: Journal, account: Account) -> Drive:
        ledger = Ledger(WatchedJournal(journal=journal, passes=self.passes), self.clock, [self.diary])
        providers = {
            "studio": self._provider("studio", self.studio, self.price, account),
            "other": self._provider("other", self.other, self.other_price, Alone()),
        }
        buying = Buying(
            ledger=ledger, retry=self.retry, run_id=str(journal.header["run_id"]),
            till=Till(purses=(Purse(self.limits.budget, dict(journal.committed())), Purse(self.max_cost))),
            hints=self.telephone.connect() if self.telephone else None,
        )  # fmt: skip
        shelf = MemoryShelf(
            disk=self.disk, passes=self.passes, gates=self.checks.gates, turns=self.turns, look_s=self.look_s
        )
        self.box = Box()
        return Drive(
            ledger=ledger, space=self.space, buying=buying,
            collecting=Collecting(
                ledger=ledger, shelf=shelf, checks=self.checks, waits_s=self.limits.waits_s
            ),
            providers=providers, route=self.route, limits=self.limits, selected=self.selected, buys=self.buys,
            control=self.box, leap_s=self.leap_s,
        )  # fmt: skip

    def _provider(self, name: str, studio: Studio, price: Money | None, account: Account) -> Provider:
        return Provider(
            name=name, dialect=self.dialect, price=price, poll=self.poll,
            wire=StudioWire(studio=studio, passes=self.passes),
            courier=MemoryCourier(studio=studio, disk=self.disk, passes=self.passes),
            gate=Gate(self.in_flight, self.rates, own=self.own), unseen_job_s=self.unseen_job_s,
            idempotent=studio.keeps_keys, account=account,
            pace=Pace(Usual(**asdict(self.poll), job_s=180.0)) if self.learns else None,
        )  # fmt: skip


def _planned(ids: Sequence[str], tags: Mapping[str, tuple[str, ...]]) -> Iterator[Entry]:
    for position, id_ in enumerate(ids):
        stamped = Stamped(at=START, event=Planned(item=replace(item(id_), tags=tags.get(id_, ()))))
        yield Entry(key=item(id_).key, stamped=[stamped], index=index_of(fold([stamped])), position=position)
