"""The contract of every dialect, on answers that nobody recorded: whatever JSON comes, a flow concludes, safely."""

from __future__ import annotations

import json
from math import inf
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import SPOKEN
from transcripts import CONCLUSIONS, FLOWS, FlowName, begin, play, reply

from runner.dialects.seam import Dialect, Failed, Made, No, Taken
from runner.model import Download, Kind

MOST_CALLS = 3  # of one flow: a flow asks, it does not wait

each_dialect = pytest.mark.parametrize("dialect", SPOKEN.values(), ids=SPOKEN)
each_flow = pytest.mark.parametrize("flow", FLOWS)

WORDS = st.text(st.characters(categories=["L", "N", "P", "Z", "Cs", "Cc"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(-(10**400), 10**400) | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
KNOWN_KEYS = ("task_id", "status", "file_id", "video_width", "data", "error", "code", "message", "result", "resp_data")
STATUS = st.sampled_from(["success", "Success", "Fail", "failed", "pending", ""]) | JSON
RESULT = st.fixed_dictionaries(
    {},
    optional={
        "resources": JSON
        | st.lists(WORDS | st.fixed_dictionaries({"url": JSON}, optional={"type": JSON, "role": JSON})),
        "result_expires_at": JSON,
    },
)
TASK = st.fixed_dictionaries(
    {}, optional={"task_id": JSON, "status": STATUS, "result": JSON | RESULT, "result_expires_at": JSON, "error": JSON}
)
ERROR = st.fixed_dictionaries({}, optional=dict.fromkeys(("err_code", "code", "type", "message"), JSON))
PLAUSIBLE = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(KNOWN_KEYS, JSON),
        "status": STATUS,
        "code": JSON | st.just(0),
        "data": JSON | TASK | st.fixed_dictionaries({"resp_data": TASK.map(json.dumps) | JSON}),
        "error": JSON | ERROR,
        "base_resp": JSON | st.fixed_dictionaries({}, optional={"status_code": JSON, "status_msg": JSON}),
        "file": JSON | st.fixed_dictionaries({}, optional={"download_url": JSON, "backup_download_url": JSON}),
    },
)


@each_dialect
@each_flow
@settings(max_examples=40)
@given(document=JSON | PLAUSIBLE, status=st.integers(100, 599))
def test_no_answer_makes_a_flow_raise(dialect: Dialect, flow: FlowName, document: Any, status: int) -> None:
    calls, outcome = play(begin(dialect, flow), reply(document, status=status, text="..."))

    assert isinstance(outcome, CONCLUSIONS[flow])
    assert len(calls) <= MOST_CALLS
    assert [call.method for call in calls if call.method == "POST"] == (["POST"] if flow == "submit" else [])


@each_dialect
@settings(max_examples=40)
@given(document=JSON | PLAUSIBLE, status=st.integers(100, 599))
def test_another_form_is_only_asked_for_after_a_proof_that_no_job_was_made(
    dialect: Dialect, document: Any, status: int
) -> None:
    _, outcome = play(begin(dialect, "submit"), reply(document, status=status, text="..."))

    if isinstance(outcome, No) and outcome.other_form:
        assert dialect.forms
        assert outcome.verdict.kind not in {Kind.UNKNOWN, Kind.TRANSIENT}
        assert "404" in outcome.verdict.code or outcome.verdict.code == "2013"


@each_dialect
@settings(max_examples=40)
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
                assert output.url is None or output.url.strip()
                assert output.expires_at is None or 0 < output.expires_at < inf
            case Download(url=url, backup_url=backup):
                assert url.strip()
                assert backup != ""
            case No(verdict=verdict) | Failed(verdict=verdict):
                assert verdict.code
                assert len(verdict.code) <= 600
                assert len(verdict.words) <= 600
