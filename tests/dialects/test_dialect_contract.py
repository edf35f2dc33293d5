"""The contract of every dialect: recorded transcripts, the shape of its calls, and its traits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import combinations
from typing import Any

import pytest
from recordings import SPOKEN, TRANSCRIPTS
from transcripts import FLOWS, ITEM, SITUATIONS, Exchange, FlowName, begin, play, reply

from runner.dialects.seam import Call, Dialect, Fact, No, Pending, PortraitSlot
from runner.model import Kind, Portrait

STATUS_KEYS = {"status", "phase"}
MARKS = {f"{mark}: " for mark in "DPCI"}

each_dialect = pytest.mark.parametrize("dialect", SPOKEN.values(), ids=SPOKEN)
each_flow = pytest.mark.parametrize("flow", FLOWS)
ORDERS = [(name, form) for name, dialect in SPOKEN.items() for form in (None, *dialect.forms)]
each_order = pytest.mark.parametrize(
    ("dialect", "form"), [(SPOKEN[name], form) for name, form in ORDERS], ids=[f"{n}, {f}" for n, f in ORDERS]
)


def first_call(dialect: Dialect, flow: FlowName, **options: Any) -> Call:
    return next(begin(dialect, flow, **options))


def strings_and_slots(part: Any) -> Iterator[Any]:
    if isinstance(part, dict | list):
        for each in part.values() if isinstance(part, dict) else part:
            yield from strings_and_slots(each)
    else:
        yield part


def test_every_dialect_has_transcripts() -> None:
    assert TRANSCRIPTS.keys() == SPOKEN.keys()


@pytest.mark.parametrize("name", SPOKEN)
@each_flow
def test_every_dialect_was_heard_in_every_situation(name: str, flow: FlowName) -> None:
    heard = {each.situation for each in TRANSCRIPTS[name] if each.flow == flow}

    assert heard >= SITUATIONS[flow]


@pytest.mark.parametrize(
    ("name", "exchange"),
    [
        pytest.param(name, each, id=f"{name}, {each.flow}: {each.situation}")
        for name, exchanges in TRANSCRIPTS.items()
        for each in exchanges
    ],
)
def test_a_reply_means_what_was_recorded(name: str, exchange: Exchange) -> None:
    calls, outcome = play(begin(SPOKEN[name], exchange.flow), exchange.reply)

    assert outcome == exchange.outcome
    assert len(calls) == 1


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_every_reply_that_was_recorded_says_where_it_is_known_from_and_how_surely(name: str) -> None:
    assert [each.situation for each in TRANSCRIPTS[name] if each.source[:3] not in MARKS] == []


@each_dialect
@each_flow
def test_a_call_names_a_path_and_never_a_host(dialect: Dialect, flow: FlowName) -> None:
    call = first_call(dialect, flow)

    assert call.path.startswith("/")
    assert "//" not in call.path
    assert all(isinstance(value, str) and value for value in call.query.values())


@each_order
def test_a_submit_posts_the_portrait_and_the_prompt_once(dialect: Dialect, form: str | None) -> None:
    call = first_call(dialect, "submit", form=form)

    parts = list(strings_and_slots(call.body))
    assert call.method == "POST"
    assert parts.count(PortraitSlot(portrait=ITEM.portrait)) == 1
    assert parts.count(ITEM.prompt) == 1
    assert ITEM.prompt_optimizer in parts


@each_order
def test_an_absent_prompt_is_left_out_and_never_sent_empty(dialect: Dialect, form: str | None) -> None:
    call = first_call(dialect, "submit", item=replace(ITEM, prompt=None), form=form)

    assert not {None, ""} & {part for part in strings_and_slots(call.body) if part is None or isinstance(part, str)}


@each_dialect
def test_the_surest_form_is_the_one_that_is_not_named(dialect: Dialect) -> None:
    surest = next(iter(dialect.forms), None)

    assert first_call(dialect, "submit", form=surest) == first_call(dialect, "submit")


@each_dialect
def test_two_forms_put_the_order_in_two_ways(dialect: Dialect) -> None:
    calls = [first_call(dialect, "submit", form=form) for form in dialect.forms]

    assert all(one != other for one, other in combinations(calls, 2))


@each_dialect
def test_a_portrait_at_a_url_takes_the_same_place(dialect: Dialect) -> None:
    remote = Portrait(ref="https://example.org/anna.png", sha256="b" * 64)

    call = first_call(dialect, "submit", item=replace(ITEM, portrait=remote))

    assert PortraitSlot(portrait=remote) in list(strings_and_slots(call.body))


@each_dialect
def test_the_key_that_makes_a_submit_repeatable_goes_with_it(dialect: Dialect) -> None:
    assert first_call(dialect, "submit", key="token").idempotency_key == "token"
    assert first_call(dialect, "submit").idempotency_key is None


@each_dialect
@pytest.mark.parametrize("flow", ["poll", "locate"])
def test_what_costs_nothing_only_reads(dialect: Dialect, flow: FlowName) -> None:
    call = first_call(dialect, flow)

    assert (call.method, call.body, call.idempotency_key) == ("GET", None, None)


@each_dialect
@each_flow
@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, Kind.TRANSIENT), (502, Kind.TRANSIENT), (504, Kind.TRANSIENT), (401, Kind.AUTH), (403, Kind.AUTH),
     (402, Kind.QUOTA), (418, Kind.UNKNOWN), (204, Kind.UNKNOWN)],
)  # fmt: skip
def test_a_status_alone_is_sorted_to_the_safe_side(dialect: Dialect, flow: FlowName, status: int, kind: Kind) -> None:
    _, outcome = play(begin(dialect, flow), reply(text="", status=status, retry_after_s=9.0))

    assert isinstance(outcome, No)
    assert outcome.verdict.kind is kind


@each_dialect
@each_flow
def test_a_throttle_is_told_with_how_long_to_wait_and_never_taken_for_more_than_it_proves(
    dialect: Dialect, flow: FlowName
) -> None:
    _, outcome = play(begin(dialect, flow), reply(text="", status=429, retry_after_s=9.0))

    is_unsure = flow == "submit" and "throttled" in dialect.options
    assert isinstance(outcome, No)
    assert outcome.verdict.kind is (Kind.UNKNOWN if is_unsure else Kind.RATE)
    assert outcome.verdict.retry_after_s == 9.0


@each_dialect
def test_a_paid_call_without_a_job_is_in_doubt_unless_it_was_refused_in_as_many_words(dialect: Dialect) -> None:
    for unreadable in (reply(text="<html>"), reply(text=""), reply([]), reply("ok"), reply({"task_id": None})):
        _, outcome = play(begin(dialect, "submit"), unreadable)

        assert isinstance(outcome, No)
        assert outcome.verdict.kind in {Kind.UNKNOWN, Kind.TRANSIENT}


def with_status(part: Any, word: str) -> Any:
    """Return a document with another status word, wherever it has one."""
    if isinstance(part, list):
        return [with_status(each, word) for each in part]
    if not isinstance(part, dict):
        return part
    return {key: word if key in STATUS_KEYS else with_status(value, word) for key, value in part.items()}


@pytest.mark.parametrize("name", TRANSCRIPTS)
@pytest.mark.parametrize("word", ["Resting", "SUCCESSFUL", "failing", "??", "完成"])
def test_a_word_that_nobody_knows_is_pending_and_kept(name: str, word: str) -> None:
    (heard,) = (each for each in TRANSCRIPTS[name] if (each.flow, each.situation) == ("poll", "pending"))

    _, outcome = play(begin(SPOKEN[name], "poll"), reply(with_status(heard.reply.document, word)))

    assert outcome == Pending(status=word)


@each_dialect
def test_every_trait_says_where_it_is_known_from(dialect: Dialect) -> None:
    facts = [getattr(dialect.traits, field.name) for field in fields(dialect.traits)]

    for fact in facts:
        if isinstance(fact, Fact):
            assert fact.source
            assert fact.mark in {"D", "P", "C", "I", "U"}


@each_dialect
def test_traits_are_numbers_that_can_be_lived_with(dialect: Dialect) -> None:
    traits = dialect.traits

    assert traits.title
    assert traits.host_env
    assert traits.poll.value.first_s > 0
    assert traits.poll.value.every_s > 0
    assert traits.unseen_job_s.value >= 0
    assert traits.rate.value is None or (traits.rate.value.count >= 1 and traits.rate.value.window_s > 0)
    assert traits.in_flight.value is None or traits.in_flight.value >= 1
    assert traits.price.value is None or traits.price.value.micros >= 0


@each_dialect
def test_a_key_travels_only_under_tls(dialect: Dialect) -> None:
    traits = dialect.traits

    assert traits.key_env is None or traits.base_url.value.startswith("https://")


def test_no_two_providers_share_a_variable() -> None:
    names = [name for each in SPOKEN.values() for name in (each.traits.host_env, each.traits.key_env) if name]

    assert len(names) == len(set(names))
