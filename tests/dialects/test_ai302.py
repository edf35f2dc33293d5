"""302.AI's requests, byte for byte in meaning, its own codes, and the rules that are stricter than MiniMax's."""

from __future__ import annotations

import pytest
from transcripts import ITEM, JOB, begin, play, reply

from runner.core.plan.preflight import judge_prompt
from runner.dialects.ai302 import CODES
from runner.dialects.registry import DIALECTS
from runner.dialects.seam import Call, No, PortraitSlot, Ticket
from runner.model import Kind, Money, ProviderSettings

AI302 = DIALECTS["ai302"]
SLOT = PortraitSlot(portrait=ITEM.portrait)
BODY = {
    "model": "S2V-01",
    "prompt": "She smiles.",
    "prompt_optimizer": False,
    "subject_reference": [{"type": "character", "image": [SLOT]}],
}
MEANINGS = {
    Kind.AUTH: {"-10001", "-10002", "-10005", "-10009"},
    Kind.QUOTA: {"-10004", "-10006", "-10007", "-10012", "-10018"},
    Kind.TRANSIENT: {"-10003", "-10008", "-1024"},
    Kind.INPUT: {"-10011", "task_not_exist"},
}


def test_a_submit_says_exactly_what_the_page_documents() -> None:
    assert next(AI302.submit(ITEM, Ticket())) == Call(
        method="POST", path="/minimaxi/v1/video_generation", body=BODY
    )  # fmt: skip


def test_the_other_form_is_the_string_of_the_pages_type_column() -> None:
    call = next(AI302.submit(ITEM, Ticket(form="string")))

    assert call.body == BODY | {"subject_reference": [{"type": "character", "image": SLOT}]}


def test_no_callback_url_is_sent_because_the_page_lists_none() -> None:
    assert next(AI302.submit(ITEM, Ticket(callback_url="https://example.org/x"))).body == BODY


def test_a_file_is_looked_up_with_its_job_unless_the_manifest_says_otherwise() -> None:
    path, plain = "/minimaxi/v1/files/retrieve", AI302.tuned(ProviderSettings(lookup_task_id=False))

    assert next(AI302.locate(JOB)) == Call(
        method="GET", path=path, query={"file_id": "205258526306433", "task_id": "176843862716480"}
    )
    assert next(plain.locate(JOB)) == Call(method="GET", path=path, query={"file_id": "205258526306433"})


def test_a_job_is_asked_after_by_its_id() -> None:
    assert next(AI302.poll(JOB)) == Call(
        method="GET", path="/minimaxi/v1/query/video_generation", query={"task_id": "176843862716480"}
    )


def test_the_table_of_codes_is_sorted_by_what_follows() -> None:
    assert {code: kind for kind, codes in MEANINGS.items() for code in codes} == CODES


@pytest.mark.parametrize("code", [code for code in CODES if code.startswith("-")])
@pytest.mark.parametrize("status", [200, 400, 429, 500])
@pytest.mark.parametrize("flow", ["submit", "poll", "locate"])
def test_a_code_counts_more_than_the_status_it_comes_under(flow: str, code: str, status: int) -> None:
    answer = reply({"error": {"err_code": int(code), "message": "words"}}, status=status)
    _, outcome = play(begin(AI302, flow), answer)  # type: ignore[arg-type]  # one of the three names

    assert isinstance(outcome, No)
    assert (outcome.verdict.kind, outcome.verdict.code, outcome.verdict.words) == (CODES[code], code, "words")


@pytest.mark.parametrize(("words", "is_fine"), [(199, True), (200, False)])
def test_a_prompt_is_shorter_than_two_hundred_words(words: int, *, is_fine: bool) -> None:
    assert (not list(judge_prompt("a " * words, AI302.traits.prompt.value))) is is_fine


def test_a_video_costs_what_the_page_says() -> None:
    assert AI302.traits.price.value == Money(micros=700_000, currency="PTC")
