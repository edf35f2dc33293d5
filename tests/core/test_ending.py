"""What the process tells its caller: first what stopped the run, then the worst of what is left."""

from __future__ import annotations

from itertools import combinations

import pytest

from runner.core.life.lifecycle import Outcome
from runner.core.sums.ending import Ending, exit_code
from runner.errors import Exit

ALL_BAD = dict.fromkeys(Outcome, 1)


@pytest.mark.parametrize(
    ("left", "ending", "code"),
    [
        pytest.param({}, Ending.FINISHED, Exit.OK, id="nothing was left to do"),
        pytest.param({Outcome.DONE: 9}, Ending.FINISHED, Exit.OK, id="all done"),
        pytest.param({Outcome.DONE: 9, Outcome.SKIPPED: 2}, Ending.FINISHED, Exit.OK, id="skipped ones do not matter"),
        pytest.param({Outcome.FAILED: 1}, Ending.FINISHED, Exit.FAILED, id="failed"),
        pytest.param({Outcome.REVIEW: 1, Outcome.DONE: 9}, Ending.FINISHED, Exit.IN_DOUBT, id="review"),
        pytest.param({Outcome.OPEN: 1}, Ending.FINISHED, Exit.STOPPED, id="open leftovers"),
        pytest.param({Outcome.OPEN: 1, Outcome.FAILED: 1}, Ending.FINISHED, Exit.FAILED, id="failed before open"),
        pytest.param(ALL_BAD, Ending.FINISHED, Exit.IN_DOUBT, id="doubt before failure"),
        pytest.param(ALL_BAD, Ending.DEADLINE, Exit.STOPPED, id="deadline before doubt"),
        pytest.param(ALL_BAD, Ending.BUDGET, Exit.BUDGET, id="budget"),
        pytest.param(ALL_BAD, Ending.QUOTA_CLOSED, Exit.BUDGET, id="balance"),
        pytest.param(ALL_BAD, Ending.AUTH_CLOSED, Exit.PROVIDER, id="key refused"),
        pytest.param(ALL_BAD, Ending.HALTED, Exit.FOLDER, id="disk full"),
        pytest.param(ALL_BAD, Ending.INTERRUPTED_INT, Exit.SIGINT, id="Ctrl-C"),
        pytest.param(ALL_BAD, Ending.INTERRUPTED_TERM, Exit.SIGTERM, id="SIGTERM"),
        pytest.param(ALL_BAD, Ending.INTERRUPTED_HUP, Exit.SIGHUP, id="SIGHUP"),
    ],
)
def test_the_exit_code_follows_from_the_ending_and_from_what_is_left(
    left: dict[Outcome, int], ending: Ending, code: Exit
) -> None:
    assert exit_code(left, ending) is code


@pytest.mark.parametrize("ending", list(Ending))
def test_every_ending_has_an_exit_code(ending: Ending) -> None:
    assert exit_code({}, ending) in Exit


WORST_FIRST = (Outcome.IN_DOUBT, Outcome.REVIEW, Outcome.FAILED, Outcome.OPEN)


@pytest.mark.parametrize(("worse", "better"), list(combinations(WORST_FIRST, 2)))
def test_the_worst_of_what_is_left_decides(worse: Outcome, better: Outcome) -> None:
    left = {better: 100, worse: 1}

    assert exit_code(left, Ending.FINISHED) is exit_code({worse: 1}, Ending.FINISHED)


@pytest.mark.parametrize("ending", [ending for ending in Ending if ending is not Ending.FINISHED])
def test_a_run_that_was_stopped_never_says_that_all_is_well(ending: Ending) -> None:
    assert exit_code({Outcome.DONE: 9}, ending) is not Exit.OK


@pytest.mark.parametrize("outcome", Outcome)
def test_what_is_counted_as_none_does_not_matter(outcome: Outcome) -> None:
    assert exit_code({outcome: 0}, Ending.FINISHED) is Exit.OK
