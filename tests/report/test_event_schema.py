"""The lines of `s2v log` and `--events` are what `s2v schema event` says, whatever happens to an item."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft7Validator
from told_lives import BARE, FULL, OTHERS, lives

from runner.core.life.lifecycle import fold
from runner.core.limits.steering import Adjusted, Answer, Change, LeftOut, Paused, Resumed, Tighter
from runner.events import Event, Stamped
from runner.report.document import event_line
from runner.report.steered import steered_line

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "event.schema.json").read_text("utf-8"))
VALIDATOR = Draft7Validator(SCHEMA, format_checker=Draft7Validator.FORMAT_CHECKER)
STATE = fold([Stamped(at=0.0, event=FULL[next(iter(FULL))])])
FACTS = [event for told in (FULL, BARE, OTHERS) for event in told.values()]


def line(event: Event) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(event_line(STATE, Stamped(at=1.5, event=event)))
    return document


@pytest.mark.parametrize("event", FACTS, ids=lambda event: type(event).__name__)
def test_every_fact_is_as_the_schema_says(event: Event) -> None:
    VALIDATOR.validate(line(event))


@pytest.mark.parametrize("event", FULL.values(), ids=lambda event: type(event).__name__)
def test_a_field_more_or_less_is_refused(event: Event) -> None:
    told = line(event)

    assert not VALIDATOR.is_valid(told | {"facts": told["facts"] | {"mood": 1}})
    for name in told["facts"]:
        fewer = {key: value for key, value in told["facts"].items() if key != name}
        assert not VALIDATOR.is_valid(told | {"facts": fewer})


@given(lives("wink"))
def test_every_life_is_as_the_schema_says(history: list[Stamped]) -> None:
    for number, stamped in enumerate(history, 1):
        VALIDATOR.validate(json.loads(event_line(fold(history[:number]), stamped)))


@pytest.mark.parametrize(
    "answer",
    [
        Adjusted(
            changes=(
                Change(limit="rate", now="2 in 60 s", before=None),
                Change(limit="in_flight", now="4", before="8"),
            ),
            tighter=(Tighter(provider="vapi", limit="rate", holds="1 in 60 s"),),
        ),
        Paused(under_way=3),
        Resumed(is_news=False),
        LeftOut(names=("wink-*",), under_way=("wink-1",)),
    ],
    ids=lambda answer: type(answer).__name__,
)
def test_what_a_person_changed_is_as_the_schema_says(answer: Answer) -> None:
    told = json.loads(steered_line(1.5, answer))

    VALIDATOR.validate(told)
    assert not VALIDATOR.is_valid(told | {"facts": {}})


def test_every_event_is_named_once() -> None:
    assert SCHEMA["properties"]["event"]["enum"] == [
        *(cls.__name__.lower() for cls in FULL), "adjusted", "paused", "resumed", "leftout"
    ]  # fmt: skip
