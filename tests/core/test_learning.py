"""What is learned of a provider that tells nobody its limits, and that it costs few refusals."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from secretive import AT_ONCE, Buyer, Secretive

from runner.core.limits.admission import Answer, Gate, Go, Wait
from runner.core.limits.bounds import Bound, Bounds, Source
from runner.core.limits.learning import QUIET_S, QUIETEST_S
from runner.model import Rate

HIDDEN = st.one_of(st.none(), st.integers(1, 12))
JOBS_S = st.lists(st.sampled_from((5.0, 40.0, 180.0)), min_size=1, max_size=5)
RATES = st.lists(st.builds(Rate, count=st.integers(1, 6), window_s=st.sampled_from((10.0, 60.0))), max_size=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changing:
    """A limit that is `first` until `at_s`, and `then` after that."""

    first: int | None
    then: int | None
    at_s: float = 2000.0

    def __call__(self, now: float) -> int | None:
        return self.first if now < self.at_s else self.then


CHANGING = st.builds(Changing, first=HIDDEN, then=HIDDEN, at_s=st.just(400.0))


def always(limit: int | None) -> Changing:
    return Changing(first=limit, then=limit)


def lasting(*job_s: float) -> Callable[[int], float]:
    """Return how long each job takes, over and over."""
    return lambda n: job_s[n % len(job_s)]


def learned(gate: Gate) -> dict[str, int]:
    return {"rate" if one.window_s else "slots": one.count for one in gate.bounds if one.source is Source.LEARNED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What a provider hides, and what is to be known after 100 videos, in at most so long and for so many refusals."""

    rate: int | None = None
    slots: int | None = None
    job_s: float = 180.0
    expected: Mapping[str, int]
    within_s: float
    refusals: int


@pytest.mark.parametrize("retry_after_s", [None, 60.0], ids=["says no", "says when"])
@pytest.mark.parametrize(
    "secret",
    [
        pytest.param(Secret(rate=5, expected={"rate": 5}, within_s=1350.0, refusals=5), id="a rate"),
        pytest.param(Secret(rate=1, expected={"rate": 1}, within_s=6240.0, refusals=13), id="one a minute"),
        pytest.param(Secret(slots=3, expected={"slots": 3}, within_s=6300.0, refusals=11), id="slots"),
        pytest.param(Secret(slots=1, expected={"slots": 1}, within_s=18_300.0, refusals=16), id="one slot"),
        pytest.param(Secret(slots=20, expected={"slots": 20}, within_s=930.0, refusals=8), id="many slots"),
        pytest.param(Secret(rate=5, slots=8, expected={"rate": 5, "slots": 8}, within_s=2400.0, refusals=9), id="both"),
        pytest.param(Secret(job_s=60.0, expected={}, within_s=70.0, refusals=0), id="no limit at all"),
    ],
)
def test_hidden_limits_are_found_and_told_apart(secret: Secret, retry_after_s: float | None) -> None:
    gate = Gate(in_flight=None, rates=())
    provider = Secretive(
        rate=always(secret.rate), slots=always(secret.slots), job_s=lasting(secret.job_s), retry_after_s=retry_after_s
    )  # fmt: skip

    took_s = Buyer(gate=gate, provider=provider).buy(100)

    assert learned(gate) == secret.expected
    assert took_s <= secret.within_s
    assert len(provider.refused) <= secret.refusals


@pytest.mark.parametrize(
    ("rate", "slots", "expected"),
    [
        pytest.param(Changing(first=2, then=6), always(None), {"rate": 6}, id="a rate rises"),
        pytest.param(Changing(first=6, then=2), always(None), {"rate": 2}, id="a rate falls"),
        pytest.param(always(None), Changing(first=2, then=5), {"slots": 5}, id="slots are added"),
        pytest.param(always(None), Changing(first=8, then=3), {"slots": 3}, id="slots are taken away"),
    ],
)
def test_a_limit_that_changes_is_found_again(rate: Changing, slots: Changing, expected: dict[str, int]) -> None:
    gate = Gate(in_flight=None, rates=())
    provider = Secretive(rate=rate, slots=slots, job_s=lasting(100.0), retry_after_s=60.0)

    Buyer(gate=gate, provider=provider).buy(300)

    assert learned(gate) == expected
    assert len(provider.refused) <= 25


