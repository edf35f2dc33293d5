"""What is said of a change that a person made to a run from outside."""

from __future__ import annotations

import pytest

from runner.core.limits.steering import LeftOut
from runner.report.steered import steered_words


def test_of_several_it_is_said_that_they_are_paid_for() -> None:
    answer = LeftOut(names=("f*",), under_way=("f1", "f2"))

    assert steered_words(answer).endswith("; too late for f1, f2, which are paid for or may be")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("a",), "too late to leave out a, which is paid for or may be"),
        (
            ("a", "b"),
            "what is not yet bought of a, b is left out of this run; too late for a, which is paid for or may be",
        ),
        (("a*",), "what is not yet bought of a* is left out of this run; too late for a, which is paid for or may be"),
    ],
    ids=["that alone", "beside others", "a pattern"],
)
def test_what_cannot_be_left_out_any_more_is_not_said_to_be(names: tuple[str, ...], words: str) -> None:
    assert steered_words(LeftOut(names=names, under_way=("a",))) == words
