"""Who may submit now, to the second: slots, windows, pauses and the shut gate."""

from __future__ import annotations

from math import inf

from runner.core.limits.admission import Closed, Gate, Go, Wait
from runner.core.sums.ending import Ending
from runner.model import Rate

FIVE_A_MINUTE = Rate(count=5, window_s=60.0)


def pace(until: float) -> Wait:
    """Return the wait for the next place in the window, which is no trouble."""
    return Wait(until=until, why="submit rate", is_planned=True)


def gate(*rates: Rate, in_flight: int | None = None) -> Gate:
    return Gate(in_flight=in_flight, rates=rates)


def submit(it: Gate, *keys: str, at: float) -> None:
    """Let submits leave and be answered at the same moment; their jobs go on."""
    for key in keys:
        it.start(key, at)
        it.answered(key, at)


def test_without_limits_everything_goes() -> None:
    it = gate()
    submit(it, *map(str, range(1000)), at=0.0)

    assert it.ask(0.0) == Go()


def test_a_full_provider_opens_only_when_a_job_ends() -> None:
    it = gate(in_flight=2)
    submit(it, "a", "b", at=0.0)

    assert it.ask(10.0**9) == Wait(until=inf, why="limit of 2 in flight")
    it.release("a")
    assert it.ask(0.0) == Go()


def test_a_provider_that_took_two_jobs_and_refused_a_third_is_full_until_one_of_them_ends() -> None:
    it = gate()
    for key in "abc":
        it.start(key, 0.0)
        it.answered(key, 1.0, "too much" if key == "c" else "taken")
    it.release("c")

    assert it.is_full
    it.release("a")
    assert not it.is_full


def test_a_request_under_way_holds_a_slot_from_its_first_moment() -> None:
    it = gate(in_flight=1)
    it.start("a", 0.0)

    assert it.ask(0.0) == Wait(until=inf, why="limit of 1 in flight")


def test_a_job_nobody_sees_holds_its_slot_until_it_cannot_live_any_more() -> None:
    it = gate(in_flight=1)
    submit(it, "a", at=0.0)
    it.hold("a", until=900.0)

    assert it.ask(899.9) == Wait(until=900.0, why="limit of 1 in flight, 1 of them held for jobs that may run unseen")
    assert it.ask(900.0) == Go()


def test_beside_a_job_that_is_seen_the_end_of_an_unseen_one_is_the_latest_at_which_the_gate_opens() -> None:
    it = gate(in_flight=2)
    it.hold("a", until=900.0)
    it.hold("b")

    why = "limit of 2 in flight, 1 of them held for jobs that may run unseen"
    assert it.ask(0.0) == Wait(until=900.0, why=why, is_at_most=True)


def test_the_first_of_several_holds_to_end_opens_the_gate() -> None:
    it = gate(in_flight=2)
    for key, until in (("a", 900.0), ("b", 300.0), ("c", 600.0)):
        it.hold(key, until)

    assert it.ask(0.0) == Wait(until=600.0, why="limit of 2 in flight, 3 of them held for jobs that may run unseen")
    assert it.ask(600.0) == Go()


def test_releasing_what_holds_nothing_frees_nothing() -> None:
    it = gate(in_flight=1)
    submit(it, "a", at=0.0)

    it.release("b")

    assert isinstance(it.ask(1.0), Wait)


def test_the_window_is_full_after_its_count_and_frees_one_place_at_a_time() -> None:
    it = gate(FIVE_A_MINUTE)
    for n in range(5):
        submit(it, str(n), at=float(n))

    assert it.ask(4.0) == pace(60.0)
    assert it.ask(59.9) == pace(60.0)
    assert it.ask(60.0) == Go()
    submit(it, "5", at=60.0)
    assert it.ask(60.0) == pace(61.0)


def test_a_submit_counts_from_its_answer_because_it_may_be_counted_as_late_as_that() -> None:
    it = gate(Rate(count=1, window_s=60.0))
    it.start("a", 0.0)
    it.answered("a", 45.0)

    assert it.ask(60.0) == pace(105.0)


def test_a_submit_without_an_answer_keeps_its_place() -> None:
    it = gate(Rate(count=1, window_s=60.0))
    it.start("a", 0.0)

    assert it.ask(10.0**9) == Wait(until=inf, why="submit rate")


def test_a_refused_submit_counts_too() -> None:
    it = gate(Rate(count=1, window_s=60.0), in_flight=1)
    submit(it, "a", at=0.0)
    it.release("a")

    assert it.ask(1.0) == pace(60.0)


def test_every_rate_holds() -> None:
    it = gate(Rate(count=2, window_s=1.0), Rate(count=3, window_s=60.0))
    submit(it, "a", "b", at=0.0)

    assert it.ask(0.5) == pace(1.0)
    submit(it, "c", at=1.0)
    assert it.ask(1.5) == pace(60.0)
    assert it.ask(60.0) == Go()


def test_submits_of_earlier_runs_count_in_whatever_order_they_are_remembered() -> None:
    it = gate(Rate(count=2, window_s=60.0))
    it.remember([90.0, 50.0], now=100.0)
    it.remember([70.0], now=100.0)

    assert it.ask(100.0) == pace(130.0)
    assert it.ask(130.0) == Go()


def test_a_submit_that_a_jumping_clock_left_in_the_future_counts_from_now() -> None:
    it = gate(Rate(count=1, window_s=60.0))
    it.remember([10.0**9], now=100.0)

    assert it.ask(100.0) == pace(160.0)


def test_a_pause_holds_everything_and_the_longest_one_counts() -> None:
    it = gate()
    it.pause(50.0, "minimax: 1002", now=0.0)
    it.pause(20.0, "shorter", now=0.0)

    assert it.ask(49.9) == Wait(until=50.0, why="minimax: 1002")
    assert it.ask(50.0) == Go()


def test_setbacks_are_counted_until_a_job_is_taken() -> None:
    it = gate()

    it.slow_down()
    it.slow_down()
    assert it.setbacks == 2
    it.resume()
    it.slow_down()
    assert it.setbacks == 1


def test_a_shut_gate_stays_shut_and_keeps_its_first_reason() -> None:
    it = gate(in_flight=1)
    submit(it, "a", at=0.0)
    assert it.closed is None

    it.close("no balance", Ending.QUOTA_CLOSED)
    it.close("key refused", Ending.AUTH_CLOSED)
    it.release("a")
    it.resume()

    assert it.ask(10.0**9) == it.closed == Closed(why="no balance", ending=Ending.QUOTA_CLOSED)