def test_a_limit_that_is_gone_is_outgrown() -> None:
    gate = Gate(in_flight=None, rates=())
    provider = Secretive(rate=Changing(first=2, then=None), job_s=lasting(60.0))

    Buyer(gate=gate, provider=provider).buy(400)

    assert max(_most_in_a_minute(provider.taken, since) for since in provider.taken) > 15


def _most_in_a_minute(taken: list[float], since: float) -> int:
    return bisect_left(taken, since + 60.0) - bisect_left(taken, since)


@settings(deadline=None)
@given(CHANGING, CHANGING, RATES, st.one_of(st.none(), st.integers(1, 6)), JOBS_S)
def test_whatever_it_hides_all_is_bought_in_the_end_and_no_known_limit_is_exceeded(
    rate: Changing, slots: Changing, rates: list[Rate], in_flight: int | None, job_s: list[float]
) -> None:
    gate = Gate(in_flight=in_flight, rates=tuple(rates))
    provider = Secretive(rate=rate, slots=slots, job_s=lasting(*job_s), retry_after_s=30.0)
    buyer = Buyer(gate=gate, provider=provider)

    took_s = buyer.buy(40)

    assert len(provider.taken) == 40
    arrived = sorted([*provider.taken, *provider.refused])
    for known in rates:
        assert all(later >= at + known.window_s for at, later in zip(arrived, arrived[known.count :], strict=False))
    lives = list(zip(provider.taken, provider.ends, strict=True))
    assert in_flight is None or max(sum(1 for a, b in lives if a <= at < b) for at, _ in lives) <= in_flight
    assert len(provider.refused) <= 3 * AT_ONCE + took_s / 60.0


@given(HIDDEN, HIDDEN, st.integers(0, 8))
def test_with_nothing_in_flight_one_may_leave_after_the_window(rate: int | None, slots: int | None, more: int) -> None:
    gate = Gate(in_flight=None, rates=())
    provider = Secretive(rate=always(rate), slots=always(slots))
    last_s = Buyer(gate=gate, provider=provider).buy(10 + more) + QUIETEST_S

    assert gate.ask(last_s) == Go()


def test_a_refusal_without_anything_taken_before_it_teaches_nothing() -> None:
    gate = Gate(in_flight=None, rates=())
    gate.start("a", 0.0)

    gate.answered("a", 0.5, "too much")
    gate.release("a")

    assert (gate.bounds, gate.ask(0.5)) == ((), Go())


def test_while_it_is_not_clear_which_limit_was_met_both_hold_and_the_gate_says_so() -> None:
    gate = Gate(in_flight=None, rates=())
    for key in "abc":
        gate.start(key, 0.0)
    gate.answered("a", 0.5, "taken")
    gate.answered("b", 0.5, "taken")
    gate.answered("c", 0.5, "too much")
    gate.release("c")

    assert list(map(str, gate.bounds)) == ["2 in flight (learned)", "2 a minute (learned)"]
    assert gate.ask(10.0) == Wait(until=60.5, why="limit of 2 in flight (learned)")
    gate.release("a")
    assert gate.ask(20.0) == Go()  # a job has ended: what is taken now refutes the rate
    gate.start("d", 20.0)
    gate.answered("d", 20.5, "taken")
    assert list(map(str, gate.bounds)) == ["2 in flight (learned)"]


def met_at_two(*, left: Sequence[float] = (0.0, 0.0), refused: float = 0.0) -> Gate:
    """Return a gate whose provider took `a` and `b`, and refused a third one: of which limit, nobody knows yet."""
    gate = Gate(in_flight=None, rates=())
    for key, at in zip("abc", (*left, refused), strict=True):
        gate.start(key, at)
        gate.answered(key, at + 0.5, "too much" if key == "c" else "taken")
    gate.release("c")
    return gate


@pytest.mark.parametrize(
    ("freed", "at", "answer", "left"),
    [
        pytest.param("a", 20.0, "taken", "2 in flight (learned)", id="the rate is refuted"),
        pytest.param("a", 20.0, "too much", "2 a minute (learned)", id="the slots are refuted"),
        pytest.param("", 61.0, "taken", "2 a minute (learned)", id="the slots are refuted by one more job"),
        pytest.param("", 61.0, "too much", "2 in flight (learned)", id="the rate is refuted in an empty window"),
    ],
)
def test_one_try_tells_which_of_two_limits_was_met(freed: str, at: float, answer: Answer, left: str) -> None:
    gate = met_at_two()
    for key in freed:
        gate.release(key)

    assert gate.ask(at) == Go()
    gate.start("d", at)
    gate.answered("d", at + 0.5, answer)

    assert list(map(str, gate.bounds)) == [left]


