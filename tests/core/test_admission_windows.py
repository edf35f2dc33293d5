"""Random histories of submits: however the provider counts them, no limit is exceeded, and nobody waits in vain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from runner.core.limits.admission import Gate, Go, Wait
from runner.model import Rate

RATES = st.lists(st.builds(Rate, count=st.integers(1, 4), window_s=st.integers(1, 30).map(float)), max_size=3)
WISHES = st.lists(st.tuples(st.integers(0, 10), st.integers(0, 40), st.integers(0, 60)), max_size=40)
"""Submits one after another: seconds since the last one was tried, seconds to its answer, seconds to its job's end."""


@dataclass(slots=True)
class Provider:
    """A provider to which submits leave through a gate; it may count each at any moment from start to answer."""

    gate: Gate
    submits: list[tuple[float, float]] = field(default_factory=list)
    _to_come: list[tuple[float, int, str, str]] = field(default_factory=list)

    def submit(self, now: float, *, answer_s: int, job_s: int) -> None:
        key = str(len(self.submits))
        self.gate.start(key, now)
        self.submits.append((now, now + answer_s))
        self._to_come += [(now + answer_s, 0, key, "answer"), (now + answer_s + job_s, 1, key, "end")]
        self._to_come.sort()

    def pass_time(self, until: float) -> float:
        """Let everything happen that happens up to `until`, or the very next thing when nothing bounds the wait."""
        if until == inf:
            until = self._to_come[0][0]
        while self._to_come and self._to_come[0][0] <= until:
            at, _, key, what = self._to_come.pop(0)
            if what == "answer":
                self.gate.answered(key, at)
            else:
                self.gate.release(key)
        return until


def played(gate: Gate, wishes: Sequence[tuple[int, int, int]]) -> Provider:
    """Submit every wish as soon as the gate lets it through, and never before."""
    provider, now = Provider(gate), 0.0
    for pause_s, answer_s, job_s in wishes:
        now = provider.pass_time(now + pause_s)
        while isinstance(verdict := gate.ask(now), Wait):
            assert verdict.until > now
            now = provider.pass_time(verdict.until)
        assert verdict == Go()
        provider.submit(now, answer_s=answer_s, job_s=job_s)
    return provider


def most_in_a_window(submits: Sequence[tuple[float, float]], window_s: float) -> int:
    """Return how many submits may fall into one window at worst, each counted when it hurts the most."""
    return max(
        (
            sum(1 for start, answer in submits if start < begin + window_s and answer >= begin)
            for begin in {moment for submit in submits for moment in submit}
        ),
        default=0,
    )


@given(RATES, WISHES)
def test_no_window_ever_holds_more_than_its_count(rates: list[Rate], wishes: list[tuple[int, int, int]]) -> None:
    provider = played(Gate(in_flight=None, rates=tuple(rates)), wishes)

    for rate in rates:
        assert most_in_a_window(provider.submits, rate.window_s) <= rate.count


@given(st.integers(1, 4), RATES, WISHES)
def test_no_more_jobs_live_at_one_time_than_there_are_slots(
    in_flight: int, rates: list[Rate], wishes: list[tuple[int, int, int]]
) -> None:
    provider = played(Gate(in_flight=in_flight, rates=tuple(rates)), wishes)

    lives = [(start, answer + job_s) for (start, answer), (_, _, job_s) in zip(provider.submits, wishes, strict=True)]
    for begin, _ in lives:
        assert sum(1 for start, end in lives if start <= begin < end) <= in_flight


@given(st.builds(Rate, count=st.integers(1, 4), window_s=st.integers(1, 30).map(float)), WISHES)
def test_earlier_runs_and_this_one_share_a_window(rate: Rate, wishes: list[tuple[int, int, int]]) -> None:
    earlier = played(Gate(in_flight=None, rates=(rate,)), wishes)
    begin = max((answer for _, answer in earlier.submits), default=0.0)
    gate = Gate(in_flight=None, rates=(rate,))
    gate.remember((answer - begin for _, answer in earlier.submits), now=0.0)

    later = played(gate, wishes)

    both = [(start - begin, answer - begin) for start, answer in earlier.submits] + later.submits
    assert most_in_a_window(both, rate.window_s) <= rate.count


@given(st.builds(Rate, count=st.integers(1, 4), window_s=st.integers(1, 30).map(float)), st.integers(1, 30))
def test_nobody_waits_longer_than_the_limit_asks(rate: Rate, count: int) -> None:
    provider = played(Gate(in_flight=None, rates=(rate,)), [(0, 0, 0)] * count)

    assert [start for start, _ in provider.submits] == [n // rate.count * rate.window_s for n in range(count)]
