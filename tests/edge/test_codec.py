from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from told_lives import BARE, FULL

from runner.edge.journal.codec import EVENT_TYPES, from_json, to_json
from runner.events import Accepted, Event, Planned, Settled
from runner.judgement import Likeness
from runner.model import (
    Artifact,
    Backoff,
    Clip,
    Item,
    Job,
    Money,
    Output,
    Portrait,
    ProviderSettings,
    Rate,
    RetryPolicy,
    Verdict,
)

GOLDEN = Path(__file__).parent / "golden" / "events.jsonl"
VALUES = (Artifact, Backoff, Clip, Item, Job, Money, Output, Portrait, ProviderSettings, Rate, RetryPolicy, Verdict)


DISTANCES = st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False)).map(tuple)
st.register_type_strategy(Likeness, st.builds(Likeness, distances=st.none() | DISTANCES))  # it refuses all others


def there_and_back(value: object) -> object:
    return from_json(type(value), json.loads(json.dumps(to_json(value))))


def test_every_event_type_has_an_example() -> None:
    assert set(FULL) == set(EVENT_TYPES.values())


@pytest.mark.parametrize("event", FULL.values(), ids=lambda event: type(event).__name__)
def test_an_event_with_all_its_fields_comes_back_the_same(event: Event) -> None:
    assert there_and_back(event) == event


@pytest.mark.parametrize("event", BARE.values(), ids=lambda event: type(event).__name__)
def test_an_event_without_its_optional_fields_comes_back_the_same(event: Event) -> None:
    assert there_and_back(event) == event


@pytest.mark.parametrize("event", BARE.values(), ids=lambda event: type(event).__name__)
def test_what_is_none_is_not_written(event: Event) -> None:
    assert "null" not in json.dumps(to_json(event))


@pytest.mark.parametrize("cls", [*EVENT_TYPES.values(), *VALUES], ids=lambda cls: cls.__name__)
@settings(max_examples=10)
@given(data=st.data())
def test_any_value_of_any_type_comes_back_the_same(cls: type, data: st.DataObject) -> None:
    value = data.draw(st.from_type(cls))
    assume("nan" not in repr(value))  # which does not equal itself
    assert there_and_back(value) == value


def test_the_form_on_disk_has_not_changed(update_golden: bool) -> None:  # noqa: FBT001 - a fixture
    lines = [
        json.dumps({"kind": kind, "full": to_json(FULL[cls]), "bare": to_json(BARE[cls]) if cls in BARE else None})
        for kind, cls in EVENT_TYPES.items()
    ]
    if update_golden:
        GOLDEN.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8").splitlines() == lines


def test_every_line_ever_written_can_be_read() -> None:
    for line in GOLDEN.read_text(encoding="utf-8").splitlines():
        told: dict[str, Any] = json.loads(line)
        cls = EVENT_TYPES[told["kind"]]
        assert from_json(cls, told["full"]) == FULL[cls]


def test_a_fact_that_lacks_a_later_field_with_a_default_still_reads() -> None:
    written_before_takes: dict[str, Any] = to_json(FULL[Planned])
    del written_before_takes["item"]["take"]
    read = from_json(Planned, written_before_takes)
    assert read.item.take == 1


@pytest.mark.parametrize(
    ("cls", "document", "words"),
    [
        pytest.param(Accepted, {"job_id": "1", "colour": "red"}, "Accepted has no field 'colour'", id="later field"),
        pytest.param(Accepted, {}, "missing 1 required keyword-only argument: 'job_id'", id="missing field"),
        pytest.param(Accepted, {"job_id": 17}, "expected str, found 17", id="number for text"),
        pytest.param(Accepted, ["job_id"], "expected dict, found", id="list for an object"),
        pytest.param(Accepted, None, "expected dict, found None", id="null for an object"),
        pytest.param(Settled, {"decision": "guess"}, "expected one of adopt, resubmit, abandon", id="unknown word"),
        pytest.param(Verdict, {"kind": "mood", "code": "", "words": ""}, "'mood' is not a valid Kind", id="kind"),
        pytest.param(Money, {"micros": True, "currency": "USD"}, "expected int, found True", id="truth"),
        pytest.param(Rate, {"count": 1, "window_s": "60"}, "expected a number, found '60'", id="text"),
        pytest.param(Item, {"tags": "abc"}, "expected list, found 'abc'", id="text for a list"),
    ],
)  # fmt: skip
def test_what_is_no_such_value_is_refused_with_the_reason(cls: type, document: Mapping[str, Any], words: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        from_json(cls, document)
    assert words in str(caught.value)
