"""Several runs at one account through kills, stops and resumes, drawn from integers: the provider's books count."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from random import Random
from typing import Final

import pytest
from jumping_clock import LoopClock, jump
from studio import Answer, Script, Studio, dies, says
from worlds import Crash, Fuse, World

from runner.core.limits.bounds import Bounds
from runner.core.limits.steering import Adjust
from runner.edge.account.accounts import Holder, Tenant, joined
from runner.edge.account.claims import Claims, Terms
from runner.edge.secret import Secret
from runner.engine.ports import Account
from runner.engine.provider import Alone
from runner.model import Rate, RetryPolicy

UNSEEN_S: Final = 400.0
BLOCKS: Final = 3
SEEDS: Final = 5  # in each block
TINY_S: Final = 1e-6
ENDS: Final = ("killed", "killed", "stopped", "left to its end")
DOUBTS: Final = (dies(makes_job=True), dies(), says(1000, makes_job=True), says(1000))
TROUBLES: Final = (*DOUBTS, says(1002), says(0, status=429, retry_after_s=30.0), Answer(makes_job=True, after_s=70.0))

Join = Callable[[Path], AbstractContextManager[Account]]


def at_one_account(home: Path, terms: Terms) -> Join:
    """Return how a run joins the account; one that is killed leaves without a word."""
    holder = Holder(provider="studio", host="studio.invalid", key=Secret("sk-studio"))

    @contextmanager
    def join(folder: Path) -> Iterator[Claims]:
        tenant = Tenant(folder=folder, run_id="run")
        with joined(home, holder, tenant, terms, clock=LoopClock().now) as claims:
            try:
                yield claims
            except BaseException:
                claims.sql.close()
                raise

    return join


def faults_of(seed: int, home: Path, *, is_shared: bool = True) -> list[str]:
    """Let some runs live at one account, each several lives, and return where its limits were exceeded."""
    dice = Random(f"account {seed}")
    rate = Rate(count=dice.choice((1, 2, 3)), window_s=dice.choice((6.0, 20.0, 60.0, 600.0)))
    slots = dice.choice((None, 1, 2, 3))
    names = dice.choice(("ab", "abc"))
    ids = {name: [f"{name}{number}" for number in range(dice.randint(2, 5))] for name in names}
    trouble = dice.choice((0.0, 0.2))
    scripts = {id_: _script(dice, trouble) for of_one in ids.values() for id_ in of_one}
    studio = Studio(scripts=scripts, keeps_keys=dice.random() < 0.3)
    join: Join = lambda _: nullcontext(Alone())  # noqa: E731 - the other of two ways to join
    if is_shared:
        join = at_one_account(home, Terms(rate=rate, in_flight=slots, unseen_s=UNSEEN_S))
    worlds = []
    for name, its in ids.items():
        (home / name).mkdir(parents=True)
        world = World(
            folder=home / name, ids=its, studio=studio, rates=(rate,), in_flight=slots, unseen_job_s=UNSEEN_S,
            own=Bounds.of(slots, rate), account=join, retry=RetryPolicy(in_doubt=dice.choice(("hold", "resubmit"))),
        )  # fmt: skip
        worlds.append(world)

    async def all_of_them() -> None:
        async with asyncio.TaskGroup() as group:
            for world in worlds:
                group.create_task(_lives(world, Random(f"{seed} {world.folder.name}")))

    jump(all_of_them())
    return [*_rate_faults(studio, rate), *_slot_faults(studio, slots), *_left(worlds)]


def _script(dice: Random, trouble: float) -> Script:
    submits = []
    while dice.random() < trouble:
        submits.append(dice.choice(TROUBLES))
    return Script(life_s=dice.uniform(5.0, 250.0), submits=submits)


async def _lives(world: World, dice: Random) -> None:
    """Let a run live three lives that end as they may, and the last one to its end."""
    for end in (*dice.choices(ENDS, k=3), "left to its end"):
        await asyncio.sleep(dice.choice((0.0, 0.5, 3.0, 40.0, 700.0)))
        world.passes = Fuse(at=dice.randint(0, 80) if end == "killed" else None)
        wish = Adjust(in_flight=dice.choice((None, 1, 5)), rate=dice.choice((None, Rate(count=9, window_s=60.0))))
        world.asks = ((dice.uniform(0.0, 30.0), wish),) if dice.random() < 0.3 else ()
        try:
            await world.live(dice.choice((0.2, 3.0, 30.0, 100.0)) if end == "stopped" else None)
        except* Crash:
            pass


def _rate_faults(studio: Studio, rate: Rate) -> Iterator[str]:
    times = [receipt.at for receipt in studio.submits]
    for first, last in zip(times, times[rate.count :], strict=False):
        if last - first < rate.window_s - TINY_S:
            yield f"{rate.count + 1} submits within {last - first:.2f} s from {first:.2f} s on: {rate}"


def _slot_faults(studio: Studio, slots: int | None) -> Iterator[str]:
    if slots is not None and studio.most_in_flight() > slots:
        yield f"{studio.most_in_flight()} jobs in flight, {slots} allowed"


def _left(worlds: list[World]) -> Iterator[str]:
    """Nothing freezes: the last lives bring home all that is not in doubt."""
    for world in worlds:
        if left := {id_: phase for id_, phase in world.phases().items() if phase not in {"done", "in_doubt"}}:
            yield f"{world.folder.name} left {left}"


@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_limit_of_an_account_is_exceeded_by_its_runs_together(block: int, tmp_path: Path) -> None:
    seeds = range(block * SEEDS, (block + 1) * SEEDS)
    broken = {seed: faults for seed in seeds if (faults := faults_of(seed, tmp_path / str(seed)))}
    assert not broken


def test_the_books_show_what_runs_do_that_know_nothing_of_each_other(tmp_path: Path) -> None:
    told = [" ".join(faults_of(seed, tmp_path / str(seed), is_shared=False)) for seed in range(SEEDS)]
    assert any("submits within" in words for words in told)
    assert any("jobs in flight" in words for words in told)
