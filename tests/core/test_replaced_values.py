"""`values.replace` gives what `dataclasses.replace` gives."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lives import item

from runner.core.life.state import Phase, State
from runner.events import Doubted
from runner.values import replace

CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "phase": st.sampled_from(Phase), "attempt": st.integers(), "note": st.none() | st.text(),
        "refused_forms": st.tuples(st.text()), "item": st.builds(item, id=st.text()), "spent": st.just(()),
    },
)  # fmt: skip


@given(changes=st.lists(CHANGES, max_size=4))
def test_it_changes_what_is_named_and_keeps_the_rest(changes: list[dict[str, object]]) -> None:
    quick = plain = State(item=item())
    for change in changes:
        before, quick, plain = quick, replace(quick, **change), dataclasses.replace(plain, **change)  # type: ignore[arg-type] # drawn by name
        assert before is not quick

    assert quick == plain


def test_a_field_that_is_not_there_is_an_error() -> None:
    with pytest.raises(TypeError, match="State has no field 'colour'"):
        replace(State(item=item()), colour="red")


def test_a_value_of_a_single_field_is_replaced_like_any_other() -> None:
    assert replace(Doubted(reason="no answer"), reason="") == Doubted(reason="")
