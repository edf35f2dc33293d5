"""Two runs in two folders, side by side at one account: together they keep its limits, and they take turns."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jumping_clock import LoopClock, jump
from studio import Script, Studio, dies
from worlds import World

import runner.engine
from runner.core.limits.admission import Go
from runner.core.sums.ending import Ending
from runner.edge.account.accounts import Holder, Tenant, joined
from runner.edge.account.claims import RECHECK_S, Terms
from runner.edge.secret import Secret
from runner.engine.ports import Account
from runner.engine.provider import Alone
from runner.errors import FolderError
from runner.events import Accepted, Intended, Purged, Refused
from runner.model import Rate

KEY = "sk-studio"
UNSEEN_S = 120.0


def at_one_account(
    home: Path, *, rate: Rate | None = None, in_flight: int | None = None, key: str = KEY
) -> Callable[[Path], AbstractContextManager[Account]]:
    """Return how a run joins the account, on the clock of the loop."""
    holder = Holder(provider="studio", host="studio.invalid", key=Secret(key))
    terms = Terms(rate=rate, in_flight=in_flight, unseen_s=UNSEEN_S)

    def join(folder: Path) -> AbstractContextManager[Account]:
        return joined(home, holder, Tenant(folder=folder, run_id="run"), terms, clock=LoopClock().now)

    return join


def pair(
    home: Path, studio: Studio, *, rate: Rate | None = None, in_flight: int | None = None, keys: tuple[str, str]
) -> tuple[World, World]:
    """Return two worlds around one studio, each with the account's limits at its own gate."""
    one, other = (
        World(
            folder=home / name, ids=list(ids), studio=studio, rates=(rate,) if rate else (), in_flight=in_flight,
            account=at_one_account(home, rate=rate, in_flight=in_flight, key=key),
        )
        for name, ids, key in zip(("one", "other"), ("abc", "xyz"), keys, strict=True)
    )  # fmt: skip
    for each in (one, other):
        each.folder.mkdir()
    return one, other


def live_together(*worlds: World) -> None:
    """Let worlds live at one time, on one clock."""

    async def all_of_them() -> None:
        async with asyncio.TaskGroup() as group:
            for world in worlds:
                group.create_task(world.live())

    jump(all_of_them())


@pytest.mark.parametrize(
    ("rate", "in_flight", "words"),
    [
        pytest.param(Rate(count=2, window_s=60.0), None, "submit rate", id="rate"),
        pytest.param(None, 2, "limit of 2 in flight", id="in flight"),
        pytest.param(Rate(count=3, window_s=300.0), 2, "limit of 2 in flight", id="both"),
    ],
)
def test_two_runs_at_one_account_keep_its_limits_together(
    tmp_path: Path, rate: Rate | None, in_flight: int | None, words: str
) -> None:
    studio = Studio(enforces=rate)
    one, other = pair(tmp_path, studio, rate=rate, in_flight=in_flight, keys=(KEY, KEY))

    live_together(one, other)

    assert {*one.phases().values(), *other.phases().values()} == {"done"}
    assert rate is None or studio.most_submits_in(rate.window_s) == rate.count
    assert in_flight is None or studio.most_in_flight() == in_flight
    assert one.diary.times(Refused) == other.diary.times(Refused) == []
    assert f"purchases at studio take turns: {words}, shared with {one.folder} on this machine" in other.diary.said_


def test_runs_with_different_keys_do_not_wait_for_each_other(tmp_path: Path) -> None:
    rate = Rate(count=3, window_s=60.0)
    one, other = pair(tmp_path, Studio(), rate=rate, keys=(KEY, "sk-other"))

    live_together(one, other)

    assert one.diary.times(Intended) == other.diary.times(Intended) == [0.0] * 3
    assert one.diary.said_ == other.diary.said_ == []


@pytest.mark.parametrize("limits", [{"rate": Rate(count=1, window_s=60.0)}, {"in_flight": 1}], ids=["rate", "slots"])
def test_two_runs_take_turns(tmp_path: Path, limits: dict[str, Any]) -> None:
    studio = Studio()
    one, other = pair(tmp_path, studio, keys=(KEY, KEY), **limits)

    live_together(one, other)

    assert [receipt.prompt for receipt in studio.submits] == list("axbycz")


