"""When to ask after a job: from the traits first, then from what was seen, and never out of bounds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.core.outlook.pace import LONGEST, SCOUTS, SHORTEST, SLOW, Pace, Usual

USUAL = Usual(first_s=20.0, every_s=10.0, job_s=180.0)
PLAIN, SCOUT = "plain", "item-22"  # keys that make no scout, and one
TAKEN = 1_767_225_600.0

ages = st.floats(min_value=-1e6, max_value=1e6)
looks = st.lists(st.tuples(ages, ages, st.booleans()), max_size=12)
"""Pairs of ages between which a job was pending, or ended."""


def followed(pace: Pace, life_s: float, *, key: str = PLAIN) -> tuple[int, float]:
    """Ask after one job until it is over; return how often, and how late its end was noticed in seconds."""
    asked, since = 0, TAKEN
    while True:
        at = pace.next_ask(key, accepted_at=TAKEN, pending_at=since)
        asked += 1
        if at >= TAKEN + life_s:
            pace.saw_end(accepted_at=TAKEN, since=since, at=at)
            return asked, at - TAKEN - life_s
        pace.saw_pending(accepted_at=TAKEN, since=since, at=at)
        since = at


def experienced(*lives_s: float) -> Pace:
    pace = Pace(USUAL)
    for life_s in lives_s:
        followed(pace, life_s)
    return pace


def taught(seen: list[tuple[float, float, bool]]) -> Pace:
    pace = Pace(USUAL)
    for since, at, is_over in seen:
        tell: Callable[..., None] = pace.saw_end if is_over else pace.saw_pending
        tell(accepted_at=TAKEN, since=TAKEN + since, at=TAKEN + at)
    return pace


def gap_s(pace: Pace, age: float = 0.0, *, key: str = PLAIN) -> float:
    return pace.next_ask(key, accepted_at=TAKEN, pending_at=TAKEN + age) - TAKEN - age


def test_before_anything_is_known_the_traits_say_when_to_ask() -> None:
    pace = Pace(USUAL)

    assert gap_s(pace) == pytest.approx(USUAL.first_s, rel=0.1)
    assert [gap_s(pace, age) for age in (20.0, 60.0, 180.0)] == [pytest.approx(USUAL.every_s, rel=0.1)] * 3


@pytest.mark.parametrize("life_s", [8.0, 60.0, 180.0, 300.0])
def test_jobs_that_take_the_same_are_soon_asked_after_in_time_and_seldom(life_s: float) -> None:
    asked, late_s = followed(experienced(*[life_s] * 12), life_s)

    assert asked <= 6  # 30 at the usual pace when a job takes 300 s
    assert late_s <= max(5.0, 0.05 * life_s)


def test_with_more_experience_fewer_requests_do() -> None:
    asked = [followed(experienced(*[300.0] * jobs), 300.0)[0] for jobs in (0, 5, 20, 160)]

    assert asked[0] > asked[1] > asked[2] > asked[3] == 2


@pytest.mark.parametrize(("before_s", "after_s"), [(60.0, 240.0), (240.0, 60.0)], ids=["slower", "faster"])
def test_jobs_that_take_another_time_than_before_are_followed(before_s: float, after_s: float) -> None:
    pace = experienced(*[before_s] * 60)

    for job in range(60):
        followed(pace, after_s, key=SCOUT if job % 16 == 0 else PLAIN)

    asked, late_s = followed(pace, after_s)
    assert asked <= 6
    assert late_s <= 10.0


def test_pending_jobs_tell_that_jobs_are_slow_before_the_first_of_them_has_ended() -> None:
    pace = experienced(*[60.0] * 20)
    before = gap_s(pace, 70.0)

    for _ in range(10):
        pace.saw_pending(accepted_at=TAKEN, since=TAKEN, at=TAKEN + 100.0)

    assert gap_s(pace, 70.0) > 2 * before


def test_a_job_that_was_called_about_tells_its_very_end() -> None:
    pace = Pace(USUAL)

    for _ in range(20):
        pace.saw_end(accepted_at=TAKEN, since=TAKEN, at=TAKEN + 400.0, called_at=TAKEN + 90.0)

    assert gap_s(pace) == pytest.approx(90.0, rel=0.1)


@pytest.mark.parametrize("life_s", [30.0, 60.0, 100.0])
def test_the_time_of_jobs_that_all_take_the_same_is_soon_known_to_a_second(life_s: float) -> None:
    assert gap_s(experienced(*[life_s] * 40)) == pytest.approx(life_s, abs=1.0)


@pytest.mark.parametrize(
    ("other_s", "age_s", "after_s", "waits_s"),
    [
        (40.0, 40.0, 0.3, SLOW * 0.5 - 0.3),
        (40.0, 40.0, 0.7, 0.0),
        (40.0, 45.0, 0.3, 0.0),
        (70.0, 70.0, 0.3, 0.0),
        (40.0, 40.0, -3600.0, 0.0),
    ],
    ids=["of the same age", "none came", "of another age", "likelier over", "the clock went back"],
)
def test_a_request_waits_for_the_answer_about_a_job_of_the_same_age(
    other_s: float, age_s: float, after_s: float, waits_s: float
) -> None:
    pace = experienced(*[60.0] * 20)
    for _ in range(40):
        pace.answered(0.5)
    asked_at, now = TAKEN, TAKEN + after_s
    pace.asked(accepted_at=asked_at - other_s, at=asked_at)

    until = pace.held_until(accepted_at=now - age_s, pending_at=now - age_s, now=now)

    assert until - now == pytest.approx(waits_s, abs=1e-3)


def test_a_scout_is_asked_after_earlier_and_is_one_job_of_every_few() -> None:
    pace = experienced(*[300.0] * 40)

    firsts = [gap_s(pace, key=f"item-{number}") for number in range(1600)]

    scouts = [first for first in firsts if first < 100.0]
    assert gap_s(pace, key=SCOUT) in scouts
    assert len(scouts) == pytest.approx(SCOUTS * 1600, rel=0.3)
    assert len({*firsts} - {*scouts}) == 1


def test_a_job_that_never_ends_is_still_asked_after() -> None:
    pace = experienced(*[60.0] * 40)

    assert all(gap_s(pace, hours * 3600.0) <= LONGEST * USUAL.every_s for hours in (1, 10, 1000))


@given(seen=looks, since=ages, at=ages, age=ages)
def test_one_more_pending_job_never_hastens_a_request(
    seen: list[tuple[float, float, bool]], since: float, at: float, age: float
) -> None:
    before, after = taught(seen), taught([*seen, (since, at, False)])

    assert gap_s(after, age) >= gap_s(before, age) - 1e-3


@given(seen=looks, age=ages, wanted=st.sampled_from((1, 0)), key=st.sampled_from((PLAIN, SCOUT)))
def test_whatever_was_seen_the_next_request_is_neither_at_once_nor_never(
    seen: list[tuple[float, float, bool]], age: float, wanted: int, key: str
) -> None:
    pace = taught(seen)
    pace.is_wanted = bool(wanted)

    assert SHORTEST * USUAL.every_s - 1e-3 <= gap_s(pace, age, key=key) <= LONGEST * USUAL.every_s + 1e-3


@given(seen=looks, age=ages)
def test_where_nobody_waits_it_is_never_asked_sooner(seen: list[tuple[float, float, bool]], age: float) -> None:
    pace = taught(seen)
    wanted = gap_s(pace, age)
    pace.is_wanted = False

    assert gap_s(pace, age) >= wanted
