"""The forms in which an order was put: remembered while it is refused for its form, forgotten when that is settled."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lives import ACCEPTED, BROKE, INTENDED, NO, REFUSED, REFUSED_FOR_GOOD, REQUEUED, told

from runner.events import Event, Refused

STRING, LIST = replace(INTENDED, form="string"), replace(INTENDED, form="list")
NOT_A_STRING = Refused(verdict=NO, final=False, retry_at=0.0, form="string")
ELSEWHERE = replace(INTENDED, provider="ai302", form="list")


@pytest.mark.parametrize(
    ("events", "form", "refused"),
    [
        pytest.param([INTENDED], None, (), id="one form only"),
        pytest.param([STRING], "string", (), id="put"),
        pytest.param([STRING, NOT_A_STRING], "string", ("string",), id="not understood"),
        pytest.param([STRING, NOT_A_STRING, LIST], "list", ("string",), id="put in the other"),
        pytest.param([STRING, REFUSED], "string", (), id="refused for another reason"),
        pytest.param([STRING, NOT_A_STRING, LIST, REFUSED_FOR_GOOD], "list", ("string",), id="wrong in both"),
        pytest.param([STRING, NOT_A_STRING, LIST, ACCEPTED], "list", (), id="understood"),
        pytest.param([STRING, NOT_A_STRING, LIST, REFUSED_FOR_GOOD, REQUEUED], "list", (), id="asked for again"),
        pytest.param([STRING, NOT_A_STRING, ELSEWHERE], "list", (), id="put to another provider"),
        pytest.param([STRING, ACCEPTED, BROKE, REQUEUED, STRING], "string", (), id="bought anew"),
    ],
)
def test_what_is_known_of_the_form_of_an_order(events: list[Event], form: str | None, refused: tuple[str, ...]) -> None:
    state = told(*events)

    assert (state.form, state.refused_forms) == (form, refused)
