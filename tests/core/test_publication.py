"""Two sorted lists of names, compared: what is up, what is missing, what is another, what nobody wants."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.core.plan.publication import Standing, Stored, UnsortedError, Wanted, findings

KEYS = st.dictionaries(st.text("ab-.", min_size=1, max_size=3), st.integers(0, 2))


@given(KEYS, KEYS)
def test_every_key_of_either_list_is_told_once_and_rightly(ours: dict[str, int], theirs: dict[str, int]) -> None:
    wanted = [Wanted(key=key, bytes_=size) for key, size in sorted(ours.items())]
    stored = [Stored(key=key, bytes_=size) for key, size in sorted(theirs.items())]

    told = [(each.key, each.standing) for each in findings(wanted, stored)]

    expected = {
        key: Standing.STRAY if key not in ours
        else Standing.MISSING if key not in theirs
        else Standing.UP if ours[key] == theirs[key]
        else Standing.OTHER
        for key in ours.keys() | theirs.keys()
    }  # fmt: skip
    assert told == sorted(expected.items())


@pytest.mark.parametrize(
    ("asked", "borne", "standing"),
    [
        pytest.param("aa", "aa", Standing.UP, id="the same"),
        pytest.param("aa", "bb", Standing.OTHER, id="another"),
        pytest.param("aa", "", Standing.OTHER, id="an object that bears none"),
        pytest.param("aa", None, Standing.UP, id="nobody looked"),
        pytest.param("", "bb", Standing.UP, id="nobody asks"),
    ],
)
def test_a_digest_counts_where_both_sides_tell_it(asked: str, borne: str | None, standing: Standing) -> None:
    wanted, stored = Wanted(key="a", bytes_=1, sha256=asked), Stored(key="a", bytes_=1, sha256=borne)

    (found,) = findings([wanted], [stored])

    assert found.standing is standing


@pytest.mark.parametrize("keys", [("b", "a"), ("a", "a")])
def test_a_list_without_order_is_refused_and_never_guessed_about(keys: tuple[str, str]) -> None:
    with pytest.raises(UnsortedError):
        list(findings([], [Stored(key=key, bytes_=1) for key in keys]))
