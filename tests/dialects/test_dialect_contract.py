"""The contract of every dialect in the registry: recorded transcripts, the shape of its calls, and its traits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transcripts import ITEM, SITUATIONS, TRANSCRIPTS, Exchange, FlowName, begin, play, reply

from runner.dialects.registry import DIALECTS
from runner.dialects.seam import Call, Dialect, Fact, Failed, Made, No, Pending, PortraitSlot, Taken
from runner.model import Download, Kind, Portrait

FLOWS: tuple[FlowName, ...] = ("submit", "poll", "locate")
CONCLUSIONS: dict[FlowName, tuple[type, ...]] = {
    "submit": (Taken, No), "poll": (Pending, Made, Failed, No), "locate": (Download, No),
}  # fmt: skip
MOST_CALLS = 3  # of one flow: a flow asks, it does not wait

each_dialect = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
each_flow = pytest.mark.parametrize("flow", FLOWS)


def first_call(dialect: Dialect, flow: FlowName, **options: Any) -> Call:
    return next(begin(dialect, flow, **options))


def strings_and_slots(part: Any) -> Iterator[Any]:
    if isinstance(part, dict | list):
        for each in part.values() if isinstance(part, dict) else part:
            yield from strings_and_slots(each)
    else:
        yield part


def test_every_dialect_has_transcripts() -> None:
    assert TRANSCRIPTS.keys() == DIALECTS.keys()


@pytest.mark.parametrize("name", DIALECTS)
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
    calls, outcome = play(begin(DIALECTS[name], exchange.flow), exchange.reply)

    assert outcome == exchange.outcome
    assert len(calls) == 1


@each_dialect
@each_flow
def test_a_call_names_a_path_and_never_a_host(dialect: Dialect, flow: FlowName) -> None:
    call = first_call(dialect, flow)

    assert call.path.startswith("/")
    assert "//" not in call.path
    assert all(isinstance(value, str) and value for value in call.query.values())


@each_dialect
def test_a_submit_posts_the_portrait_and_the_prompt_once(dialect: Dialect) -> None:
    call = first_call(dialect, "submit")

    parts = list(strings_and_slots(call.body))
    assert call.method == "POST"
    assert parts.count(PortraitSlot(portrait=ITEM.portrait)) == 1
    assert parts.count(ITEM.prompt) == 1
    assert ITEM.prompt_optimizer in parts


@each_dialect
def test_an_absent_prompt_is_left_out_and_never_sent_empty(dialect: Dialect) -> None:
    call = first_call(dialect, "submit", item=replace(ITEM, prompt=None))

    assert not {None, ""} & {part for part in strings_and_slots(call.body) if part is None or isinstance(part, str)}


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
    [(500, Kind.TRANSIENT), (502, Kind.TRANSIENT), (504, Kind.TRANSIENT), (429, Kind.RATE), (401, Kind.AUTH),
     (403, Kind.AUTH), (402, Kind.QUOTA), (418, Kind.UNKNOWN), (204, Kind.UNKNOWN)],
)  # fmt: skip
def test_a_status_alone_is_sorted_to_the_safe_side(dialect: Dialect, flow: FlowName, status: int, kind: Kind) -> None:
    _, outcome = play(begin(dialect, flow), reply(text="", status=status, retry_after_s=9.0))

    assert isinstance(outcome, No)
    assert outcome.verdict.kind is kind
    assert kind is not Kind.RATE or outcome.verdict.retry_after_s == 9.0


@each_dialect
def test_a_paid_call_without_a_job_is_in_doubt_unless_it_was_refused_in_as_many_words(dialect: Dialect) -> None:
    for unreadable in (reply(text="<html>"), reply(text=""), reply([]), reply("ok"), reply({"task_id": None})):
        _, outcome = play(begin(dialect, "submit"), unreadable)

        assert isinstance(outcome, No)
        assert outcome.verdict.kind in {Kind.UNKNOWN, Kind.TRANSIENT}


WORDS = st.text(st.characters(categories=["L", "N", "P", "Z", "Cs", "Cc"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(-(10**400), 10**400) | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
KNOWN_KEYS = ("task_id", "status", "file_id", "video_width", "data", "error", "code", "message", "result")
PLAUSIBLE = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(KNOWN_KEYS, JSON),
        "base_resp": JSON | st.fixed_dictionaries({}, optional={"status_code": JSON, "status_msg": JSON}),
        "file": JSON | st.fixed_dictionaries({}, optional={"download_url": JSON, "backup_download_url": JSON}),
    },
)


@each_dialect
@each_flow
@given(document=JSON | PLAUSIBLE, status=st.integers(100, 599))
def test_no_answer_makes_a_flow_raise(dialect: Dialect, flow: FlowName, document: Any, status: int) -> None:
    calls, outcome = play(begin(dialect, flow), reply(document, status=status, text="..."))

    assert isinstance(outcome, CONCLUSIONS[flow])
    assert len(calls) <= MOST_CALLS


@each_dialect
@given(document=PLAUSIBLE, status=st.integers(100, 599))
def test_what_a_flow_concludes_is_of_the_types_it_promises(dialect: Dialect, document: Any, status: int) -> None:
    answer = reply(document, status=status, text="...")

    for flow in FLOWS:
        match play(begin(dialect, flow), answer)[1]:
            case Taken(job_id=job_id):
                assert job_id.strip("0 ")
            case Made(output=output):
                assert all(size is None or type(size) is int for size in (output.width, output.height))
                assert output.file_id is None or output.file_id.strip()
            case Download(url=url, backup_url=backup):
                assert url.strip()
                assert backup != ""
            case No(verdict=verdict) | Failed(verdict=verdict):
                assert verdict.code
                assert len(verdict.words) <= 600


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
    names = [name for each in DIALECTS.values() for name in (each.traits.host_env, each.traits.key_env) if name]

    assert len(names) == len(set(names))
