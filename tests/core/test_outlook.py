"""The outlook of a run: what holds it up beside the limits that it began with, ahead of it and while it goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner.core.limits.admission import Gate
from runner.core.limits.breaker import Breaker
from runner.core.limits.steering import Change
from runner.core.outlook.latency import Guess, Latency
from runner.core.outlook.looking import Polls
from runner.core.outlook.outlook import Outlook
from runner.core.outlook.schedule import Widths
from runner.core.sums.ending import Ending
from runner.events import Accepted, Doubted, Event, Finished, Intended, Refused, Stamped
from runner.model import Kind, Output, Rate, Verdict

NOW = 1000.0
JOB = Latency(jobs_s=(60.0,), request_s=1.0, fetch_s=2.0, check_s=1.0)
ALONE_S = 64.0  # request, job, download, check


def outlook(gate: Gate | None = None, *, in_flight: int | None = None) -> Outlook:
    polls = Polls(first_s=20.0, every_s=10.0)
    guess = Guess(latency=JOB, own_s=(60.0,), polls=polls)
    return Outlook(provider="vapi", bounds=Widths(in_flight=in_flight), guess=guess, unseen_job_s=900.0, gate=gate)


def gate(in_flight: int | None = None, *rates: Rate) -> Gate:
    return Gate(in_flight=in_flight, rates=rates)


def left_s(known: Outlook, buys: int) -> float:
    return known.left_s(NOW, buys=buys)


@pytest.mark.parametrize(
    ("in_flight", "waits_s"), [(1, 890.0), (2, 0.0)], ids=["it holds the only slot", "another slot is free"]
)
def test_a_request_in_doubt_makes_the_next_purchase_wait_where_it_holds_the_slot(
    in_flight: int, waits_s: float
) -> None:
    known = outlook(in_flight=in_flight)
    intended = Intended(attempt=1, provider="vapi", price=None, idempotency_key=None)
    known.take((("a", Stamped(at=980.0, event=intended)), ("a", Stamped(at=990.0, event=Doubted(reason="time-out")))))

    assert known.forecast(NOW, buys=1).p50_s == pytest.approx(waits_s + ALONE_S)


def test_slots_are_kept_as_the_gate_of_the_run_keeps_them() -> None:
    kept = gate(2)
    kept.hold("a")
    kept.hold("b, let go 1", NOW + 300.0)
    kept.hold("c", NOW - 1.0)
    known = outlook(kept, in_flight=2)

    assert left_s(known, buys=1) == pytest.approx(ALONE_S)
    assert left_s(known, buys=2) == pytest.approx(61.0 + ALONE_S)


def test_limits_that_were_set_since_count() -> None:
    known = outlook(gate(1, Rate(count=1, window_s=600.0)), in_flight=40)
    known.adjust([Change(limit="downloads", now="1", before="8"), Change(limit="in_flight", now="1", before="40")])

    assert left_s(known, buys=2) == pytest.approx(601.0 + ALONE_S)
    assert known.left_s(NOW, buys=0, fetches=10) == pytest.approx(10 * 2.0 + 1.0)


def test_a_limit_that_the_provider_let_feel_counts_until_it_is_known_better() -> None:
    learns = gate()
    known = outlook(learns)
    assert left_s(known, buys=4) < 2 * ALONE_S

    for key in "ab":
        learns.start(key, NOW - 100.0)
        learns.answered(key, NOW - 99.0, "taken")
    learns.start("c", NOW)
    learns.answered("c", NOW, "too much")
    learns.release("c")

    assert left_s(known, buys=4) > 2 * 61.0


def test_nothing_is_bought_before_a_pause_is_over() -> None:
    paused = gate()
    paused.pause(NOW + 3600.0, "the provider asked for it", now=NOW)

    assert left_s(outlook(paused), buys=1) == pytest.approx(3600.0 + ALONE_S)
    assert outlook(paused).left_s(NOW, buys=0, fetches=1) == pytest.approx(3.0)


REFUSED = Refused(verdict=Verdict(kind=Kind.RATE, code="2056", words=""), final=False, retry_at=NOW + 3600.0)
MEANT_FOR_GOOD = Refused(verdict=Verdict(kind=Kind.CONTENT, code="1026", words=""), final=True, retry_at=NOW + 3600.0)


@pytest.mark.parametrize(
    ("answer", "waits_s"),
    [
        pytest.param(REFUSED, 3600.0, id="with a refusal"),
        pytest.param(Doubted(reason="HTTP 503", retry_at=NOW + 3600.0), 3600.0, id="with a server error"),
        pytest.param(Doubted(reason="HTTP 503"), 0.0, id="not asked for"),
        pytest.param(MEANT_FOR_GOOD, 0.0, id="no pause"),
        pytest.param(replace(REFUSED, retry_at=NOW + 9e9), 6 * 3600.0 - 10.0, id="longer than any run keeps to"),
    ],
)
def test_a_pause_that_an_earlier_run_was_asked_for_is_counted_before_there_is_a_gate(
    answer: Event, waits_s: float
) -> None:
    known, beside = outlook(), replace(outlook(), stand_ins=(replace(outlook(), provider="ai302"),))
    intended = Intended(attempt=1, provider="vapi", price=None, idempotency_key=None)
    for each in (known, beside):
        each.take((("a", Stamped(at=980.0, event=intended)), ("a", Stamped(at=990.0, event=answer))))

    assert known.forecast(NOW, buys=1).p50_s == pytest.approx(waits_s + ALONE_S)
    assert beside.forecast(NOW, buys=1).p50_s == pytest.approx(ALONE_S)


def closed(reason: str) -> tuple[Gate, Breaker]:
    """Return what guards a provider from which nobody buys."""
    shut, breaker = gate(), Breaker()
    if reason == "closed":
        shut.close("the key is refused", Ending.AUTH_CLOSED)
    else:
        shut.pause(NOW + 3600.0, "the provider asked for it", now=NOW)
        breaker.park(NOW + 3600.0, "the provider asked for it")
    return shut, breaker


@pytest.mark.parametrize("reason", ["closed", "parked"])
def test_the_time_left_is_that_of_whoever_sells_by_now(reason: str) -> None:
    second = replace(outlook(gate(1)), provider="ai302", bounds=Widths(in_flight=1))
    first = replace(outlook(gate()), stand_ins=(second,))
    alone, both_at_once = left_s(first, buys=1), left_s(first, buys=2)

    first.gate, first.breaker = closed(reason)

    assert left_s(first, buys=1) == pytest.approx(alone)
    assert left_s(first, buys=2) == pytest.approx(61.0 + ALONE_S)
    assert both_at_once < 61.0 + ALONE_S


def test_of_a_provider_who_stands_in_is_learned_as_of_the_first() -> None:
    second = replace(outlook(), provider="ai302")
    first = replace(outlook(), stand_ins=(second,))

    for number in range(20):
        key, at = f"item {number}", NOW - 900.0 + 10.0 * number
        first.saw(key, Stamped(at=at, event=Intended(attempt=1, provider="ai302", price=None, idempotency_key=None)))
        first.saw(key, Stamped(at=at + 1.0, event=Accepted(job_id=key)))
        first.saw(
            key, Stamped(at=at + 501.0, event=Finished(output=Output(url="https://x.example"), pending_at=at + 500))
        )
    before = left_s(first, buys=1)
    first.gate, first.breaker = closed("closed")

    assert before == pytest.approx(ALONE_S)
    assert left_s(first, buys=1) > 400.0
