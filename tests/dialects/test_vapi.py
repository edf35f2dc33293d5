"""V-API's requests, byte for byte in meaning, and its reading of a reply in its own wrapping."""

from __future__ import annotations

from dataclasses import replace

import pytest
from transcripts import ITEM, JOB, LINK, OK, begin, no, play, reply

from runner.dialects.registry import DIALECTS
from runner.dialects.seam import Call, Made, Pending, PortraitSlot, Ticket
from runner.model import Download, Kind, Output, ProviderSettings

VAPI = DIALECTS["vapi"]
SLOT = PortraitSlot(portrait=ITEM.portrait)
BODY = {
    "model": "S2V-01",
    "prompt": "She smiles.",
    "prompt_optimizer": False,
    "subject_reference": [{"type": "character", "image": SLOT}],
}


def test_a_submit_says_exactly_what_the_page_documents() -> None:
    assert next(VAPI.submit(ITEM, Ticket())) == Call(
        method="POST", path="/task/minimax/v1/video_generation", body=BODY
    )  # fmt: skip


def test_the_other_form_is_minimaxs_list_of_one() -> None:
    call = next(VAPI.submit(ITEM, Ticket(form="list")))

    assert call.body == BODY | {"subject_reference": [{"type": "character", "image": [SLOT]}]}


def test_a_callback_url_stands_in_the_body_because_the_page_lists_it() -> None:
    call = next(VAPI.submit(ITEM, Ticket(callback_url="https://example.org/x")))

    assert call.body == BODY | {"callback_url": "https://example.org/x"}


def test_a_job_is_asked_after_in_the_path_that_all_families_share_and_a_file_in_minimaxs() -> None:
    assert next(VAPI.poll(JOB)) == Call(method="GET", path="/task/176843862716480")
    assert next(VAPI.locate(JOB)) == Call(
        method="GET", path="/task/minimax/v1/files/retrieve", query={"file_id": "205258526306433"}
    )


@pytest.mark.parametrize(
    ("data", "located"),
    [
        ({"status": "Success", "video_url": LINK}, Download(url=LINK)),
        ({"status": "Success", "video_url": ""}, no(Kind.TRANSIENT, "0", "the job names no link")),
        ({"status": "Processing"}, no(Kind.TRANSIENT, "0", "the job names no link")),
    ],
    ids=["there", "empty", "not yet"],
)
def test_a_job_without_a_file_is_asked_for_its_link(data: dict[str, str], located: object) -> None:
    calls, answer = play(VAPI.locate(replace(JOB, file_id=None)), reply({"code": 0, "data": data}))

    assert calls == [Call(method="GET", path="/task/176843862716480")]
    assert answer == located


def test_an_id_stays_one_step_of_the_path_whatever_is_in_it() -> None:
    assert next(VAPI.poll(replace(JOB, id="a/../b?c=d#e f"))).path == "/task/a%2F..%2Fb%3Fc%3Dd%23e%20f"


def test_a_setting_leaves_one_form() -> None:
    assert VAPI.forms == ("string", "list")
    assert VAPI.tuned(ProviderSettings(image="list")).forms == ("list",)
    assert VAPI.tuned(ProviderSettings()).forms == VAPI.forms


@pytest.mark.parametrize("name", ["vapi", "ai302"])
def test_a_setting_believes_a_relay_that_has_other_ids_in_its_receipts_than_in_its_answers(name: str) -> None:
    trusting = DIALECTS[name].tuned(ProviderSettings(check_ids=False))
    file = {"file_id": "1", "download_url": LINK}
    _, made = play(begin(trusting, "poll"), reply({"task_id": "1", "status": "Success", "file_id": "2"}))
    _, link = play(begin(trusting, "locate"), reply({"file": file}))

    assert made == Made(output=Output(file_id="2"), status="Success")
    assert link == Download(url=LINK)


def test_a_number_that_was_rounded_on_its_way_names_no_other_job_or_file() -> None:
    job = replace(JOB, id="115334141465231361", file_id="205258526306433987")
    _, made = play(VAPI.poll(job), reply({"task_id": 115334141465231360, "status": "Success", "file_id": "2"}))
    file = {"file_id": 205258526306433984, "download_url": LINK}
    _, link = play(VAPI.locate(job), reply({"file": file, "base_resp": OK}))

    assert made == Made(output=Output(file_id="2"), status="Success")
    assert link == Download(url=LINK)


def test_a_number_for_a_status_is_the_wrappings_own() -> None:
    _, outcome = play(begin(VAPI, "poll"), reply({"status": 10000, "code": 10000, "data": {}}))

    assert outcome == Pending(status="")


def test_the_base_url_that_its_other_clients_need_ends_in_what_the_paths_do_not_want() -> None:
    assert VAPI.traits.base_tail == "/v1"
