from __future__ import annotations

import pytest

from runner.manifest.claims import Claims, Clash
from runner.manifest.quantities import backoff, duration_s, money, rate
from runner.manifest.words import clipped, dotted, nearest, shown
from runner.model import Backoff, Money, Rate


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("0.5s", 0.5), ("90s", 90.0), ("60m", 3600.0), ("2h", 7200.0), ("0.1m", 6.0)]
)
def test_a_duration_is_its_seconds(text: str, seconds: float) -> None:
    assert duration_s(text) == seconds


def test_rates_and_backoffs_are_read_from_their_text() -> None:
    assert rate("30/6s") == Rate(count=30, window_s=6.0)
    assert backoff("500ms..2m") == Backoff(first_s=0.5, most_s=120.0)


@pytest.mark.parametrize(
    ("amount", "micros"),
    [
        (25.00, 25_000_000),
        (0.65, 650_000),
        (0.000001, 1),
        (0.1, 100_000),
        (0, 0),
        (1e9, 10**15),
        (999999999.999999, 999999999999999),
    ],
)
def test_money_is_exact(amount: float, micros: int) -> None:
    assert money({"amount": amount, "currency": "USD"}) == Money(micros=micros, currency="USD")


def test_claims_clash_up_to_case_and_over_takes() -> None:
    claims = Claims()
    assert claims.claim("a", 3, 1) is None
    assert claims.claim("A", 1, 2) == Clash(place=1)
    assert claims.claim("a-take3", 1, 3) == Clash(place=1, theirs=3)
    assert claims.claim("a-take4", 1, 4) is None
    assert claims.claim("a-take1", 1, 5) is None
    assert claims.claim("a-take02", 1, 6) is None
    assert claims.claim("b-take2", 1, 7) is None
    assert claims.claim("b", 2, 8) == Clash(place=7, ours=2)


def test_claims_above_do_not_change_those_below() -> None:
    below = Claims()
    below.claim("a", 1, 1)
    first, second = Claims(below), Claims(below)
    assert first.claim("a", 1, 2) == Clash(place=1)
    assert first.claim("b", 1, 3) is None
    assert second.claim("b", 1, 4) is None


@pytest.mark.parametrize(("word", "found"), [("promt", "prompt"), ("Tags", "tags"), ("xyz", None), ("", None)])
def test_the_nearest_word_is_found_when_it_is_near(word: str, found: str | None) -> None:
    assert nearest(word, ["prompt", "tags", "portrait"]) == found


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "nothing"), (True, "true"), ("a", "'a'"), ([], "an empty list"), ([1], "a list of 1"),
        ({}, "an empty mapping"),
        ({"a": 1}, "a mapping with key a"), ("\x1b[31m\u202e", "'\\x1b[31m\\u202e'"),
        ("Bearer abcdefgh", "a text that looks like a key"),
        ("https://u:p@x.org", "'https://...@x.org'"),
    ],
)  # fmt: skip
def test_a_value_is_shown_short_and_safe(value: object, words: str) -> None:
    assert shown(value) == words


def test_long_text_is_cut_and_paths_are_dotted() -> None:
    assert clipped("x" * 100) == "x" * 60 + "... (100 characters)"
    assert dotted(("items", 3, "metadata", "a")) == "items[3].metadata.a"
