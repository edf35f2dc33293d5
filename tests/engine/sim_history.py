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
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Final

from jumping_clock import JumpingLoop, jump
from sim_calls import Switchboard
from sim_disk import Image, Machine
from sim_endings import Era, ending_faults
from sim_life import NO_MOUNTS, Life, Wishes
from sim_manifest import Draft
from sim_market import Market, PaidJob
from sim_network import Network
from sim_person import Person, named, states
from sim_rules import Rules, chance, times
from sim_witness import Witness

from runner.core.life.state import Phase
from runner.core.sums.ending import Conclusion, Ending
from runner.errors import FolderError
from runner.judgement import Grade

DAY_S: Final = 86400.0
_GAPS_S: Final = (0.0, 1.0, 10.0, 70.0, 600.0, 4000.0, 30_000.0)
_STOPS_S: Final = (4.0, 300.0, 4000.0, 30_000.0)


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
    unseen: set[tuple[str, str]] = field(default_factory=set)
    takes: Counter[str] = field(default_factory=Counter)
    network: Network = field(default_factory=Network)
    draft: Draft = field(init=False)
    switchboard: Switchboard = field(init=False)
    markets: dict[str, Market] = field(init=False)
    person: Person = field(init=False)

    def __post_init__(self) -> None:
        self.switchboard = Switchboard(tell=self.tell, faults=self.faults)
        self.markets = {
            nature.name: Market(nature=nature, line=self.switchboard, balance=nature.balance)
            for nature in self.rules.natures
        }
        self.draft = Draft(list(self.rules.wanted), self.rules.route, self.rules.hears)
        self.person = Person(folder=self.folder, mounts=NO_MOUNTS, markets=self.markets, tell=self.tell)

    @property
    def jobs(self) -> list[PaidJob]:
        """Return all jobs of all providers."""
        return [job for market in self.markets.values() for job in market.jobs.values()]

    @property
    def retakes_most(self) -> int:
        """Return how often a program may take one item again by itself."""
        checks = self.rules.checks
        return checks.max_retakes if self.rules.flawed and checks.on_fail == "retake" else 0

    def lets_pass(self, grade: Grade) -> bool:
        """Return whether a video counts without anybody looking at it."""
        return grade == "pass" or not self.rules.flawed or self.rules.checks.on_fail == "accept"

    @property
    def requests(self) -> int:
        """Return how many requests came in anywhere."""
        return sum(market.requests for market in self.markets.values())

    def unfold(self) -> None:
        """Let it all happen."""
        for number in range(self.rules.lives):
            self.live(self._drawn_life(number), is_troubled=True)
            self._between(number)
        self.calm_down()

    def calm_down(self) -> None:
        """Come to the end of all trouble, and start once more."""
        self.switchboard.calm = True
        for market in self.markets.values():
            market.become_calm(self.now)
        retries = chance(self.rules.seed, "calm").random() < 0.5
        # In the first, what was to be repeated under a key is answered; in the second, the doubt about a job that a
        # person named and that is gone comes back.
        for is_first in (True, False, False):
            self.person.settle(self.now, skew_s=self.skew_s, dice=None)
            self.live(replace(self._wishes(), retries=is_first and retries), is_troubled=False)
        asked = self.requests
        self.live(self._wishes(), is_troubled=False)
        if self.requests != asked:
            self.faults.append(f"a rerun of a finished run sent {self.requests - asked} requests")

    def _wishes(self) -> Wishes:
        return Wishes(plan=self.draft.plan(), route=self.draft.route, hears=self.draft.hears)

    def tell(self, text: str) -> None:
        try:
            now = asyncio.get_running_loop().time()
        except RuntimeError:
            now = self.now
        self.trail.append((now, text.replace(str(self.folder), "run")))

    def live(self, wishes: Wishes, *, is_troubled: bool) -> None:
        """Live once, and leave on the disk what such an end leaves there."""
        number = len(self.eras)
        dice = chance(self.rules.seed, "life", number)
        machine = Machine(folder=self.folder, dice=dice, tell=self.tell)
        life = self._life(wishes, machine, number)
        if is_troubled:
            self._draw_accidents(life, dice)
        self._open(life)
        self._close(life, jump(self._through(life), elapsed_s=self.now), dice)

    async def _through(self, life: Life) -> Conclusion | None:
        """Let a life come to its end, and take over the time that it took."""
        try:
            return await life.live()
        finally:
            self.now = max(self.now, asyncio.get_running_loop().time())

    def _life(self, wishes: Wishes, machine: Machine, number: int) -> Life:
        if wishes.retries:
            self.person.note_retries()
        witness = Witness(tell=self.tell, stop_after=wishes.stop_after, adopted=self._become_known)
        return Life(
            number=number, folder=self.folder, rules=self.rules, markets=self.markets, network=self.network,
            switchboard=self.switchboard, machine=machine, wishes=wishes, skew_s=self.skew_s, witness=witness,
        )  # fmt: skip

    def _become_known(self, provider: str, job_id: str) -> None:
        self.markets[provider].become_known(job_id, asyncio.get_running_loop().time())

    def _open(self, life: Life) -> None:
        doubts, wishes = states(self.folder, Phase.IN_DOUBT), life.wishes
        doubts += [one for one in states(self.folder, Phase.RUNNING) if one.is_adopted]  # a doubt where it is not known
        for one in wishes.plan.items:
            self.takes[one.prompt or ""] = max(self.takes[one.prompt or ""], one.take)
        wanted = frozenset(one.prompt or "" for one in wishes.plan.items)
        repeats = frozenset(one.item.prompt or "" for one in doubts if one.idempotency_key)
        self.eras.append(
            Era(
                began=self.now, route=wishes.route, max_cost=wishes.max_cost,
                repeats=repeats if wishes.buys else frozenset(),
                may_buy=(wanted & (wishes.selected or wanted)) if wishes.buys else frozenset(),
            )
        )  # fmt: skip
        self.tell(f"life {life.number} begins: {_words(wishes)}")
        if life.machine.power_cut_at is not None:
            life.machine.opened = Image.of(self.folder)

    def _close(self, life: Life, conclusion: Conclusion | None, dice: Random) -> None:
        """Let what is under way arrive or not, and put on the disk what a death left there."""
        era = self.eras[life.number]
        self.now = max(self.now, self.network.flush(dice)) + 0.01
        if life.machine.left is not None:
            life.machine.left.lay(self.folder)
        era.ended, era.conclusion = self.now, conclusion
        self.tell(f"life {life.number} ends: {conclusion or 'dead'}")
        if life.machine.left is None:
            self.faults += ending_faults(life, era)
        self.faults += life.witness.faults
        self._end_unseen_jobs()

    def _end_unseen_jobs(self) -> None:
        """Let no job that nobody knows of outlive the time in which its limits suppose that it ends."""
        latest = {name: 0.8 * market.nature.unseen_job_s for name, market in self.markets.items()}
        long = [job for job in self.jobs if job.ends_at > job.made_at + latest[job.at]]
        known = named(self.folder) if long else set()
        for job in long:
            if job.name not in known:
                self.markets[job.at].jobs[job.id] = replace(job, ends_at=job.made_at + latest[job.at])

    def _draw_accidents(self, life: Life, dice: Random) -> None:
        machine = life.machine
        quiet, loud = (
            ("none",) * (1 if self.rules.theme == "none" else 9),
            ("kill", "kill", "kill", "early kill", "early kill"),
        )
        match dice.choice((*quiet, *loud, "power", "full", "no room", "zombie", "rival", "stop")):
            case "early kill":
                machine.dies_at = dice.randint(1, 12)
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
            case "stop":
                machine.acts[int(dice.expovariate(0.04)) + 4] = lambda: self._stop(life, dice.choice(_STOPS_S))
            case _:
                pass

    def _rival(self, life: Life) -> None:
        """Start a second runner, and let a person settle something, while the first one lives: both are refused."""
        before, asked = Image.of(self.folder), self.requests
        ended = self._start_another(life)
        if ended is None or ended.ending is not Ending.HALTED or "is held by another run" not in ended.why:
            self.faults.append(f"a second runner got the folder: {ended}")
        with suppress(FolderError):
            self.person.settle(self.now, skew_s=self.skew_s, dice=None)
            self.faults.append("a person could settle doubts while a run went on")
        if (self.requests, Image.of(self.folder)) != (asked, before):
            self.faults.append("a runner that was refused did something")

    def _stop(self, life: Life, for_s: float) -> None:
        """Stop a run, which keeps its lock, and continue it after a while."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, JumpingLoop)
        self.eras[life.number].was_stopped = True
        self.tell(f"life {life.number} is stopped for {for_s:g} s")
        self._rival(life)
        loop.skip_to(loop.time() + for_s)
        self.tell(f"life {life.number} goes on")

    def _replace(self, life: Life) -> None:
        """Stop a run, let another take its place and go to its end, and continue the first."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, JumpingLoop)
        self.network.flush()
        self._end_unseen_jobs()
        self.tell(f"life {life.number} is stopped, and loses its lock")
        self.network.replaced.add(life.number)
        (self.folder / ".lock").unlink()
        self.eras[life.number].was_stopped = True
        self._start_another(life)
        loop.skip_to(self.now)
        self.tell(f"life {life.number} goes on")

    def _start_another(self, life: Life) -> Conclusion | None:
        """Start the program once more with the same wishes, while a life goes on, and return how that ended."""
        self.now, number = asyncio.get_running_loop().time(), len(self.eras)
        machine = Machine(folder=self.folder, dice=chance(self.rules.seed, "life", number), tell=self.tell)
        other = self._life(replace(life.wishes, stop_after_s=None, retries=False), machine, number)
        self._open(other)
        ended = self.eras[number].conclusion = _aside(lambda: jump(self._through(other), elapsed_s=self.now))
        self.eras[number].ended = self.now
        self.faults += other.witness.faults
        self.tell(f"life {number} ends: {ended.ending if ended else 'dead'}")  # the words name process and folder
        return ended

    def _drawn_life(self, number: int) -> Wishes:
        dice = chance(self.rules.seed, "wishes", number)
        prompts = [one.prompt for one in self.draft.wanted]
        is_selective, is_stopped = dice.random() < 0.15, dice.random() < 0.25
        return replace(
            self._wishes(),
            selected=frozenset(dice.sample(prompts, dice.randint(1, len(prompts)))) if is_selective else None,
            max_cost=times(self.rules.natures[0].price, dice.randint(0, 4)) if dice.random() < 0.15 else None,
            buys=number == 0 or dice.random() > 0.1,
            retries=number > 0 and dice.random() < (0.6 if states(self.folder, Phase.FAILED) else 0.1),
            stop_after_s=dice.choice((0.0, 0.3, 1.0, 20.5, 90.0, 400.0)) if is_stopped else None,
            leaves_at_once=dice.random() < 0.3,
            stop_after=self.rules.stop_after,
            often_steered=0.3,
        )

    def _between(self, number: int) -> None:
        """Let time pass, a clock be set, a manifest be edited, a person decide."""
        dice = chance(self.rules.seed, "between", number)
        self.now += dice.choice(_GAPS_S) if dice.random() > 0.05 else 8 * DAY_S
        if dice.random() < 0.2:
            self._set_clock(dice.choice((-7200.0, 3 * 3600.0, 8 * DAY_S)))
        if self.eras[-1].conclusion is None and dice.random() < 0.3:  # what went wrong after an edit is often undone
            self.draft.undo()
            self.tell(f"the manifest asks for {self.draft} again")
        elif dice.random() < 0.35:
            self.draft.edit(dice)
            self.tell(f"the manifest asks for {self.draft}")
        if dice.random() < 0.5:
            self.person.settle(self.now, skew_s=self.skew_s, dice=dice)
        if self.rules.flawed:
            self.person.review(self.now, skew_s=self.skew_s, dice=chance(self.rules.seed, "review", number))
        for market in self.markets.values():
            if market.balance is not None:
                market.balance += dice.randint(0, 3)

    def _set_clock(self, by_s: float) -> None:
        self.tell(f"the clock is set by {by_s:+g} s")
        self.skew_s += by_s
        if by_s > 0:  # a runner cannot know that less time has passed than its clock says
            self.unseen |= {job.name for job in self.jobs} - named(self.folder)


def job_words(job: PaidJob) -> str:
    return f"{job.at}'s {job.id} of '{job.prompt}' ({job.end}{', ' + job.lost if job.lost else ''})"


def _words(wishes: Wishes) -> str:
    names = (
        "route",
        "hears",
        "selected",
        "max_cost",
        "buys",
        "retries",
        "stop_after_s",
        "leaves_at_once",
        "stop_after",
    )
    told = {name: getattr(wishes, name) for name in names}
    told["selected"] = (
        tuple(sorted(wishes.selected)) if wishes.selected is not None else None
    )  # a set has no order to tell
    return ", ".join(
        [f"{len(wishes.plan.items)} items", *(f"{k}={v}" for k, v in told.items() if v not in {None, False})]
    )


def _aside(work: Callable[[], Conclusion | None]) -> Conclusion | None:
    """Do something in a thread of its own, because it brings an event loop of its own, and wait for it."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()
