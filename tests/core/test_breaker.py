"""A broken provider is left alone, is tried again by one purchase at a time, and comes back when it takes a job."""

from __future__ import annotations

import pytest

from runner.core.limits.admission import Closed, Go, Wait
from runner.core.limits.breaker import QUICK, SLOW, Breaker, gravest
from runner.core.sums.ending import Ending
from runner.model import Backoff

NOW = 1000.0


def broken(ending: Ending = Ending.UNREACHABLE, pace: Backoff = QUICK) -> Breaker:
    """Return a breaker that opened just now."""
    breaker = Breaker()
    breaker.trip("a", "it broke", ending, now=NOW, pace=pace)
    return breaker


def probe(breaker: Breaker, key: str, now: float) -> None:
    """Let one purchase leave as a probe."""
    assert breaker.ask(now) == Go()
    breaker.start(key)


def test_a_closed_breaker_lets_everything_through() -> None:
    breaker = Breaker()
    breaker.start("a")
    breaker.leave("a")
    assert breaker.ask(NOW) == Go()
    assert (breaker.is_open, breaker.broken, breaker.why) == (False, None, "")


def test_an_open_breaker_says_why_and_until_when() -> None:
    breaker = broken(Ending.AUTH_CLOSED, SLOW)
    assert breaker.ask(NOW) == Wait(until=NOW + 600.0, why="it broke")
    assert breaker.broken == Closed(why="it broke", ending=Ending.AUTH_CLOSED)


@pytest.mark.parametrize(
    ("pace", "cool_downs"),
    [
        pytest.param(QUICK, [60.0, 120.0, 240.0, 480.0, 600.0, 600.0], id="what may mend by itself"),
        pytest.param(SLOW, [600.0, 1200.0, 2400.0, 3600.0, 3600.0], id="what a person must mend"),
    ],
)
def test_the_cool_down_doubles_with_each_probe_in_vain_up_to_its_most(pace: Backoff, cool_downs: list[float]) -> None:
    breaker, now, found = Breaker(), NOW, list[float]()
    for number, _ in enumerate(cool_downs):
        breaker.trip(str(number), "again", Ending.UNREACHABLE, now=now, pace=pace)
        breaker.leave(str(number))
        answer = breaker.ask(now)
        assert isinstance(answer, Wait)
        found.append(answer.until - now)
        now = answer.until
        probe(breaker, str(number + 1), now)
    assert found == cool_downs


def test_one_probe_leaves_at_a_time_and_only_after_the_cool_down() -> None:
    breaker = broken()
    assert isinstance(breaker.ask(NOW + 59.9), Wait)
    probe(breaker, "b", NOW + 60.0)
    assert breaker.ask(NOW + 61.0) == Wait(until=float("inf"), why="it broke")


def test_a_job_for_the_probe_closes_and_the_next_trouble_begins_anew() -> None:
    breaker = broken()
    probe(breaker, "b", NOW + 60.0)
    breaker.took("b")
    assert breaker.ask(NOW + 61.0) == Go()
    breaker.trip("c", "again", Ending.UNREACHABLE, now=NOW, pace=QUICK)
    assert breaker.ask(NOW) == Wait(until=NOW + 60.0, why="again")


def test_a_job_for_a_purchase_that_left_before_proves_nothing() -> None:
    breaker = broken()
    breaker.took("sent before")
    assert breaker.is_open


def test_answers_to_what_left_before_make_nothing_worse_and_the_first_reason_stays() -> None:
    breaker = broken()
    breaker.trip("sent before", "refused", Ending.AUTH_CLOSED, now=NOW + 5.0, pace=SLOW)
    assert breaker.ask(NOW + 5.0) == Wait(until=NOW + 60.0, why="it broke")


def test_a_probe_that_proves_nothing_lets_the_next_one_leave_at_once() -> None:
    breaker = broken()
    probe(breaker, "b", NOW + 60.0)
    breaker.leave("b")
    probe(breaker, "c", NOW + 61.0)


def test_while_it_is_probed_or_parked_nobody_calls_it_broken() -> None:
    breaker, parked = broken(), Breaker()
    probe(breaker, "b", NOW + 60.0)
    parked.park(NOW + 1800.0, "2056")
    assert (breaker.broken, parked.broken) == (None, None)
    assert parked.ask(NOW) == Wait(until=NOW + 1800.0, why="2056")


@pytest.mark.parametrize(
    ("first_s", "then_s", "until_s"),
    [pytest.param(400.0, 900.0, 900.0, id="longer"), pytest.param(900.0, 400.0, 900.0, id="shorter")],
)
def test_of_two_long_pauses_the_longer_holds(first_s: float, then_s: float, until_s: float) -> None:
    breaker = Breaker()
    breaker.park(NOW + first_s, "long")
    breaker.park(NOW + then_s, "long")
    assert breaker.ask(NOW) == Wait(until=NOW + until_s, why="long")


def test_what_is_parked_may_break_and_what_is_broken_is_not_parked() -> None:
    parked, breaker = Breaker(), broken()
    parked.park(NOW + 1800.0, "2056")
    parked.trip("b", "refused", Ending.QUOTA_CLOSED, now=NOW, pace=SLOW)
    breaker.park(NOW + 1800.0, "2056")
    assert parked.broken == Closed(why="refused", ending=Ending.QUOTA_CLOSED)
    assert breaker.ask(NOW) == Wait(until=NOW + 60.0, why="it broke")


@pytest.mark.parametrize(
    ("endings", "gravest_of_all"),
    [
        ([Ending.UNREACHABLE, Ending.AUTH_CLOSED], Ending.AUTH_CLOSED),
        ([Ending.QUOTA_CLOSED, Ending.AUTH_CLOSED], Ending.AUTH_CLOSED),
        ([Ending.UNREACHABLE, Ending.QUOTA_CLOSED], Ending.QUOTA_CLOSED),
        ([Ending.UNREACHABLE, Ending.HALTED], Ending.HALTED),
        ([Ending.UNREACHABLE], Ending.UNREACHABLE),
    ],
    ids=" ".join,
)
def test_what_a_person_must_mend_ends_a_run_before_what_time_may_mend(
    endings: list[Ending], gravest_of_all: Ending
) -> None:
    outages = [Closed(why=f"no {number}", ending=ending) for number, ending in enumerate(endings)]
    assert gravest(outages) == Closed(why="; ".join(each.why for each in outages), ending=gravest_of_all)
