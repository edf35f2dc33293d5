from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from studio import TAKEN, Answer, Script, Studio, says, shows, unsent
from worlds import PRICE, World, item

from runner.core.limits.retry import jitter, pause_s
from runner.core.sums.ending import Conclusion, Ending
from runner.events import Intended, Refused
from runner.model import Backoff, Rate, RetryPolicy

BACKOFF = Backoff(first_s=2.0, most_s=120.0)


def _own_pause(id_: str, tries: int) -> float:
    return pause_s(BACKOFF, tries, jitter=jitter(item(id_).key, tries))


@pytest.mark.parametrize(
    ("refusal", "pause_s"),
    [
        pytest.param(says(1039), _own_pause("a", 1), id="by our own back-off"),
        pytest.param(says(1041, status=429), _own_pause("a", 1), id="HTTP 429"),
        pytest.param(says(1002), 60.0, id="1002: a minute, as MiniMax counts"),
        pytest.param(says(1002, retry_after_s=300.0), 300.0, id="Retry-After wins when longer"),
        pytest.param(says(1002, retry_after_s=0.0), _own_pause("a", 1), id="Retry-After does not win when shorter"),
        pytest.param(says(1002, retry_after_s=1e9), 6 * 3600.0, id="Retry-After is capped"),
        pytest.param(unsent(), _own_pause("a", 1), id="never sent"),
    ],
)
def test_a_refused_submit_is_tried_again_after_a_pause(tmp_path: Path, refusal: Answer, pause_s: float) -> None:
    world = World(folder=tmp_path, ids=["a"], studio=Studio(scripts={"a": Script(submits=[refusal])}))
    world.run()
    refused_at = world.diary.times(Refused)[0]
    assert world.diary.times(Intended) == [0.0, pytest.approx(refused_at + pause_s, abs=0.01)]
    assert world.phases() == {"a": "done"}
    assert world.committed() == {"USD": PRICE.micros}


def test_pauses_grow_while_every_try_is_refused(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=["a"], studio=Studio(scripts={"a": Script(submits=[says(1039)] * 5)}))
    world.run()
    pauses = [b - a for a, b in zip(world.diary.times(Refused), world.diary.times(Intended)[1:], strict=True)]
    assert pauses == [pytest.approx(_own_pause("a", tries), abs=0.01) for tries in range(1, 6)]
    assert world.phases() == {"a": "done"}


def test_submits_that_are_refused_together_are_one_setback(tmp_path: Path) -> None:
    ids = [str(n) for n in range(6)]
    world = World(folder=tmp_path, ids=ids, studio=Studio(scripts={id_: Script(submits=[unsent()]) for id_ in ids}))
    assert world.run() == Conclusion(ending=Ending.FINISHED)
    assert set(world.phases().values()) == {"done"}


def test_after_a_refusal_one_try_leaves_at_a_time_until_a_job_is_taken(tmp_path: Path) -> None:
    ids = [str(n) for n in range(6)]
    scripts = {id_: Script(submits=[says(1039), says(1039)]) for id_ in ids}
    world = World(folder=tmp_path, ids=ids, studio=Studio(scripts=scripts))
    world.run()
    tries = sorted(world.diary.times(Intended))
    assert tries[:6] == [0.0] * 6
    assert all(later - earlier >= 0.5 for earlier, later in pairwise(tries[5:13]))
    assert set(world.phases().values()) == {"done"}


def test_a_rate_that_nobody_told_us_is_found_with_few_refusals(tmp_path: Path) -> None:
    ids = [str(n) for n in range(40)]
    world = World(folder=tmp_path, ids=ids, studio=Studio(enforces=Rate(count=5, window_s=60.0)))
    world.run()
    assert set(world.phases().values()) == {"done"}
    assert len(world.diary.times(Refused)) <= len(ids) / 2


