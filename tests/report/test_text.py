from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.model import Money, spelled
from runner.report.facts import Foretold
from runner.report.text import (
    amount,
    clipped,
    code_span,
    csv_cell,
    foretold,
    iso,
    lasting,
    markdown,
    sized,
    visible,
    xml_attribute,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("她笑 ü 👩‍🚀", "她笑 ü 👩‍🚀"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\u202eb\u2066", "a\\u202eb\\u2066"),
        ("a\r\nb\tc", "a\\r\\nb\\tc"),
        ("a\x00\x9b\u200b\ufeff\u2028", "a\\x00\\x9b\\u200b\\ufeff\\u2028"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(alphabet=st.characters()))
def test_visible_text_is_one_line_without_control_characters(text: str) -> None:
    shown = visible(text)

    assert len(shown.splitlines()) <= 1
    assert shown.encode().decode() == shown
    assert visible(shown) == shown


@given(st.text(alphabet=st.characters()))
def test_an_xml_attribute_is_always_well_formed(text: str) -> None:
    read = ET.fromstring(f'<a b="{xml_attribute(text)}"/>').get("b")

    assert read is not None
    assert read == "".join(c for c in text if c in read)


@given(st.text(alphabet=st.characters()))
def test_a_csv_cell_is_never_a_formula(text: str) -> None:
    assert not csv_cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a|b", "a\\|b"),
        ("`x` *y* _z_", "\\`x\\` \\*y\\* \\_z\\_"),
        ("<b>&", "&lt;b&gt;&amp;"),
        ("a\nb", "a\\\\nb"),
        ("[l](u) ![i](u) # $x$", "\\[l\\](u) \\!\\[i\\](u) \\# \\$x\\$"),
    ],
)
def test_markdown_shows_words_as_they_were_written(text: str, escaped: str) -> None:
    assert markdown(text) == escaped


def test_a_backtick_cannot_break_out_of_a_code_span() -> None:
    assert (code_span("a|b"), code_span("a`b")) == ("`a\\|b`", "a\\`b")


@pytest.mark.parametrize(("text", "cut"), [("abc", "abc"), ("abcd", "ab…")])
def test_a_clipped_text_says_that_it_was_cut(text: str, cut: str) -> None:
    assert clipped(text, 3) == cut


@pytest.mark.parametrize(
    ("micros", "shown"),
    [(650_000, "0.65"), (3_000_000, "3.00"), (0, "0.00"), (1, "0.000001"), (12_345_000, "12.345"), (10**9, "1000.00")],
)  # fmt: skip
def test_an_amount_is_exact_with_at_least_two_decimals(micros: int, shown: str) -> None:
    money = Money(micros=micros, currency="USD")

    assert str(amount(money)) == shown
    assert str(money) == f"{shown} USD"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.2, "0 s"), (59, "59 s"), (60, "1 min"), (62, "1 min"), (63, "1 min 5 s"), (95, "1 min 35 s"),
        (117, "1 min 55 s"), (118, "2 min"), (149, "2 min"), (240, "4 min"), (3600, "1 h"), (7800, "2 h 10 min"),
        (3599, "1 h"),
    ],
)  # fmt: skip
def test_a_length_of_time_has_a_unit(seconds: float, shown: str) -> None:
    assert lasting(seconds) == shown


@pytest.mark.parametrize(
    ("bytes_", "shown"),
    [
        (0, "0 kB"), (1, "1 kB"), (25_932, "26 kB"), (999_000, "999 kB"), (999_001, "1.0 MB"), (2_140_000, "2.1 MB"),
        (999_900_000, "999.9 MB"), (999_960_000, "1.0 GB"), (3_000_000_000_000, "3,000.0 GB"),
    ],
)  # fmt: skip
def test_a_size_is_told_in_the_unit_that_matters_and_is_no_nought_for_something(bytes_: int, shown: str) -> None:
    assert sized(bytes_) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (4, "4 s"), (0.001, "1 ms"), (1.5, "1.5 s"), (90, "1.5 min"), (100, "100 s"), (600, "10 min"), (3600, "60 min"),
        (6e9, "100000000 min"), (0.000001, "1e-06 s"),
    ],
)  # fmt: skip
def test_a_length_of_time_that_somebody_set_is_spelled_as_it_is(seconds: float, shown: str) -> None:
    assert spelled(seconds) == shown


@pytest.mark.parametrize(
    ("p50_s", "p90_s", "took_s", "shown"),
    [
        (0.1, 0.2, None, "less than 1 s"),
        (0.1, 3, 0.4, "less than 1 s (9 in 10 within 3 s); it took less than 1 s"),
        (180, 300, 0.4, "about 3 min (9 in 10 within 5 min); it took less than 1 s, less than 1% of that"),
        (240, 300, 252, "about 4 min (9 in 10 within 5 min); it took 4 min, 105% of that"),
    ],
)
def test_a_forecast_of_a_moment_is_no_nought(p50_s: float, p90_s: float, took_s: float | None, shown: str) -> None:
    told = Foretold(at=0.0, items=1, p50_s=p50_s, p90_s=p90_s, binding="", took_s=took_s)

    assert foretold(told) == shown


def test_a_time_is_utc_with_milliseconds() -> None:
    assert (iso(1_767_225_600.25), iso(None)) == ("2026-01-01T00:00:00.250Z", None)