def test_a_refusal_where_one_limit_alone_can_be_met_refutes_the_other() -> None:
    gate = met_at_two()
    gate.release("a")
    gate.start("d", 61.0)  # beside one job, in an empty window: within both limits

    gate.answered("d", 61.5, "too much")

    assert list(map(str, gate.bounds)) == ["1 in flight (learned)"]


def test_a_refusal_where_no_limit_can_be_met_leaves_it_open_which_one_was() -> None:
    gate = met_at_two()
    gate.release("a")
    gate.release("b")
    gate.start("d", 61.0)
    gate.answered("d", 61.5, "too much")
    gate.release("d")

    for key in "ef":
        gate.start(key, 70.0)
        gate.answered(key, 70.5, "taken")
    gate.release("e")

    assert list(map(str, gate.bounds)) == ["2 in flight (learned)", "2 a minute (learned)"]
    assert gate.ask(75.0) == Go()  # a try that tells them apart waits for no quiet time


@pytest.mark.parametrize(
    ("left", "answered"),
    [
        pytest.param((0.0, 0.0), 65.0, id="those before it no longer count for sure"),
        pytest.param((0.0, 10.0), 65.0, id="one of them does, which is no more than the limit"),
    ],
)
def test_a_try_that_is_answered_when_its_window_has_passed_refutes_no_rate(
    left: tuple[float, float], answered: float
) -> None:
    gate = met_at_two(left=left, refused=11.0)
    gate.release("a")
    gate.start("d", 20.0)

    gate.answered("d", answered, "taken")

    assert list(map(str, gate.bounds)) == ["2 in flight (learned)", "2 a minute (learned)"]


def test_of_one_burst_only_the_first_refusal_cuts_and_what_was_taken_still_counts() -> None:
    gate = Gate(in_flight=None, rates=())
    for key in "abcdef":
        gate.start(key, 0.0)

    for key in "abcde":
        if key in "bd":
            gate.answered(key, 0.5, "too much")
            gate.release(key)
        else:
            gate.answered(key, 0.5, "taken")

    assert {bound.count for bound in gate.bounds} == {3}


def test_a_settled_limit_is_tried_again_ever_more_rarely() -> None:
    gate = Gate(in_flight=None, rates=())
    provider = Secretive(slots=always(1), job_s=lasting(60.0))

    Buyer(gate=gate, provider=provider).buy(200)

    probes = [at for at in provider.refused if at > QUIET_S / 2]
    gaps = [later - earlier for earlier, later in pairwise(probes)]
    assert all(later >= 0.9 * min(2 * earlier, QUIETEST_S) for earlier, later in pairwise(gaps))
    assert len(probes) <= 7


def test_a_gate_tells_who_set_each_limit_and_leaves_out_what_is_no_tighter() -> None:
    rate = Rate(count=5, window_s=60.0)
    gate = Gate(in_flight=4, rates=(rate,), own=Bounds(rates=(rate,)))
    for number in range(3):
        gate.start(str(number), 0.0)
        gate.answered(str(number), 0.5, "too much" if number == 2 else "taken")

    assert gate.bounds == (
        Bound(count=4, source=Source.MANIFEST),
        Bound(count=5, window_s=60.0, source=Source.PROVIDER),
        Bound(count=2, source=Source.LEARNED),
    )


def test_a_refusal_within_all_limits_that_the_provider_tells_is_a_mood_and_teaches_nothing() -> None:
    rate = Rate(count=5, window_s=60.0)
    gate = Gate(in_flight=4, rates=(rate,), own=Bounds(in_flight=4, rates=(rate,)))
    for number in range(3):
        gate.start(str(number), 0.0)
        gate.answered(str(number), 0.5, "too much" if number == 2 else "taken")

    assert [bound.source for bound in gate.bounds] == [Source.PROVIDER, Source.PROVIDER]
    assert gate.news() is None