def test_a_provider_that_cannot_be_reached_ends_the_run_and_nothing_is_bought(tmp_path: Path) -> None:
    ids = [str(n) for n in range(9)]
    scripts = {id_: Script(submits=[unsent()] * 99) for id_ in ids}
    world = World(
        folder=tmp_path, ids=ids, studio=Studio(scripts=scripts), retry=RetryPolicy(attempts=3), in_flight=2
    )  # fmt: skip
    assert world.run().ending is Ending.UNREACHABLE
    assert set(world.phases().values()) == {"planned"}
    assert len(world.diary.times(Intended)) == 2 + 1 + 1
    assert world.committed() == {}


def test_a_provider_that_limits_its_rate_is_not_taken_for_unreachable(tmp_path: Path) -> None:
    script = Script(submits=[says(1002)] * 5 + [unsent()])
    world = World(folder=tmp_path, ids=["a"], studio=Studio(scripts={"a": script}))
    assert world.run() == Conclusion(ending=Ending.FINISHED)
    assert world.phases() == {"a": "done"}


@pytest.mark.parametrize("refusal", [says(1002), says(1039), says(2056), says(1002, retry_after_s=1e9)])
def test_a_provider_that_takes_nothing_for_half_a_day_ends_the_run(tmp_path: Path, refusal: Answer) -> None:
    world = World(folder=tmp_path, ids=["a"], studio=Studio(scripts={"a": Script(submits=[refusal] * 9_999)}))
    assert world.run().ending is Ending.UNREACHABLE
    assert 12 * 3600.0 <= world.now_s <= 31 * 3600.0
    assert world.phases() == {"a": "planned"}


def test_a_long_window_between_two_refusals_is_no_reason_to_give_up(tmp_path: Path) -> None:
    script = Script(submits=[says(1002)] * 2)
    world = World(
        folder=tmp_path, ids=["a"], studio=Studio(scripts={"a": script}), rates=(Rate(count=1, window_s=86400),)
    )
    assert world.run() == Conclusion(ending=Ending.FINISHED)
    assert world.phases() == {"a": "done"}


@pytest.mark.parametrize(
    ("refusal", "ending"),
    [
        *[pytest.param(says(code), Ending.AUTH_CLOSED, id=str(code)) for code in (1004, 2049, 2038, 2061)],
        *[pytest.param(shows("no", status=http), Ending.AUTH_CLOSED, id=f"HTTP {http}") for http in (401, 403)],
        *[pytest.param(says(code), Ending.QUOTA_CLOSED, id=str(code)) for code in (1008, 1028, 1030)],
        pytest.param(shows("pay", status=402), Ending.QUOTA_CLOSED, id="HTTP 402"),
    ],
)
def test_a_refused_account_is_never_asked_again_and_paid_jobs_come_home(
    tmp_path: Path, refusal: Answer, ending: Ending
) -> None:
    scripts = {"b": Script(submits=[refusal])}
    world = World(folder=tmp_path, ids=list("abcd"), studio=Studio(scripts=scripts), rates=(Rate(count=1, window_s=9),))
    conclusion = world.run()
    assert conclusion.ending is ending
    assert conclusion.why.startswith("studio refused: ")
    assert [receipt.prompt for receipt in world.studio.submits] == ["a", "b"]
    assert world.phases() == {"a": "done", "b": "planned", "c": "planned", "d": "planned"}
    assert world.committed() == {"USD": PRICE.micros}


def test_the_next_run_buys_what_a_closed_account_left(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("ab"), studio=Studio(scripts={"a": Script(submits=[says(1008)])}))
    world.run()
    assert world.run() == Conclusion(ending=Ending.FINISHED)
    assert world.phases() == {"a": "done", "b": "done"}
    assert len(world.studio.jobs) == 2


@pytest.mark.parametrize("code", [1026, 1042, 2013])
def test_what_the_provider_will_never_take_fails_for_good_and_costs_nothing(tmp_path: Path, code: int) -> None:
    script = Script(submits=[says(code, words="input new_sensitive"), TAKEN])
    world = World(folder=tmp_path, ids=list("ab"), studio=Studio(scripts={"a": script}))
    world.run()
    world.run()
    assert world.phases() == {"a": "failed", "b": "done"}
    assert world.state("a").note == f"{code}: input new_sensitive"
    assert len(world.studio.submits_of("a")) == 1
    assert world.committed() == {"USD": PRICE.micros}
