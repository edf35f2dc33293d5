"""The stop-loss: how much may fail before nothing more is bought."""

from __future__ import annotations

import pytest

from runner.core.life.lifecycle import Outcome
from runner.core.limits.stop_loss import StopLoss
from runner.core.sums.ending import Ending
from runner.model import StopAfter


def after(failed: int, done: int, rule: StopAfter | None) -> StopLoss:
    loss = StopLoss(rule)
    for outcome in [Outcome.FAILED] * failed + [Outcome.DONE] * done:
        loss.count(outcome)
    return loss


@pytest.mark.parametrize(
    ("rule", "failed", "done", "is_closed"),
    [
        pytest.param(None, 99, 0, False, id="no rule"),
        pytest.param(StopAfter(failures=3), 2, 0, False, id="one short"),
        pytest.param(StopAfter(failures=3), 3, 99, True, id="as many"),
        pytest.param(StopAfter(failures=3, share=0.5), 3, 4, False, id="enough, but a small share"),
        pytest.param(StopAfter(failures=3, share=0.5), 3, 3, True, id="enough, and the share"),
        pytest.param(StopAfter(failures=3, share=0.5), 2, 0, False, id="the share, but too few"),
        pytest.param(StopAfter(share=0.5), 9, 0, False, id="a share of too little says nothing"),
        pytest.param(StopAfter(share=0.5), 5, 5, True, id="a share of ten"),
        pytest.param(StopAfter(share=0.5), 4, 6, False, id="a smaller share of ten"),
        pytest.param(StopAfter(share=0.1), 0, 99, False, id="nothing failed"),
    ],
)
def test_buying_ends_when_too_much_has_failed(rule: StopAfter, failed: int, done: int, *, is_closed: bool) -> None:
    assert (after(failed, done, rule).closed is not None) is is_closed


def test_it_says_how_much_failed_and_ends_the_run_as_a_stop_loss() -> None:
    closed = after(3, 1, StopAfter(failures=3)).closed

    assert closed is not None
    assert closed.ending is Ending.DEADLINE
    assert closed.why == "stop-loss: 3 of 4 items that this run finished have failed"


def test_what_is_open_or_in_doubt_counts_for_neither() -> None:
    loss = after(9, 0, StopAfter(share=0.5))
    loss.count(Outcome.OPEN)
    loss.count(Outcome.IN_DOUBT)

    assert loss.closed is None
