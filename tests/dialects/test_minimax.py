"""MiniMax's requests, byte for byte in meaning, and what the embedded service is told on top."""

from __future__ import annotations

from dataclasses import replace

import pytest
from transcripts import ITEM, JOB, begin, play, reply

from runner.dialects.registry import DIALECTS
from runner.dialects.seam import Call, Dialect, Made, PortraitSlot, Taken, Ticket
from runner.model import Notes

MINIMAX, LOCAL = DIALECTS["minimax"], DIALECTS["local"]
OPTIMIZED = replace(ITEM, prompt_optimizer=True)
SLOT = PortraitSlot(portrait=ITEM.portrait)
BODY = {
    "model": "S2V-01",
    "prompt": "She smiles.",
    "prompt_optimizer": False,
    "subject_reference": [{"type": "character", "image": [SLOT]}],
}


def test_a_submit_says_exactly_what_the_page_documents() -> None:
    assert next(MINIMAX.submit(ITEM, Ticket())) == Call(method="POST", path="/v1/video_generation", body=BODY)


def test_a_submit_without_a_prompt_leaves_the_key_out() -> None:
    body = {key: value for key, value in BODY.items() if key != "prompt"}

    assert next(MINIMAX.submit(replace(ITEM, prompt=None), Ticket())).body == body


def test_the_embedded_service_is_told_which_take_it_is() -> None:
    assert next(LOCAL.submit(OPTIMIZED, Ticket(idempotency_key="token"))) == Call(
        method="POST", path="/v1/video_generation", body=BODY | {"prompt_optimizer": True, "seed": 2},
        idempotency_key="token",
    )  # fmt: skip


def test_a_retake_at_the_embedded_service_is_another_film_than_any_take() -> None:
    seeds = [next(LOCAL.submit(OPTIMIZED, Ticket(retake=number))).body for number in (0, 1, 2)]

    assert [body["seed"] for body in seeds if body] == [2, 1_002, 2_002]


def test_the_embedded_service_is_told_another_seed_for_a_prompt_that_is_taken_as_it_stands() -> None:
    bodies = [next(LOCAL.submit(item, Ticket())).body for item in (OPTIMIZED, ITEM)]

    assert [body["seed"] for body in bodies if body] == [2, 2 + 2**40]


ANIMATIC = {"honoured": ["winks", 7], "ignored": ["on a beach"], "engine": "animatic-2", "libraries": {"av": "18.1"}}
TOLD = Notes(honoured=("winks",), ignored=("on a beach",), versions={"av": "18.1", "engine": "animatic-2"})


@pytest.mark.parametrize(
    ("dialect", "said", "notes"),
    [
        (LOCAL, ANIMATIC, TOLD),
        (LOCAL, None, None),
        (LOCAL, {"honoured": "all", "libraries": []}, Notes()),
        (MINIMAX, ANIMATIC, None),
    ],
    ids=["told", "untold", "nonsense", "somebody else"],
)  # fmt: skip
def test_the_embedded_service_alone_says_what_of_the_prompt_is_shown(
    dialect: Dialect, said: object, notes: Notes | None
) -> None:
    told = {"status": "Success", "file_id": "7", "animatic": said, "base_resp": {"status_code": 0}}
    _, made = play(begin(dialect, "poll"), reply(told))

    assert isinstance(made, Made)
    assert made.output.notes == notes


@pytest.mark.parametrize("dialect", [MINIMAX, LOCAL], ids=["minimax", "local"])
def test_a_job_is_asked_after_by_its_id_and_a_file_by_its_own(dialect: Dialect) -> None:
    assert next(dialect.poll(JOB)) == Call(
        method="GET", path="/v1/query/video_generation", query={"task_id": "176843862716480"}
    )
    assert next(dialect.locate(JOB)) == Call(
        method="GET", path="/v1/files/retrieve", query={"file_id": "205258526306433"}
    )


def test_an_id_comes_without_the_blanks_around_it() -> None:
    _, outcome = play(begin(MINIMAX, "submit"), reply({"task_id": " 42\n"}))

    assert outcome == Taken(job_id="42")


def test_only_the_embedded_service_promises_that_a_repeat_buys_nothing() -> None:
    assert [name for name, dialect in DIALECTS.items() if dialect.traits.idempotent.value] == ["local"]


def test_only_a_provider_on_the_net_fetches_portraits_from_it() -> None:
    assert [name for name, dialect in DIALECTS.items() if not dialect.traits.portrait.value.remote] == ["local"]


def test_the_embedded_service_takes_the_pictures_that_minimax_takes() -> None:
    assert replace(LOCAL.traits.portrait.value, remote=True) == MINIMAX.traits.portrait.value
    assert LOCAL.traits.prompt.value == MINIMAX.traits.prompt.value


def test_a_callback_url_stands_in_the_body() -> None:
    call = next(MINIMAX.submit(ITEM, Ticket(callback_url="https://example.org/s2v/x")))

    assert call.body == BODY | {"callback_url": "https://example.org/s2v/x"}