def test_a_run_alone_is_as_fast_as_one_without_an_account_over_restarts_too(tmp_path: Path) -> None:
    """Its own earlier life holds slots and places in the window, and none of them twice."""
    rate, told = Rate(count=3, window_s=60.0), list[tuple[list[float], list[float]]]()
    for name in ("shared", "alone"):
        (tmp_path / name).mkdir()
        studio = Studio(scripts={"a": Script(submits=[dies(makes_job=True)])})
        world = World(folder=tmp_path / name, ids=list("abcdefg"), studio=studio, rates=(rate,), in_flight=2)
        if name == "shared":
            world.account = at_one_account(tmp_path, rate=rate, in_flight=2)
        for stop_after_s in (5.0, 65.0, 200.0, None):
            world.run(stop_after_s=stop_after_s)
        told.append((world.diary.times(Intended), world.diary.times(Accepted)))

    assert told[0] == told[1]
    assert len(told[0][0]) == 7


@pytest.mark.parametrize("is_resumed", [True, False], ids=["resumed", "left"])
def test_the_job_of_a_run_that_was_cut_off_holds_its_slot_until_it_is_resumed_or_the_job_must_be_over(
    tmp_path: Path, *, is_resumed: bool
) -> None:
    studio = Studio(scripts={"a": Script(life_s=100.0)})
    one, other = pair(tmp_path, studio, in_flight=1, keys=(KEY, KEY))
    one.ids = ["a"]
    one.run(stop_after_s=5.0)
    other.now_s = one.now_s

    async def then() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(other.live())
            if is_resumed:
                await asyncio.sleep(50.0)
                group.create_task(one.live())

    jump(then(), elapsed_s=one.now_s)

    assert studio.most_in_flight() == 1
    (first, *_) = other.diary.times(Intended)
    if is_resumed:
        ended = studio.jobs_of("a")[0].ends_at
        assert ended < first <= ended + 10.0 + 1.0 + RECHECK_S  # the poll that sees it, and the next look
    else:
        assert first == pytest.approx(one.now_s + UNSEEN_S, abs=RECHECK_S)


def test_the_slot_of_a_job_that_was_purged_counts_for_other_runs_too(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(life_s=UNSEEN_S)})
    one, other = pair(tmp_path, studio, in_flight=1, keys=(KEY, KEY))
    for world in (one, other):
        world.unseen_job_s = UNSEEN_S
    one.run(stop_after_s=5.0)
    accepted = one.diary.times(Accepted)[0]
    one.note("a", Purged())
    one.run(stop_after_s=5.0)
    other.now_s = one.now_s
    other.run()
    assert studio.most_in_flight() == 1
    assert accepted + UNSEEN_S <= other.diary.times(Intended)[0] <= accepted + UNSEEN_S + RECHECK_S


@dataclass(slots=True)
class FullAccount(Alone):
    """Lets so many claims pass, and refuses the next one, or else to settle them."""

    claims: int
    asked: int = 0

    def claim(self, key: str, *, now: float) -> Go:
        self.asked += 1
        if self.asked > self.claims:
            raise FolderError("claims.db cannot be used: disk is full")
        return Alone.claim(self, key, now=now)

    def settle(self) -> None:
        if self.asked:
            raise FolderError("claims.db cannot be used: disk is full")


@pytest.mark.parametrize("claims", [2, 3], ids=["a later claim is refused", "they cannot be settled"])
def test_nothing_leaves_of_a_moment_whose_claims_nobody_can_count(tmp_path: Path, claims: int) -> None:
    world = World(folder=tmp_path, ids=list("abc"), account=lambda _: nullcontext(FullAccount(claims)))
    assert world.run().ending is Ending.HALTED
    assert world.studio.submits == []
    assert set(world.phases().values()) == {"planned"}


def test_what_a_gate_is_told_of_a_submit_the_account_is_told_as_well() -> None:
    """`Provider` tells both; `recall` fills the gate before the run joins the account."""
    told = []
    for path in sorted(Path(runner.engine.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Attribute(attr="answered" | "hold" | "release", value=ast.Attribute(attr="gate")):
                    told.append(path.stem)

    assert set(told) == {"provider", "recall"}
