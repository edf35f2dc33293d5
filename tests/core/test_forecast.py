"""Forecasts: what more items and wider limits do to them, what binds, what they cost, and how much work they are."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from runner.core.limits.purse import Till
from runner.core.outlook import schedule
from runner.core.outlook.forecast import JOBS, costs, forecast
from runner.core.outlook.latency import Latency, guessed
from runner.core.outlook.looking import Polls
from runner.core.outlook.schedule import Rest, Widths, played
from runner.model import Money, Rate

POLLS = Polls(first_s=20.0, every_s=10.0)
GUESS = guessed(120.0, POLLS).latency
SIXTY = Latency(jobs_s=(60.0,), request_s=1.0, fetch_s=2.0, check_s=1.0)
FIVE_A_MINUTE = Rate(count=5, window_s=60.0)
TIGHT = Widths(rates=(FIVE_A_MINUTE,), in_flight=3)


@pytest.mark.parametrize(
    ("rest", "bounds", "seconds"),
    [
        pytest.param(Rest(buys=0), TIGHT, 0.0, id="nothing is left"),
        pytest.param(Rest(buys=1), TIGHT, 64.0, id="one: request, job, download, check"),
        pytest.param(Rest(buys=3), TIGHT, 65.0, id="three at one time, and two checks"),
        pytest.param(Rest(buys=7), TIGHT, 2 * 61 + 64.0, id="in three rounds"),
        pytest.param(Rest(buys=6), Widths(rates=(FIVE_A_MINUTE,)), 61 + 64.0, id="one waits for the window's end"),
        pytest.param(
            Rest(buys=1, submitted=(0.0, 1.0, 2.0, 3.0, 10.0)), TIGHT, 50 + 64.0, id="for the submits of an earlier run"
        ),
        pytest.param(Rest(buys=1, running=(20.0, 20.0, 30.0)), TIGHT, 30 + 64.0, id="for the jobs of an earlier run"),
        pytest.param(Rest(buys=0, running=(45.0,)), TIGHT, 15 + 3.0, id="what runs is only waited for"),
        pytest.param(Rest(buys=0, fetches=16), Widths(downloads=4), 4 * 2 + 2.0, id="what is made is only fetched"),
    ],
)
def test_steady_jobs_take_what_the_limits_leave(rest: Rest, bounds: Widths, seconds: float) -> None:
    assert forecast(rest, bounds, SIXTY).p50_s == pytest.approx(seconds)


def test_a_video_that_is_never_made_is_not_fetched_and_an_order_that_is_refused_makes_no_job() -> None:
    failing = replace(SIXTY, failures=1.0)

    assert forecast(Rest(buys=1), TIGHT, failing).p50_s == 61.0
    assert forecast(Rest(buys=4), TIGHT, replace(failing, refusals=1.0)).p50_s == 2.0


BOUNDS = [
    Widths(), TIGHT, Widths(in_flight=1), Widths(in_flight=40),
    Widths(rates=(FIVE_A_MINUTE, Rate(count=2, window_s=6.0)), downloads=1),
]  # fmt: skip


@pytest.mark.parametrize("bounds", BOUNDS, ids=str)
def test_more_items_never_take_less_time(bounds: Widths) -> None:
    sizes = [0, 1, 2, 3, 5, 8, 13, 100, 101, 700, schedule.MOST - 1, schedule.MOST, schedule.MOST + 1, 5_000, 10**6]

    times = [played(Rest(buys=buys), bounds, GUESS, Random(7)) for buys in sizes]

    assert times == sorted(times)


@pytest.mark.parametrize("buys", [1, 7, 60, 900, 20_000])
@pytest.mark.parametrize("bounds", BOUNDS, ids=str)
def test_a_wider_limit_never_takes_more_time(bounds: Widths, buys: int) -> None:
    rest = Rest(buys=buys, running=(10.0, 90.0, 400.0), submitted=(1.0, 7.0))
    wider = [
        replace(bounds, rates=tuple(replace(rate, count=2 * rate.count) for rate in bounds.rates)),
        replace(bounds, rates=bounds.rates[1:]),
        replace(bounds, in_flight=bounds.in_flight and 2 * bounds.in_flight),
        replace(bounds, in_flight=None),
        replace(bounds, downloads=64),
    ]

    now = played(rest, bounds, GUESS, Random(7))

    assert [played(rest, each, GUESS, Random(7)) <= now + 1e-6 for each in wider] == [True] * len(wider)


def test_the_same_question_has_the_same_answer_and_nine_of_ten_take_longer_than_half() -> None:
    first, again = (forecast(Rest(buys=60), TIGHT, GUESS) for _ in range(2))

    assert first == again
    assert first.p50_s < first.p90_s < 2 * first.p50_s
    assert first != forecast(Rest(buys=60), TIGHT, GUESS, seed=1)


class Counting(Random):
    """Counts what is drawn, three times for each purchase that is played."""

    draws = 0

    def random(self) -> float:
        Counting.draws += 1
        return super().random()


def test_a_million_items_are_no_more_work_than_the_first_thousands() -> None:
    before = Counting.draws

    seconds = played(Rest(buys=10**6), TIGHT, SIXTY, Counting(0))

    assert Counting.draws - before == 3 * schedule.MOST
    assert seconds == pytest.approx(10**6 / 3 * 61, rel=0.001)


FREE = Widths(downloads=None, requests=None, checks=None)


@pytest.mark.parametrize(
    ("bounds", "whole_s"),
    [
        pytest.param(replace(FREE, rates=(FIVE_A_MINUTE,)), 4000 / 5 * 61 + 3, id="rate"),
        pytest.param(replace(FREE, rates=(Rate(count=3000, window_s=3600.0),)), 3601 + 64, id="a window of thousands"),
        pytest.param(replace(FREE, in_flight=50), 4000 / 50 * 61 + 3, id="in flight"),
        pytest.param(replace(FREE, downloads=2), 4000 * 2 / 2 + 62, id="downloads"),
        pytest.param(replace(FREE, requests=8), 4000 / 8 + 63, id="requests"),
        pytest.param(FREE, 64.0, id="no limit"),
    ],
)
def test_what_is_behind_the_played_part_goes_on_at_the_pace_of_the_limit(bounds: Widths, whole_s: float) -> None:
    assert forecast(Rest(buys=4000), bounds, SIXTY).p50_s == pytest.approx(whole_s, rel=0.01)


@pytest.mark.parametrize(
    ("buys", "bounds", "binding"),
    [
        pytest.param(60, TIGHT, "in_flight 3", id="in flight"),
        pytest.param(60, Widths(rates=(FIVE_A_MINUTE,), in_flight=30), "rate 5/1m", id="rate"),
        pytest.param(60, Widths(rates=(FIVE_A_MINUTE, Rate(count=1, window_s=30.0))), "rate 1/30s", id="the tighter"),
        pytest.param(60, Widths(rates=(FIVE_A_MINUTE, Rate(count=300, window_s=3600.0))), "rate 5/1m", id="alike"),
        pytest.param(3, TIGHT, JOBS, id="too few to feel a limit"),
        pytest.param(60, Widths(), JOBS, id="no limit"),
        pytest.param(900, Widths(downloads=1), "downloads 1", id="downloads"),
        pytest.param(0, TIGHT, JOBS, id="nothing is left"),
    ],
)  # fmt: skip
def test_the_limit_that_holds_a_run_up_is_named(buys: int, bounds: Widths, binding: str) -> None:
    assert forecast(Rest(buys=buys), bounds, GUESS).binding == binding


@pytest.mark.parametrize(
    ("count", "window_s", "words"),
    [(5, 60.0, "rate 5/1m"), (30, 6.0, "rate 30/6s"), (100, 7200.0, "rate 100/2h"), (1, 0.5, "rate 1/500ms")],
)
def test_a_rate_is_named_as_a_manifest_writes_it(count: int, window_s: float, words: str) -> None:
    assert f"rate {Rate(count=count, window_s=window_s)}" == words


USD, MORE, CNY = (
    Money(micros=650_000, currency="USD"),
    Money(micros=900_000, currency="USD"),
    Money(micros=3_000_000, currency="CNY"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("prices", "low", "high"),
    [
        pytest.param([USD], 6_500_000, 6_500_000, id="one provider"),
        pytest.param([MORE, USD], 6_500_000, 9_000_000, id="the dearest of two may have to make them all"),
        pytest.param([replace(CNY, micros=0), USD], 0, 6_500_000, id="one is free, in whatever currency"),
    ],
)
def test_a_cost_has_a_low_and_a_high_end(prices: list[Money], low: int, high: int) -> None:
    assert costs(10, prices) == (Money(micros=low, currency="USD"), Money(micros=high, currency="USD"))


@pytest.mark.parametrize("prices", [[None], [USD, None], [USD, CNY]], ids=["unknown", "one unknown", "two currencies"])
def test_a_cost_that_nobody_can_say_is_not_said(prices: list[Money | None]) -> None:
    assert costs(10, prices) is None


@pytest.mark.parametrize(
    ("prices", "low", "high"),
    [
        pytest.param([USD], 1_300_000, 1_300_000, id="two videos fit, and no part of a third is bought"),
        pytest.param([MORE, USD], 900_000, 1_500_000, id="of two prices no one knows which; the cap holds for both"),
        pytest.param([replace(CNY, micros=0), USD], 0, 1_500_000, id="one is free"),
    ],
)
def test_a_cost_is_never_above_a_cap(prices: list[Money], low: int, high: int) -> None:
    till = Till.of(budget=Money(micros=2_000_000, currency="USD"), max_cost=None, committed={"USD": 500_000})

    assert costs(10, prices, till=till) == (Money(micros=low, currency="USD"), Money(micros=high, currency="USD"))
