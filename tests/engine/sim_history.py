"""A whole history from one seed: lives of the program, and what happens to its world between them.

    PYTHONPATH=.:tests/engine python tests/bench/simulate.py --seeds 1 --from SEED --show

A history ends in calm: nothing goes wrong any more, a person settles what is in doubt by looking into the provider's
books, and the program comes to its end; then it is started once more, and must ask nobody for anything.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Final

from jumping_clock import START, JumpingLoop, jump
from sim_disk import Image, Machine
from sim_life import NO_MOUNTS, Life, Listener, Wishes
from sim_manifest import Draft
from sim_market import Market, PaidJob
from sim_network import Network
from sim_rules import PRICE, Rules, chance

from runner.core.ending import Ending
from runner.core.lifecycle import apply, fold
from runner.core.state import Phase, State, index_of
from runner.edge.journal import Journal
from runner.edge.lock import held
from runner.edge.state_file import FILE, connect
from runner.engine.drive import Conclusion
from runner.events import Settled, Stamped
from runner.model import Money

DAY_S: Final = 86400.0
_GAPS_S: Final = (0.0, 1.0, 10.0, 70.0, 600.0, 4000.0, 30_000.0)


@dataclass(slots=True, kw_only=True)
class Era:
    """What was allowed in one life, for the books to be held against."""

    began: float
    ended: float = 0.0
    may_buy: frozenset[str]
    repeats: frozenset[str]
    max_cost: Money | None
    conclusion: Conclusion | None = None


@dataclass(slots=True, kw_only=True)
class History:
    """One world and all that happens in it. `trail` tells it, `faults` are the promises that were broken."""

    folder: Path
    rules: Rules
    now: float = 0.0
    skew_s: float = 0.0
    trail: list[tuple[float, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    eras: list[Era] = field(default_factory=list)
    waived: set[str] = field(default_factory=set)
    unseen: set[str] = field(default_factory=set)
    leaps: list[float] = field(default_factory=list)
    retries: dict[tuple[str, int], str] = field(default_factory=dict)
    takes: Counter[str] = field(default_factory=Counter)
    draft: Draft = field(init=False)
    market: Market = field(init=False)
    network: Network = field(init=False)

    def __post_init__(self) -> None:
        self.market = Market(rules=self.rules, balance=self.rules.balance)
        self.network = Network(market=self.market)
        self.draft = Draft(list(self.rules.wanted))

    def unfold(self) -> None:
        """Let it all happen."""
        for number in range(self.rules.lives):
            self.live(self._drawn_life(number), is_troubled=True)
            self._between(number)
        self.calm_down()

    def calm_down(self) -> None:
        """Come to the end of all trouble, and start once more."""
        self.market.become_calm(self.now)
        retries = chance(self.rules.seed, "calm").random() < 0.5
        for is_first in (True, False):  # in the first, what was to be repeated under a key is answered
            self.settle(None)
            self.live(Wishes(plan=self.draft.plan(), retries=is_first and retries), is_troubled=False)
        asked = self.market.requests
        self.live(Wishes(plan=self.draft.plan()), is_troubled=False)
        if self.market.requests != asked:
            self.faults.append(f"a rerun of a finished run sent {self.market.requests - asked} requests")

    def tell(self, text: str) -> None:
        try:
            now = asyncio.get_running_loop().time()
        except RuntimeError:
            now = self.now
        self.trail.append((now, text))

    def live(self, wishes: Wishes, *, is_troubled: bool) -> None:
        """Live once, and leave on the disk what such an end leaves there."""
        number = len(self.eras)
        dice = chance(self.rules.seed, "life", number)
        machine = Machine(folder=self.folder, dice=dice, tell=self.tell)
        life = self._life(wishes, machine, number)
        if is_troubled:
            self._draw_accidents(life, dice)
        conclusion = jump(life.live(), elapsed_s=self.now) if self._open(life) else None
        self._close(life, conclusion, dice)

    def _life(self, wishes: Wishes, machine: Machine, number: int) -> Life:
        if (self.folder / FILE).exists() and wishes.retries:
            self._note_retries()
        return Life(
            number=number, folder=self.folder, rules=self.rules, market=self.market, network=self.network,
            machine=machine, wishes=wishes, skew_s=self.skew_s, listener=Listener(self.tell),
        )  # fmt: skip

    def _open(self, life: Life) -> bool:
        doubts, wishes = self.states(Phase.IN_DOUBT) if self.rules.keeps_keys else [], life.wishes
        for one in wishes.plan.items:
            self.takes[one.prompt or ""] = max(self.takes[one.prompt or ""], one.take)
        wanted = frozenset(one.prompt or "" for one in wishes.plan.items)
        repeats = frozenset(one.item.prompt or "" for one in doubts if one.idempotency_key)
        self.eras.append(
            Era(
                began=self.now, max_cost=wishes.max_cost, repeats=repeats if wishes.buys else frozenset(),
                may_buy=(wanted & (wishes.selected or wanted)) if wishes.buys else frozenset(),
            )
        )  # fmt: skip
        self.tell(f"life {life.number} begins: {_words(wishes)}")
        if life.machine.power_cut_at is not None:
            life.machine.opened = Image.of(self.folder)
        return True

    def _close(self, life: Life, conclusion: Conclusion | None, dice: Random) -> None:
        """Let what is under way arrive or not, and put on the disk what a death left there."""
        era = self.eras[life.number]
        self.now = max(self.now, *(at for at, _ in self.trail[-1:]))
        self.now = max(self.now, self.network.flush(dice)) + 0.01
        if life.machine.left is not None:
            life.machine.left.lay(self.folder)
        era.ended, era.conclusion = self.now, conclusion
        self.tell(f"life {life.number} ends: {conclusion or 'dead'}")
        if life.machine.left is None:
            self._hear(life)
            self._require_answers(life, era)
        self._end_unseen_jobs()

    def _hear(self, life: Life) -> None:
        """Hold what came back to a process that lived on against what it wrote, or told."""
        named = self.named() if life.heard else set()
        words = "\n".join(life.listener.words)
        for job_id in life.heard:
            if job_id not in named and f"job {job_id}," not in words:
                self.faults.append(f"the answer that named {job_id} reached the run, and it is neither kept nor told")

    def _require_answers(self, life: Life, era: Era) -> None:
        """Hold a run that came to its end to what became of every request that it sent."""
        if era.conclusion is None or era.conclusion.ending is Ending.HALTED:
            return
        for state in self.states(Phase.IN_DOUBT):
            if state.answered_at is None and state.item.key in life.listener.asked_for and not state.idempotency_key:
                self.faults.append(f"the run ended, and did not await what became of {state.item.id}")

    def _end_unseen_jobs(self) -> None:
        """Let no job that nobody knows of outlive the time in which its limits suppose that it ends."""
        seen_s = 0.8 * self.rules.unseen_job_s
        stuck = [job for job in self.market.jobs.values() if job.ends_at > job.made_at + seen_s]
        named = self.named() if stuck else set()
        for job in stuck:
            if job.id not in named:
                self.market.jobs[job.id] = replace(job, ends_at=job.made_at + seen_s)

    def _draw_accidents(self, life: Life, dice: Random) -> None:
        machine = life.machine
        match dice.choice(("none", "kill", "kill", "kill", "power", "full", "no room", "zombie", "rival")):
            case "kill":
                machine.dies_at = int(dice.expovariate(0.02)) + 1
            case "power":
                machine.power_cut_at = int(dice.expovariate(0.07)) + 1
            case "full":
                machine.full_from = int(dice.expovariate(0.07)) + 1
            case "no room":
                machine.no_room_from = dice.randint(1, 4)
            case "zombie":
                machine.acts[int(dice.expovariate(0.04)) + 4] = lambda: self._replace(life)
            case "rival":
                machine.acts[dice.randint(4, 60)] = lambda: self._rival(life)
            case _:
                pass

    def _rival(self, life: Life) -> None:
        if not life.is_refused_a_second_run():
            self.faults.append("a second runner got the folder")

    def _replace(self, life: Life) -> None:
        """Stop a run, let another take its place and go to its end, and continue the first."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, JumpingLoop)
        self.network.flush()
        self.tell(f"life {life.number} is stopped, and loses its lock")
        self.network.replaced.add(life.number)
        (self.folder / ".lock").unlink()
        self.now = loop.time()
        number = len(self.eras)
        machine = Machine(folder=self.folder, dice=chance(self.rules.seed, "life", number), tell=self.tell)
        other = self._life(replace(life.wishes, stop_after_s=None, retries=False), machine, number)
        self._open(other)
        other_loop_done = _aside(lambda: jump(other.live(), elapsed_s=self.now))
        self.eras[number].conclusion = other_loop_done
        self.now = max(self.now, self.trail[-1][0])
        self.eras[number].ended = self.now
        loop.skip_to(self.now)
        self.tell(f"life {life.number} goes on after {other_loop_done}")

    def _drawn_life(self, number: int) -> Wishes:
        dice = chance(self.rules.seed, "wishes", number)
        prompts = [one.prompt for one in self.draft.wanted]
        is_selective, is_stopped = dice.random() < 0.15, dice.random() < 0.25
        return Wishes(
            plan=self.draft.plan(),
            selected=frozenset(dice.sample(prompts, dice.randint(1, len(prompts)))) if is_selective else None,
            max_cost=_dollars(dice.randint(0, 4)) if dice.random() < 0.15 else None,
            buys=number == 0 or dice.random() > 0.1,
            retries=number > 0 and dice.random() < (0.6 if self.states(Phase.FAILED) else 0.1),
            stop_after_s=dice.choice((0.0, 0.3, 1.0, 20.5, 90.0, 400.0)) if is_stopped else None,
            leaves_at_once=dice.random() < 0.3,
        )

    def _between(self, number: int) -> None:
        """Let time pass, a clock be set, a manifest be edited, a person decide."""
        dice = chance(self.rules.seed, "between", number)
        self.now += dice.choice(_GAPS_S) if dice.random() > 0.05 else 8 * DAY_S
        if dice.random() < 0.2:
            self._set_clock(dice.choice((-7200.0, 3 * 3600.0, 8 * DAY_S)))
        if dice.random() < 0.35:
            self.draft.edit(dice)
            self.tell(f"the manifest asks for {self.draft}")
        if dice.random() < 0.5:
            self.settle(dice)
        if self.market.balance is not None:
            self.market.balance += dice.randint(0, 3)

    def _set_clock(self, by_s: float) -> None:
        self.tell(f"the clock is set by {by_s:+g} s")
        self.skew_s += by_s
        if by_s > 0:  # a runner cannot know that less time has passed than its clock says
            self.leaps.append(self.now)
            named = self.named()
            self.unseen |= {job.id for job in self.market.jobs.values() if job.id not in named}

    def settle(self, dice: Random | None) -> None:
        """Let a person look into the provider's books and settle doubts as `s2v resolve` does; all without `dice`."""
        if not (self.folder / FILE).exists():
            return
        named = self.named() | self.waived
        with held(self.folder, mounts=NO_MOUNTS), Journal.create_or_open(self.folder) as book:
            for state in _states(book, Phase.IN_DOUBT):
                if dice is None or dice.random() < 0.6:
                    decision = self._decide(state, named, dice)
                    self.tell(f"a person settles {state.item.id}: {decision}")
                    stamped = Stamped(at=START + self.skew_s + self.now, event=decision)
                    book.write(state.item.key, [stamped], index_of(apply(state, stamped)))

    def _decide(self, state: State, named: set[str], dice: Random | None) -> Settled:
        jobs = [job for job in self.market.found(state) if job.id not in named]
        if not jobs:
            is_patient = dice is None or dice.random() < 0.8
            return Settled(decision="resubmit" if is_patient else "abandon")
        job = jobs[0]
        named.add(job.id)
        if dice is not None and dice.random() < 0.2 and job.ends_at <= self.now:  # it may be wrong, too
            self.waived.add(job.id)
            return Settled(decision=dice.choice(("abandon", "resubmit")))
        return Settled(decision="adopt", job_id=job.id)

    def _note_retries(self) -> None:
        """Note what a person allows to be bought once more: what failed, and cannot be had for nothing."""
        for state in self.states(Phase.FAILED):
            job = self.market.jobs.get(state.job_id or "")
            if not (job and job.lost in {"", "bad files"}):
                self.retries[state.item.key, state.attempt] = state.item.prompt or ""

    def states(self, phase: Phase) -> list[State]:
        """Return what the journal knows of the items in a phase."""
        if not (self.folder / FILE).exists():
            return []
        with Journal.read(self.folder) as book:
            return _states(book, phase)

    def named(self) -> set[str]:
        """Return the jobs that the journal names."""
        if not (self.folder / FILE).exists():
            return set()
        names = "SELECT DISTINCT json_extract(body, '$.job_id') FROM event WHERE kind IN ('Accepted', 'Settled')"
        with closing(connect(self.folder / FILE, "ro")) as sql:  # past the codec, which takes its time
            return {job_id for (job_id,) in sql.execute(names)}


def job_words(job: PaidJob) -> str:
    return f"{job.id} of '{job.prompt}' ({job.end}{', ' + job.lost if job.lost else ''})"


def _states(book: Journal, phase: Phase) -> list[State]:
    return [fold(book.history(key)) for key in book.all_keys([phase])]


def _dollars(videos: int) -> Money:
    return Money(micros=videos * PRICE.micros, currency=PRICE.currency)


def _words(wishes: Wishes) -> str:
    names = ("selected", "max_cost", "buys", "retries", "stop_after_s", "leaves_at_once")
    told = {name: getattr(wishes, name) for name in names}
    return ", ".join(
        [f"{len(wishes.plan.items)} items", *(f"{k}={v}" for k, v in told.items() if v not in {None, False})]
    )


def _aside(work: Callable[[], Conclusion | None]) -> Conclusion | None:
    """Do something in a thread of its own, because it brings an event loop of its own, and wait for it."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()
