from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from runner.core.life.state import Phase
from runner.core.limits.steering import Answer, Declined, Standing
from runner.model import Money
from runner.report.glance import WINDOW_S, Glance, Pace, glance_line, glance_lines, left_s

USD = Money(micros=1_300_000, currency="USD")
PLAIN = Glance(
    name="winks", at=1_767_225_600.0, committed=(USD,), holder="process 7 on here",
    phases={Phase.DONE: 3, Phase.RUNNING: 2, Phase.IN_DOUBT: 1, Phase.FAILED: 1, Phase.PLANNED: 4},
)  # fmt: skip


def pace_of(*looks: tuple[float, int]) -> float | None:
    """Return the pace after looks at these moments, with so many done."""
    pace = Pace()
    for at, done in looks:
        pace.note(replace(PLAIN, at=at, phases={Phase.DONE: done}))
    return pace.per_minute


@pytest.mark.parametrize(
    ("looks", "per_minute"),
    [
        pytest.param([(0.0, 5)], None, id="one look is no pace"),
        pytest.param([(0.0, 5), (0.0, 6)], None, id="no time went by"),
        pytest.param([(0.0, 5), (30.0, 7)], 4.0, id="two in half a minute"),
        pytest.param([(0.0, 0), (WINDOW_S, 60), (2 * WINDOW_S, 70)], 2.0, id="long ago is forgotten"),
        pytest.param([(0.0, 0), (9 * WINDOW_S, 45)], 1.0, id="a watcher that slept still knows the last two looks"),
        pytest.param([(0.0, 7), (30.0, 5)], 0.0, id="items tried again are no pace"),
    ],
)
def test_the_pace_is_that_of_the_last_minutes(looks: list[tuple[float, int]], per_minute: float | None) -> None:
    assert pace_of(*looks) == per_minute


def test_a_video_that_waits_for_a_person_is_at_rest_and_told() -> None:
    waiting = replace(PLAIN, phases={Phase.DONE: 3, Phase.REVIEW: 2, Phase.PLANNED: 4})
    assert (waiting.at_rest, waiting.left) == (5, 4)
    assert glance_lines(waiting, None)[0] == "winks: 3 of 9 videos done; 2 to review; 4 waiting"


def test_a_glance_says_where_everything_is_what_it_cost_and_how_long_it_takes() -> None:
    assert glance_lines(PLAIN, 2.0) == [
        "winks: 3 of 11 videos done; 1 being bought or in doubt; 2 at the provider; 1 failed; 4 waiting",
        "  money   1.30 USD spent or reserved",
        "  pace    2 a minute, about 4 min left",
        "  buying  not known: the run at work does not say",
        "  at work process 7 on here, seen at 2026-01-01T00:00:00.000Z",
    ]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (Standing(is_paused=False, is_over=False, why="", wait_s=None), "goes on"),
        (Standing(is_paused=False, is_over=True, why="", wait_s=None), "nothing is left to buy"),
        (Standing(is_paused=True, is_over=True, why="budget", wait_s=None), "over: budget"),
        (Standing(is_paused=False, is_over=False, why="rate", wait_s=95.0), "the next one waits 1 min 35 s: rate"),
        (Standing(is_paused=False, is_over=False, why="slots", wait_s=None), "the next one waits: slots"),
        (Standing(is_paused=True, is_over=False, why="", wait_s=None, left_out=("a",)), "paused; left out: a"),
        (Declined(why="another version"), "another version"),
    ],
)
def test_a_glance_says_how_buying_stands(told: Answer, words: str) -> None:
    assert glance_lines(replace(PLAIN, buying=told), 2.0)[3] == f"  buying  {words}"


def test_what_was_bought_at_a_price_that_is_not_known_is_no_nothing() -> None:
    unknown, both = replace(PLAIN, committed=(), unpriced=1), replace(PLAIN, unpriced=2)
    assert glance_lines(unknown, None)[1] == "  money   the unknown price of 1 item spent or reserved"
    assert glance_lines(both, None)[1] == "  money   1.30 USD and the unknown price of 2 items spent or reserved"


@pytest.mark.parametrize(
    ("per_minute", "phases", "words"),
    [
        (None, PLAIN.phases, "not known yet"),
        (0.0, PLAIN.phases, "nothing came to rest while it was watched (at most 5 min)"),
        (3.0, {Phase.DONE: 2}, "3 a minute, about 0 s left"),
    ],
)
def test_nothing_is_guessed_of_the_time_left(per_minute: float | None, phases: Mapping[Phase, int], words: str) -> None:
    assert glance_lines(replace(PLAIN, phases=phases), per_minute)[2] == f"  pace    {words}"


def test_without_anybody_at_work_a_doubt_is_one_and_nobody_is_named() -> None:
    first, *_, last = glance_lines(replace(PLAIN, holder=None), None)

    assert "; 1 in doubt;" in first
    assert last.startswith("  at work nobody, seen at ")


def test_a_program_gets_the_same_as_one_line_with_every_phase() -> None:
    document = json.loads(glance_line(PLAIN, 2.0))

    assert set(document["phases"]) == set(Phase)
    assert (document["phases"]["in_doubt"], document["phases"]["ready"]) == (1, 0)
    assert document["committed"] == [{"amount": "1.30", "currency": "USD"}]
    assert (document["per_minute"], document["left_s"], document["at_work"]) == (2.0, 210.0, "process 7 on here")
    assert left_s(PLAIN, None) is None
