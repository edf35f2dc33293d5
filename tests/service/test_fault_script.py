"""When a rule of a fault script strikes: counts, chances, and which occasions fit."""

from __future__ import annotations

import random
import re

import pytest

from runner.service.faults import Answer, Effect, HangUp, NoFile, Occasion, Operation, Rule, Script, Stuck, When
from runner.service.order import Status

FAULT = Answer(status=503)


def occasion(
    digest: str = "a", *, dialect: str = "minimax", operation: Operation = Operation.SUBMIT, prompt: str | None = "wink"
) -> Occasion:
    return Occasion(dialect=dialect, operation=operation, prompt=prompt, digest=digest)


def struck(when: When, occasions: list[Occasion], effect: Effect = FAULT) -> list[int]:
    """Return which of the occasions are struck; the first is 1."""
    script = Script(rules=(Rule(when=when, effect=effect),))
    return [n for n, each in enumerate(occasions, 1) if script.strike(each) is not None]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        pytest.param(When(), [1, 2, 3, 4, 5, 6], id="always"),
        pytest.param(When(nth=frozenset({2, 5})), [2, 5], id="nth"),
        pytest.param(When(first=2), [1, 2], id="first"),
        pytest.param(When(after=4), [5, 6], id="after"),
        pytest.param(When(every=3), [3, 6], id="every"),
        pytest.param(When(after=1, first=3), [2, 3], id="after and first"),
        pytest.param(When(probability=0.0), [], id="never"),
        pytest.param(When(probability=1.0), [1, 2, 3, 4, 5, 6], id="surely"),
        pytest.param(When(nth=frozenset({1}), each_order=True), [1, 2], id="first of each order"),
        pytest.param(When(every=2, each_order=True), [3, 4, 6], id="every second of each order"),
    ],
)
def test_a_rule_counts_what_fits_it(when: When, expected: list[int]) -> None:
    assert struck(when, [occasion(digest) for digest in "abbaaa"]) == expected


def test_what_does_not_fit_is_not_counted() -> None:
    when = When(nth=frozenset({2}), prompt=re.compile("wink"), dialects=frozenset({"vapi", "minimax"}))
    others = [occasion(prompt="smile"), occasion(prompt=None), occasion(dialect="modellix")]
    assert struck(when, [occasion(), *others, occasion(dialect="vapi"), occasion()]) == [5]


@pytest.mark.parametrize(
    ("effect", "operations"),
    [
        (FAULT, [Operation.SUBMIT, Operation.QUERY, Operation.RETRIEVE, Operation.DOWNLOAD]),
        (Stuck(status=Status.QUEUED), [Operation.QUERY]),
        (NoFile(), [Operation.RESULT]),
    ],
)
def test_without_an_operation_a_rule_is_about_all_where_it_can_happen(
    effect: Effect, operations: list[Operation]
) -> None:
    everywhere = [occasion(operation=operation) for operation in Operation]
    assert [everywhere[n - 1].operation for n in struck(When(), everywhere, effect)] == operations


def test_the_first_rule_that_strikes_wins_and_the_others_count_on() -> None:
    rules = (
        Rule(when=When(nth=frozenset({2})), effect=HangUp()),
        Rule(when=When(every=2), effect=FAULT),
    )
    script = Script(rules=rules)
    assert [script.strike(occasion()) for _ in range(4)] == [None, HangUp(), None, FAULT]


def test_a_chance_is_the_same_whatever_the_order_of_requests() -> None:
    orders = [f"order {n}" for n in range(200)]
    shuffled = random.Random(1).sample(orders, len(orders))

    def hit(sequence: list[str], seed: int) -> set[str]:
        script = Script(rules=(Rule(when=When(probability=0.3), effect=FAULT),), seed=seed)
        return {digest for digest in sequence if script.strike(occasion(digest))}

    assert hit(orders, 7) == hit(shuffled, 7)
    assert hit(orders, 7) != hit(orders, 8)
    assert 40 <= len(hit(orders, 7)) <= 80
