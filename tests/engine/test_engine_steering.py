"""What a person asks of a run that goes on, at exact moments of its day."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest
from studio import Script, Studio, dies, says
from worlds import PRICE, Fuse, World

from runner.core.limits.bounds import Bounds
from runner.core.limits.steering import (
    Adjust,
    Adjusted,
    Answer,
    Cancel,
    Change,
    Declined,
    Instruction,
    LeftOut,
    Look,
    Pause,
    Paused,
    Resume,
    Resumed,
    Standing,
    Tighter,
)
from runner.core.sums.ending import Conclusion, Ending
from runner.events import Accepted, Checked, Intended
from runner.model import Limits, Rate, StopAfter

FINISHED = Conclusion(ending=Ending.FINISHED)


def test_a_pause_buys_nothing_more_and_what_is_under_way_comes_home(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("abcd"), in_flight=2, asks=[(10.0, Pause()), (5_000.0, Resume())])

    assert world.run() == FINISHED

    assert world.answers == [Paused(under_way=2), Resumed()]
    assert world.diary.times(Intended) == [0.0, 0.0, 5_000.0, 5_000.0]
    assert max(world.diary.times(Checked)[:2]) < 100.0
    assert set(world.phases().values()) == {"done"}
    assert world.diary.steered_ == [(10.0, Paused(under_way=2)), (5_000.0, Resumed())]


def test_a_second_pause_and_a_continue_without_one_are_told_as_no_news(tmp_path: Path) -> None:
    asks: list[tuple[float, Instruction]] = [(1.0, Resume()), (2.0, Pause()), (3.0, Pause()), (4.0, Resume())]
    world = World(folder=tmp_path, ids=list("abc"), in_flight=1, asks=asks)
    assert world.run() == FINISHED
    assert world.answers == [Resumed(is_news=False), Paused(under_way=1), Paused(under_way=1, is_news=False), Resumed()]


def test_a_paused_run_with_nothing_left_to_buy_ends_by_itself(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("ab"), asks=[(10.0, Pause())])
    assert world.run() == FINISHED
    assert set(world.phases().values()) == {"done"}


def test_a_paused_run_that_waits_for_nothing_else_is_stopped_as_any_other(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("abc"), in_flight=1, asks=[(1.0, Pause())])
    assert world.run(stop_after_s=9_000.0).ending is Ending.INTERRUPTED_INT
    assert world.now_s == pytest.approx(9_000.0, abs=1.0)
    assert world.phases() == {"a": "done", "b": "planned", "c": "planned"}


def test_a_pause_of_any_length_is_no_standstill_and_the_time_after_it_counts_anew(tmp_path: Path) -> None:
    studio = Studio(scripts={id_: Script(submits=[says(1002)] * 1_000) for id_ in "ab"})
    world = World(
        folder=tmp_path, ids=list("ab"), studio=studio, limits=Limits(no_progress_s=300.0),
        asks=[(10.0, Pause()), (40_000.0, Resume())],
    )  # fmt: skip
    assert world.run().ending is Ending.DEADLINE
    assert world.now_s == pytest.approx(40_300.0, abs=5.0)


def test_a_pause_holds_back_the_repeat_of_an_unanswered_request_too(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[dies(makes_job=True)])}, keeps_keys=True)
    world = World(folder=tmp_path, ids=["a"], studio=studio, asks=[(30.0, Pause()), (4_000.0, Resume())])

    assert world.run() == FINISHED

    assert [round(at) for at in studio.submits_of("a")] == [0, 4_000]
    assert len(studio.jobs) == 1
    assert world.phases() == {"a": "done"}


def test_a_pause_leaves_an_item_in_doubt_as_it_is(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[dies(makes_job=True)])})
    world = World(
        folder=tmp_path, ids=list("ab"), studio=studio, in_flight=1, asks=[(30.0, Pause()), (4_000.0, Resume())]
    )
    assert world.run() == FINISHED
    assert world.phases() == {"a": "in_doubt", "b": "done"}
    assert [round(receipt.at) for receipt in studio.submits] == [0, 4_000]


def test_a_lower_in_flight_lets_nothing_join_until_there_are_fewer(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("abcdef"), in_flight=3, asks=[(10.0, Adjust(in_flight=1))])

    assert world.run() == FINISHED

    assert world.answers == [Adjusted(changes=(Change(limit="in_flight", now="1", before=None),))]
    ends = sorted(job.ends_at for job in world.studio.jobs.values())
    for earlier, later in zip(ends[2:], sorted(world.diary.times(Intended))[3:], strict=False):
        assert later >= earlier
    assert set(world.phases().values()) == {"done"}


@pytest.mark.parametrize(
    ("wanted", "own", "most", "told"),
    [
        pytest.param(4, None, 4, (), id="as wanted"),
        pytest.param(4, 2, 2, ("2", "2"), id="the provider's own is tighter"),
        pytest.param(2, 4, 2, (), id="the user's is tighter"),
    ],
)
def test_the_tighter_of_the_users_and_the_providers_limit_holds(
    tmp_path: Path, wanted: int, own: int | None, most: int, told: tuple[str, ...]
) -> None:
    world = World(
        folder=tmp_path, ids=[str(n) for n in range(10)], limits=Limits(in_flight=1), in_flight=1,
        own=Bounds(in_flight=own), asks=[(1.0, Adjust(in_flight=wanted))],
    )  # fmt: skip

    assert world.run() == FINISHED

    assert world.studio.most_in_flight() == most
    (answer,) = world.answers
    assert isinstance(answer, Adjusted)
    assert answer.changes == (Change(limit="in_flight", now=str(wanted), before="1"),)
    assert tuple(each.holds for each in answer.tighter) == told


def test_another_rate_counts_what_was_bought_before_it(tmp_path: Path) -> None:
    """The short window has long forgotten the first submits when the long one begins to count."""
    world = World(
        folder=tmp_path, ids=[str(n) for n in range(8)], rates=(Rate(count=1, window_s=10.0),),
        asks=[(35.0, Adjust(rate=Rate(count=4, window_s=3_600.0)))],
    )  # fmt: skip

    assert world.run() == FINISHED

    assert world.studio.most_submits_in(3_600.0) == 4
    assert len(world.studio.submits) == 8


def test_another_rate_counts_what_was_bought_before_the_clock_was_set_forward(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=[str(n) for n in range(8)], rates=(Rate(count=1, window_s=10.0),))
    world.run(stop_after_s=35.0)
    (*earlier,) = world.diary.times(Accepted)
    world.now_s, world.leap_s = world.now_s + 7_200.0, 7_200.0
    world.asks = [(15.0, Adjust(rate=Rate(count=len(earlier) + 1, window_s=3_600.0)))]

    assert world.run() == FINISHED

    later = world.diary.times(Intended)[len(earlier) :]
    assert [at for at in later if at < earlier[0] + 7_200.0 + 3_600.0] == later[:1]


@pytest.mark.parametrize("back_s", [0.0, 3_000.0], ids=["a clock that goes on", "a clock that was set back"])
def test_another_rate_counts_a_request_that_an_earlier_run_died_with(tmp_path: Path, back_s: float) -> None:
    world = World(folder=tmp_path, ids=list("abcd"), rates=(Rate(count=1, window_s=10.0),), now_s=5_000.0)
    assert not world.survives(Fuse(words="a request has arrived"))
    world.now_s -= back_s
    world.asks = [(15.0, Adjust(rate=Rate(count=3, window_s=3_600.0)))]
    began = world.now_s

    assert world.run() == FINISHED

    later = world.diary.times(Intended)[1:]
    assert [at for at in later if at < began + 3_600.0] == later[:2]
    assert len(later) == 3


def test_what_a_paused_run_bought_counts_once_at_another_rate(tmp_path: Path) -> None:
    """Nobody asks the gate meanwhile, so that it still knows what its short window does not count any more."""
    world = World(
        folder=tmp_path, ids=[str(n) for n in range(6)], rates=(Rate(count=3, window_s=10.0),),
        asks=[(5.0, Pause()), (500.0, Adjust(rate=Rate(count=6, window_s=3_600.0))), (501.0, Resume())],
    )  # fmt: skip

    assert world.run() == FINISHED

    assert max(world.diary.times(Intended)) == 501.0


def test_a_tighter_rate_of_the_provider_is_told(tmp_path: Path) -> None:
    own = Rate(count=5, window_s=60.0)
    world = World(
        folder=tmp_path, ids=list("abc"), rates=(own,), own=Bounds(rates=(own,)),
        asks=[(1.0, Adjust(rate=Rate(count=30, window_s=60.0)))],
    )  # fmt: skip
    world.run()
    changes = (Change(limit="rate", now="30/1m", before=None),)
    held = tuple(Tighter(provider=name, limit="rate", holds="5/1m") for name in ("studio", "other"))
    assert world.answers == [Adjusted(changes=changes, tighter=held)]


def test_downloads_at_one_time_can_be_changed(tmp_path: Path) -> None:
    world = World(
        folder=tmp_path, ids=list("abcd"), limits=Limits(downloads=4), asks=[(1.0, Adjust(downloads=1))]
    )  # fmt: skip
    world.run()
    times = [at for at, _ in world.studio.downloads]
    assert all(later - earlier >= 1.0 for earlier, later in pairwise(times))


def test_what_is_cancelled_before_it_is_bought_stays_planned_and_the_next_run_buys_it(tmp_path: Path) -> None:
    world = World(
        folder=tmp_path, ids=["a-1", "b-1", "b-2", "a-2"], in_flight=1, asks=[(1.0, Cancel(names=("b-*", "a-1")))]
    )

    assert world.run() == FINISHED

    assert world.answers == [LeftOut(names=("b-*", "a-1"), under_way=("a-1",))]
    assert world.phases() == {"a-1": "done", "b-1": "planned", "b-2": "planned", "a-2": "done"}
    world.asks = ()
    world.run()
    assert set(world.phases().values()) == {"done"}
    assert len(world.studio.submits) == 4


def test_a_cancelled_item_that_was_refused_for_now_is_not_tried_again(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[says(1002, retry_after_s=1_000.0)] * 9)})
    world = World(folder=tmp_path, ids=["a"], studio=studio, asks=[(5.0, Cancel(names=("a",)))])
    assert world.run() == FINISHED
    assert world.now_s < 10.0
    assert world.phases() == {"a": "planned"}
    assert len(studio.submits) == 1


@pytest.mark.parametrize(
    ("point", "is_refused", "is_late"),
    [
        pytest.param("Intended is about to be written", False, True, id="before the intent"),
        pytest.param("Intended is written", False, True, id="after the intent"),
        pytest.param("a request is about to leave", True, True, id="before a request that is refused"),
        pytest.param("an answer has come", False, True, id="after a yes"),
        pytest.param("an answer has come", True, False, id="after a no"),
    ],
)
def test_a_cancel_while_an_item_is_being_bought_buys_it_once_at_most(
    tmp_path: Path, point: str, *, is_refused: bool, is_late: bool
) -> None:
    studio = Studio(scripts={"a": Script(submits=[says(1002)] if is_refused else [])})
    world = World(folder=tmp_path, ids=["a"], studio=studio)
    met: list[str] = []

    def ask_at(passed: str) -> None:
        if passed == point and not met:
            met.append(passed)
            world.ask(Cancel(names=("a",)))

    world.passes = ask_at
    assert world.run() == FINISHED
    assert world.answers == [LeftOut(names=("a",), under_way=("a",) if is_late else ())]
    assert len(studio.submits) == 1
    assert world.phases() == {"a": "planned" if is_refused else "done"}


def test_all_of_a_long_plan_can_be_cancelled_while_the_run_is_paused(tmp_path: Path) -> None:
    world = World(
        folder=tmp_path, ids=[str(n) for n in range(600)], in_flight=2,
        asks=[(1.0, Pause()), (9_000.0, Cancel(names=("*",)))],
    )  # fmt: skip
    assert world.run() == FINISHED
    assert len(world.studio.submits) == 2
    assert world.now_s == pytest.approx(9_000.0, abs=1.0)


def test_the_loop_breathes_between_the_pages_of_a_plan_that_is_left_out(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=[str(n) for n in range(1_000)], in_flight=1)
    turns, read_in = [0], list[int]()

    def note_turn(passed: str) -> None:
        if passed == "Accepted is written":
            world.ask(Cancel(names=("*",)))
        if passed == "the plan is about to be read":
            read_in.append(turns[0])
            asyncio.get_running_loop().call_soon(lambda: turns.append(turns.pop() + 1))

    world.passes = note_turn
    assert world.run() == FINISHED
    assert len(read_in) == len(set(read_in)) == 4


@pytest.mark.parametrize("instruction", [Pause(), Resume(), Cancel(names=("a",)), Adjust(in_flight=2)])
def test_a_run_that_buys_nothing_declines_what_holds_buying_back(tmp_path: Path, instruction: Instruction) -> None:
    world = World(folder=tmp_path, ids=["a"])
    world.run(stop_after_s=5.0)
    world.buys, world.asks = False, [(1.0, instruction), (2.0, Adjust(downloads=2))]

    assert world.run() == FINISHED

    declined, adjusted = world.answers
    assert isinstance(declined, Declined)
    assert isinstance(adjusted, Adjusted)
    assert world.phases() == {"a": "done"}


def test_a_run_that_stops_declines_and_every_question_is_answered(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(submits=[dies(after_s=60.0, makes_job=True)])})
    world = World(folder=tmp_path, ids=["a"], studio=studio, asks=[(10.0, Pause()), (60.25, Pause())])

    world.run(stop_after_s=5.0)

    told: list[Answer] = [Declined(why="the run is stopping")]
    assert world.answers[:1] == told
    assert all(isinstance(answer, Declined) for answer in world.answers)


def test_tags_take_turns_and_what_is_left_is_bought_in_the_same_order_after_a_stop(tmp_path: Path) -> None:
    tags = {f"a{n}": ("a",) for n in range(4)} | {f"b{n}": ("b", "a") for n in range(2)}
    order = ["a0", "b0", "a1", "b1", "a2", "a3"]
    world = World(folder=tmp_path, ids=sorted(tags), tags=tags, in_flight=1)
    world.run(stop_after_s=200.0)
    bought = len(world.studio.submits)

    world.run()

    assert 0 < bought < len(order)
    assert [receipt.prompt for receipt in world.studio.submits] == order


def test_a_paused_run_that_the_stop_loss_ends_says_so(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(status="Fail", code=1027)})
    world = World(
        folder=tmp_path, ids=list("ab"), studio=studio, in_flight=1, limits=Limits(stop_after=StopAfter(failures=1)),
        asks=[(1.0, Pause())],
    )  # fmt: skip

    ended = world.run()

    assert (ended.ending, world.phases()) == (Ending.DEADLINE, {"a": "failed", "b": "planned"})
    assert "stop-loss" in ended.why


def standing(*, is_paused: bool = False, is_over: bool = False, why: str = "", wait_s: float | None = None) -> Standing:
    return Standing(is_paused=is_paused, is_over=is_over, why=why, wait_s=wait_s)


def test_whoever_looks_is_told_what_the_next_purchase_waits_for(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("ab"), in_flight=1, asks=[(1.0, Look()), (100.0, Look())])

    assert world.run() == FINISHED

    assert world.answers == [standing(why="limit of 1 in flight"), standing(is_over=True)]
    assert world.diary.steered_ == []


def test_whoever_looks_is_told_how_long_a_rate_holds_the_next_purchase_up(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("ab"), rates=(Rate(count=1, window_s=600.0),), asks=[(100.0, Look())])
    world.run()
    (told,) = world.answers
    assert isinstance(told, Standing)
    assert told.why == "submit rate"
    assert told.wait_s == pytest.approx(500.0, abs=2.0)


def test_whoever_looks_is_told_of_all_that_was_asked_before(tmp_path: Path) -> None:
    asks: list[tuple[float, Instruction]] = [
        (1.0, Adjust(in_flight=2)), (2.0, Cancel(names=("d",))), (3.0, Pause()), (4.0, Look()), (5.0, Resume()),
        (6.0, Adjust(in_flight=1)), (7.0, Look()),
    ]  # fmt: skip
    world = World(folder=tmp_path, ids=list("abcd"), limits=Limits(in_flight=1), in_flight=1, asks=asks)

    world.run()

    changes = (Change(limit="in_flight", now="2", before="1"),)
    paused, told = (each for each in world.answers if isinstance(each, Standing))
    assert paused == Standing(is_paused=True, is_over=False, why="", wait_s=None, changes=changes, left_out=("d",))
    assert (told.is_paused, told.changes, told.left_out) == (False, (), ("d",))


def test_whoever_looks_is_told_why_nothing_more_is_bought(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=list("ab"), max_cost=PRICE, asks=[(30.0, Look())])
    world.run()
    (told,) = world.answers
    assert isinstance(told, Standing)
    assert told.is_over
    assert told.why.startswith("budget of 0.65 USD: 0.65 USD spent or reserved")


def test_whoever_looks_at_a_run_that_buys_nothing_is_told_so(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=["a"])
    world.run(stop_after_s=5.0)
    world.buys, world.asks = False, [(1.0, Look())]
    world.run()
    assert world.answers == [standing(is_over=True, why="this run buys nothing")]
