from __future__ import annotations

from typing import Any

import pytest

from runner.dialects.calls import News, read_call


@pytest.mark.parametrize(
    ("document", "job_id", "is_over"),
    [
        pytest.param({"task_id": "17", "status": "processing"}, "17", False, id="processing"),
        pytest.param({"task_id": "17", "status": "Queueing"}, "17", False, id="the query's word"),
        pytest.param({"task_id": "17", "status": "success"}, "17", True, id="success"),
        pytest.param({"task_id": "17", "status": "failed"}, "17", True, id="failed"),
        pytest.param({"task_id": 17, "status": "sucess"}, "17", True, id="a word nobody knows, an id as a number"),
        pytest.param({"task_id": 17.0}, "17", True, id="an id as a number with a fraction of nothing"),
        pytest.param({}, None, True, id="nothing"),
        pytest.param({"task_id": "", "status": 5}, None, True, id="an empty id"),
        pytest.param({"task_id": 0, "status": None}, None, True, id="an id of zero"),
        pytest.param({"task_id": True}, None, True, id="truth"),
        pytest.param({"task_id": ["17"]}, None, True, id="a list"),
        pytest.param({"task_id": "a b\n"}, None, True, id="blanks"),
        pytest.param({"task_id": "\ud800"}, None, True, id="half a letter"),
        pytest.param({"task_id": "x" * 257}, None, True, id="too long"),
    ],
)
def test_news_say_no_more_than_this(document: dict[str, Any], job_id: str | None, is_over: bool) -> None:  # noqa: FBT001
    assert read_call(document) == News(job_id=job_id, is_over=is_over)


def test_a_challenge_is_a_handshake_whatever_stands_beside_it() -> None:
    assert read_call({"challenge": ["x"], "task_id": "17"}) == {"challenge": ["x"]}


def test_an_empty_challenge_is_none() -> None:
    assert read_call({"challenge": None, "task_id": "17"}) == News(job_id="17", is_over=True)
