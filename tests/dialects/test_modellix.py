"""Modellix's requests, byte for byte in meaning, in each generation of its endpoint, and what a throttle means."""

from __future__ import annotations

from dataclasses import replace

import pytest
from transcripts import ITEM, JOB, begin, play, reply

from runner.dialects.registry import DIALECTS
from runner.dialects.seam import Call, No, PortraitSlot, Ticket
from runner.model import Kind, ProviderSettings

MODELLIX = DIALECTS["modellix"]
SLOT = PortraitSlot(portrait=ITEM.portrait)
BODY = {"subject_reference_images": [SLOT], "prompt": "She smiles.", "prompt_optimizer": False}
OLDEST = {
    "subject_reference": [{"type": "character", "image": [SLOT]}],
    "prompt": "She smiles.",
    "prompt_optimizer": False,
}


@pytest.mark.parametrize(
    ("form", "path", "body"),
    [
        (None, "/api/v1/minimax/minimax-s2v-01/async", BODY),
        ("async", "/api/v1/minimax/minimax-s2v-01/async", BODY),
        ("plain", "/api/v1/minimax/minimax-s2v-01", BODY),
        ("image-to-video", "/api/v1/image-to-video/minimax/minimax-s2v-01/async", OLDEST),
    ],
    ids=["as documented", "async", "plain", "image-to-video"],
)
def test_a_submit_says_exactly_what_its_generation_documents(
    form: str | None, path: str, body: dict[str, object]
) -> None:
    call = next(MODELLIX.submit(ITEM, Ticket(form=form, callback_url="https://example.org/x")))

    assert call == Call(method="POST", path=path, body=body)


def test_a_setting_leaves_one_generation() -> None:
    assert MODELLIX.forms == ("async", "plain", "image-to-video")
    assert MODELLIX.tuned(ProviderSettings(endpoint="plain")).forms == ("plain",)


def test_the_answer_of_a_finished_job_is_where_its_link_stands() -> None:
    call = Call(method="GET", path="/api/v1/tasks/176843862716480")

    assert (next(MODELLIX.poll(JOB)), next(MODELLIX.locate(JOB))) == (call, call)


def test_an_id_stays_one_step_of_the_path_whatever_is_in_it() -> None:
    assert next(MODELLIX.poll(replace(JOB, id="a/b"))).path == "/api/v1/tasks/a%2Fb"


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        pytest.param(ProviderSettings(), Kind.UNKNOWN, id="by default it proves nothing"),
        pytest.param(ProviderSettings(throttled="unknown"), Kind.UNKNOWN, id="unknown"),
        pytest.param(ProviderSettings(throttled="refused"), Kind.RATE, id="refused"),
    ],
)
def test_a_throttled_submit_is_in_doubt_unless_the_manifest_takes_the_older_pages_word(
    settings: ProviderSettings, kind: Kind
) -> None:
    _, outcome = play(begin(MODELLIX.tuned(settings), "submit"), reply({"code": 429}, status=429))

    assert isinstance(outcome, No)
    assert (outcome.verdict.kind, outcome.verdict.retry_after_s) == (kind, 60.0)


def test_a_team_has_three_jobs_at_a_time_and_a_key_a_hundred_requests_a_minute() -> None:
    rate = MODELLIX.traits.rate.value

    assert MODELLIX.traits.in_flight.value == 3
    assert rate is not None
    assert (rate.count, rate.window_s) == (100, 60.0)
