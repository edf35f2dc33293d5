"""The first provider of a route breaks half-way: the second takes over, and the first comes back when it is mended."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from studio import Answer, Outage, Script, Studio, dies, says, shows, unsent
from worlds import PRICE, World

from runner.core.sums.ending import Conclusion, Ending
from runner.events import Doubted, Refused
from runner.model import Limits, Money, Rate

BOTH = ("studio", "other")
EACH_10_S = (Rate(count=1, window_s=10.0),)

REFUSALS = [
    pytest.param(says(1004), id="key refused"),
    pytest.param(says(1008), id="no balance"),
    pytest.param(says(2056), id="plan's window used up"),
    pytest.param(unsent(), id="unreachable"),
]
DOUBTS = [pytest.param(shows("down", status=503), id="HTTP 503"), pytest.param(dies(after_s=5.0), id="no answer")]


def world_of(folder: Path, items: int, *outages: Outage, **options: Any) -> World:
    """Return a world with a route of two, whose first provider breaks down as told; one submit in ten seconds."""
    defaults: dict[str, Any] = {"route": BOTH, "rates": EACH_10_S, "studio": Studio(outages=outages)}
    return World(folder=folder, ids=[str(number) for number in range(items)], **defaults | options)


def jobs(world: World) -> int:
    return len(world.studio.jobs) + len(world.other.jobs)


@pytest.mark.parametrize("answer", REFUSALS)
def test_when_the_first_breaks_half_way_the_second_finishes_and_each_item_is_made_once(
    tmp_path: Path, answer: Answer
) -> None:
    world = world_of(tmp_path, 20, Outage(answer=answer, since_s=95.0))

    conclusion = world.run()

    assert conclusion == Conclusion(ending=Ending.FINISHED)
    assert set(world.phases().values()) == {"done"}
    assert (len(world.studio.jobs), len(world.other.jobs)) == (10, 10)
    assert world.committed() == {"USD": 20 * PRICE.micros}


@pytest.mark.parametrize("makes_job", [True, False], ids=["and the job was made", "and no job was made"])
@pytest.mark.parametrize("answer", DOUBTS)
def test_what_is_in_doubt_at_the_first_never_moves_and_all_else_is_finished(
    tmp_path: Path,
    answer: Answer,
    makes_job: bool,  # noqa: FBT001
) -> None:
    lost = Answer(heard=answer.heard, after_s=answer.after_s, makes_job=makes_job)
    world = world_of(tmp_path, 30, Outage(answer=lost, since_s=95.0))

    for _ in range(2):
        assert world.run().ending is Ending.FINISHED

    in_doubt = [id_ for id_, phase in world.phases().items() if phase == "in_doubt"]
    assert set(world.phases().values()) == {"done", "in_doubt"}
    assert not {job.prompt for job in world.other.jobs.values()} & set(in_doubt)
    assert len(in_doubt) == len(world.diary.times(Doubted)) == 4 + 1  # four rounds of silence, one probe
    assert jobs(world) == 30 - (0 if makes_job else len(in_doubt))
    assert world.committed() == {"USD": 30 * PRICE.micros}


@pytest.mark.parametrize("answer", REFUSALS)
def test_what_is_refused_together_moves_together(tmp_path: Path, answer: Answer) -> None:
    world = world_of(tmp_path, 20, Outage(answer=answer, since_s=0.5), rates=())

    assert world.run() == Conclusion(ending=Ending.FINISHED)

    assert (len(world.studio.jobs), len(world.other.jobs)) == (8, 12)
    assert world.now_s < 300.0


def test_a_probe_that_leaves_a_doubt_is_not_repeated_soon(tmp_path: Path) -> None:
    world = world_of(tmp_path, 500, Outage(answer=shows("down", status=503)))

    world.run()

    doubts = world.diary.times(Doubted)[3:]  # the fourth opened the breaker
    assert [round(later - earlier, -1) for earlier, later in pairwise(doubts)] == [60.0, 1200.0, 2400.0]


@pytest.mark.parametrize(
    ("answer", "rounds", "cool_downs"),
    [
        pytest.param(says(1004), 1, [600.0, 1200.0], id="key refused"),
        pytest.param(says(1008), 1, [600.0, 1200.0], id="no balance"),
        pytest.param(unsent(), 4, [60.0, 120.0, 240.0, 480.0, 600.0], id="unreachable"),
    ],
)
def test_probes_leave_one_at_a_time_ever_later(
    tmp_path: Path, answer: Answer, rounds: int, cool_downs: list[float]
) -> None:
    world = world_of(tmp_path, 190, Outage(answer=answer))

    world.run()

    refused = world.diary.times(Refused)[rounds - 1 :]
    assert [later - earlier for earlier, later in pairwise(refused)] == pytest.approx(cool_downs, abs=1.0)
    assert set(world.phases().values()) == {"done"}
    assert len(world.other.jobs) == 190


@pytest.mark.parametrize("answer", REFUSALS)
def test_a_first_provider_that_is_mended_is_used_again(tmp_path: Path, answer: Answer) -> None:
    world = world_of(tmp_path, 220, Outage(answer=answer, since_s=95.0, until_s=500.0))

    assert world.run().ending is Ending.FINISHED

    last = sorted(world.studio.jobs.values(), key=lambda job: job.made_at)[-20:]
    assert [int(job.prompt) for job in last] == list(range(200, 220))
    assert jobs(world) == 220
    assert [words.rpartition("; ")[2] for words in world.diary.said_] == [
        "new purchases go to other",
        "new purchases go there",
    ]


def test_the_user_is_told_what_was_refused_where_and_when_it_comes_back(tmp_path: Path) -> None:
    world = world_of(tmp_path, 100, Outage(answer=says(1004, words="login fail"), since_s=95.0, until_s=500.0))

    world.run()

    assert world.diary.said_ == [
        "studio refused: 1004: login fail; new purchases go to other",
        "studio takes jobs again; new purchases go there",
    ]


@pytest.mark.parametrize("refusal", [says(1002), says(1039)], ids=["1002", "1039"])
def test_a_throttled_provider_is_waited_for(tmp_path: Path, refusal: Answer) -> None:
    world = world_of(tmp_path, 5, Outage(answer=refusal, since_s=5.0, until_s=100.0))

    world.run()

    assert (len(world.studio.jobs), len(world.other.submits)) == (5, 0)


def test_a_full_provider_is_waited_for(tmp_path: Path) -> None:
    world = world_of(tmp_path, 5, in_flight=1)

    world.run()

    assert (len(world.studio.jobs), len(world.other.submits)) == (5, 0)


def test_no_one_is_asked_for_a_yes_to_what_the_first_refused_for_its_content(tmp_path: Path) -> None:
    world = world_of(tmp_path, 2, studio=Studio(scripts={"0": Script(submits=[says(1026)])}))

    world.run()

    assert world.phases() == {"0": "failed", "1": "done"}
    assert world.other.submits == []


def test_a_probe_that_is_refused_for_its_content_costs_nothing_and_the_next_item_probes(tmp_path: Path) -> None:
    refusals = Outage(answer=says(1026), since_s=95.0, until_s=765.0)
    world = world_of(tmp_path, 100, Outage(answer=says(1004), until_s=95.0), refusals)

    world.run()

    failed = [id_ for id_, phase in world.phases().items() if phase == "failed"]
    assert 2 <= len(failed) < 20
    assert world.studio.jobs
    assert world.committed() == {"USD": (100 - len(failed)) * PRICE.micros}


@pytest.mark.parametrize(
    ("first", "second", "ending", "why"),
    [
        (says(1004), says(1008), Ending.AUTH_CLOSED, "studio refused: 1004: no; other refused: 1008: no"),
        (unsent("off"), says(1008), Ending.QUOTA_CLOSED, "studio gives no usable answer: not sent: off; other"),
        (unsent("off"), unsent("off"), Ending.UNREACHABLE, "studio gives no usable answer: not sent: off; other"),
    ],
    ids=["both accounts", "silence and account", "silence"],
)
def test_the_run_ends_when_everyone_is_broken(
    tmp_path: Path, first: Answer, second: Answer, ending: Ending, why: str
) -> None:
    world = world_of(tmp_path, 9, Outage(answer=first, since_s=5.0), other=Studio(outages=[Outage(answer=second)]))

    conclusion = world.run()

    assert conclusion.ending is ending
    assert conclusion.why.startswith(why)
    assert sorted(world.phases().values()) == ["done"] + ["planned"] * 8
    assert world.committed() == {"USD": PRICE.micros}


def test_who_asked_for_a_long_pause_is_waited_for_when_the_other_is_broken(tmp_path: Path) -> None:
    parked = Outage(answer=says(2056), since_s=5.0, until_s=2000.0)
    world = world_of(tmp_path, 5, parked, other=Studio(outages=[Outage(answer=says(1004))]))

    assert world.run() == Conclusion(ending=Ending.FINISHED)

    assert set(world.phases().values()) == {"done"}
    assert len(world.studio.jobs) == 5
    assert world.now_s > 3600.0


def test_jobs_that_a_refused_key_keeps_from_us_end_the_run_as_a_refused_key(tmp_path: Path) -> None:
    scripts = {"0": Script(polls=[says(1004)] * 99)}
    world = world_of(tmp_path, 9, studio=Studio(scripts=scripts))

    assert world.run().ending is Ending.AUTH_CLOSED

    phases = list(world.phases().values())
    assert phases.count("running") == len(world.studio.jobs) > 0
    assert phases.count("done") == len(world.other.jobs) == 9 - len(world.studio.jobs)


@pytest.mark.parametrize("items", [0, 3, 7.5])
def test_the_budget_holds_across_both_and_each_price_is_counted_as_its_own(tmp_path: Path, items: float) -> None:
    dear = Money(micros=2 * PRICE.micros, currency="USD")
    cap = Money(micros=round(items * PRICE.micros), currency="USD")
    world = world_of(
        tmp_path, 9, Outage(answer=says(1008), since_s=25.0), other_price=dear, limits=Limits(budget=cap)
    )  # fmt: skip

    assert world.run().ending is Ending.BUDGET

    spent = len(world.studio.jobs) * PRICE.micros + len(world.other.jobs) * dear.micros
    assert world.committed().get("USD", 0) == spent <= cap.micros
    assert cap.micros - spent < dear.micros


def test_a_first_provider_that_is_too_dear_to_be_probed_holds_nothing_up(tmp_path: Path) -> None:
    dear = Money(micros=50 * PRICE.micros, currency="USD")
    world = world_of(
        tmp_path, 100, Outage(answer=says(1008)), price=dear, limits=Limits(budget=Money(micros=149 * PRICE.micros,
        currency="USD")),
    )  # fmt: skip

    assert world.run() == Conclusion(ending=Ending.FINISHED)

    assert len(world.other.jobs) == 100


def test_a_repeat_waits_for_its_own_provider_and_proves_that_it_is_back(tmp_path: Path) -> None:
    down = Outage(answer=dies(makes_job=True, after_s=1.0), since_s=15.0, until_s=300.0)
    world = world_of(tmp_path, 60, studio=Studio(outages=[down], keeps_keys=True))

    assert world.run() == Conclusion(ending=Ending.FINISHED)

    assert set(world.phases().values()) == {"done"}
    assert jobs(world) == 60
    assert not {job.prompt for job in world.studio.jobs.values()} & {job.prompt for job in world.other.jobs.values()}
    assert world.studio.jobs_of("59")


def test_a_broken_provider_is_not_probed_for_ever_when_jobs_that_were_given_up_fill_the_other(tmp_path: Path) -> None:
    endless = Studio(scripts={id_: Script(life_s=1e9) for id_ in "ab"})
    world = World(
        folder=tmp_path, ids=["a", "b"], route=BOTH, in_flight=1, limits=Limits(item_deadline_s=600.0),
        studio=Studio(outages=[Outage(answer=says(1008))]), other=endless,
    )  # fmt: skip
    assert world.run().ending is Ending.FINISHED
    assert sorted(world.phases().values()) == ["planned", "running"]
    assert world.now_s < 2 * 3600.0


def test_purchases_go_on_where_a_probe_was_taken_though_the_other_refuses_its_key_for_good(tmp_path: Path) -> None:
    other = Studio(scripts={"a": Script(polls=[says(1004)])})
    world = World(
        folder=tmp_path, ids=["a", "b", "c"], route=BOTH, rates=(Rate(count=1, window_s=60.0),),
        studio=Studio(outages=[Outage(answer=says(2056), until_s=10.0)]), other=other,
    )  # fmt: skip
    world.run()
    assert world.phases() == {"a": "running", "b": "done", "c": "done"}


def test_with_several_providers_a_standstill_says_whose_trouble_it_is(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(life_s=float("inf")), "b": Script(submits=[says(1002)] * 1_000)})
    world = World(folder=tmp_path, ids=["a", "b"], studio=studio, route=BOTH, limits=Limits(no_progress_s=600.0))

    conclusion = world.run()

    assert conclusion.ending is Ending.DEADLINE
    assert conclusion.why.startswith("nothing moved for 10 min: studio: 1002")


CHEAP, DEAR = (Money(micros=micros, currency="USD") for micros in (400_000, 900_000))


def _beside_a_dear_one(folder: Path, answer: Answer) -> World:
    """Return a world with room in its budget for two videos of the first provider, and then none of the other's."""
    world = world_of(
        folder, 2, Outage(answer=answer, since_s=10.0, until_s=1000.0), price=CHEAP, other_price=DEAR,
        limits=Limits(budget=Money(micros=1_000_000, currency="USD")),
    )  # fmt: skip
    world.in_flight = 1
    return world


def test_one_that_asked_for_a_long_pause_is_waited_for_while_the_budget_has_no_room_for_the_others(
    tmp_path: Path,
) -> None:
    world = _beside_a_dear_one(tmp_path, says(2056, retry_after_s=1800.0))

    assert world.run() == Conclusion(ending=Ending.FINISHED)

    assert (len(world.studio.jobs), len(world.other.jobs)) == (2, 0)
    first, refused, again = [one.at for one in world.studio.submits]
    assert first < refused < again == pytest.approx(refused + 1800.0, abs=1.0)
    assert world.diary.said_[0] == (
        "the next purchase waits 30 min: studio: 2056: no; other: budget of 1.00 USD: 0.40 USD spent or reserved"
    )


def test_a_run_that_ends_by_the_price_of_a_stand_in_says_why_it_is_asked(tmp_path: Path) -> None:
    world = _beside_a_dear_one(tmp_path, says(1008, words="no balance"))

    conclusion = world.run()

    assert conclusion == Conclusion(
        ending=Ending.BUDGET,
        why="budget of 1.00 USD: 0.40 USD spent or reserved, and other asks 0.90 USD; studio refused: 1008: no balance",
    )
