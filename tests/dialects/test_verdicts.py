"""Every code and status of the tables, sorted by what follows from it; what is in no table takes the safe side."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest
from transcripts import reply

from runner.dialects.relay import free
from runner.dialects.verdicts import CODES, FREE_STATUSES, PAUSES, STATUSES, base_resp, http
from runner.model import Kind

MEANINGS = {
    Kind.TRANSIENT: {1000, 1001, 1013, 1024, 1033},
    Kind.RATE: {1002, 1039, 1041, 2045, 2056},
    Kind.AUTH: {1004, 2038, 2049, 2061},
    Kind.QUOTA: {1008, 1028, 1030},
    Kind.CONTENT: {1026, 1027},
    Kind.INPUT: {1042, 2013},
}
"""The contract's table of failures: what may be repeated, what closes the provider, what fails the item."""


def coded(code: Any, words: Any = "words", *, status: int = 200, **more: Any) -> Any:
    return base_resp(reply({"base_resp": {"status_code": code, "status_msg": words}}, status=status, **more))


def test_the_table_of_codes_is_the_contracts() -> None:
    assert {code: kind for kind, codes in MEANINGS.items() for code in codes} == CODES


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("status", [200, 400, 429, 500])
def test_a_code_counts_more_than_the_status_it_comes_under(code: int, status: int) -> None:
    verdict = coded(code, status=status)

    assert (verdict.kind, verdict.code, verdict.words) == (CODES[code], str(code), "words")


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_without_a_code_is_sorted_by_its_table(status: int) -> None:
    verdict = base_resp(reply(text="no", status=status))

    assert verdict == http(reply(text="no", status=status))
    assert verdict is not None
    assert (verdict.kind, verdict.code, verdict.words) == (STATUSES[status], f"HTTP {status}", "no")


@pytest.mark.parametrize("status", [408, 409, 425, 300, 100])
def test_a_status_that_proves_nothing_is_unknown(status: int) -> None:
    assert http(reply(text="", status=status)).kind is Kind.UNKNOWN


@pytest.mark.parametrize("status", {*STATUSES, *range(404, 420)} - FREE_STATUSES.keys())
def test_a_bare_status_of_a_free_call_says_nothing_about_the_job(status: int) -> None:
    page = reply(text="<html>", status=status)

    for verdict in (base_resp(page, FREE_STATUSES), free(page, {})):
        assert verdict is not None
        assert verdict.kind is Kind.UNKNOWN


@pytest.mark.parametrize("status", FREE_STATUSES)
def test_a_bare_status_of_a_free_call_says_the_same_of_key_and_pace(status: int) -> None:
    page = reply(text="<html>", status=status)

    assert base_resp(page, FREE_STATUSES) == free(page, {}) == base_resp(page)


def test_a_relay_that_itself_says_not_found_speaks_of_the_job() -> None:
    verdict = free(reply({"error": {"message": "no such task", "code": "task_not_found"}}, status=404), {})

    assert verdict is not None
    assert (verdict.kind, verdict.code) == (Kind.INPUT, "task_not_found")


@pytest.mark.parametrize("code", [1, -1, 1003, 9999, 10**30])
def test_a_code_in_no_table_is_unknown(code: int) -> None:
    assert coded(code).kind is Kind.UNKNOWN


@pytest.mark.parametrize("code", [None, "", "abc", [], {}, inf, -inf, nan, True, False, 0.5, "0.5"], ids=repr)
def test_a_code_that_cannot_be_read_is_no_success(code: object) -> None:
    verdict = coded(code)

    assert verdict is not None
    assert verdict.kind is Kind.UNKNOWN


@pytest.mark.parametrize("code", [0, "0", 0.0], ids=repr)
def test_zero_is_success_under_a_status_of_success_only(code: object) -> None:
    assert coded(code) is None
    assert coded(code, status=500).kind is Kind.TRANSIENT


@pytest.mark.parametrize("code", PAUSES)
def test_a_provider_that_does_not_say_how_long_is_left_alone_for_as_long_as_is_known(code: int) -> None:
    assert coded(code).retry_after_s == PAUSES[code]
    assert coded(code, retry_after_s=5.0).retry_after_s == 5.0


def test_a_pause_stands_only_for_what_may_be_tried_again() -> None:
    assert {CODES[code] for code in PAUSES} == {Kind.RATE}


@pytest.mark.parametrize(
    ("words", "kept"), [(None, ""), ("x" * 900, "x" * 500), (42, "42"), (["a"], "['a']")], ids=repr
)
def test_words_are_kept_as_far_as_anybody_reads(words: object, kept: str) -> None:
    assert coded(1026, words).words == kept


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://api.example.org/v1/x?sig=secret#y", "https://api.example.org/v1/x"),
        ("https://me:secret@api.example.org:444", "https://api.example.org:444"),
        ("/elsewhere", "/elsewhere"),
    ],
)
def test_a_redirect_is_told_by_where_it_leads_for_it_is_not_followed(location: str, shown: str) -> None:
    verdict = http(reply(text="<html>Moved</html>", status=308, headers={"location": location}))

    assert (verdict.kind, verdict.code) == (Kind.UNKNOWN, "HTTP 308")
    assert (
        verdict.words == f"a redirect to {shown}, which is not followed; if that is the provider's host, set base_url"
    )


@pytest.mark.parametrize("location", ["", "https://[", "?sig=secret"])
def test_a_redirect_that_leads_nowhere_is_told_as_any_page(location: str) -> None:
    assert (
        http(reply(text="<html>Moved</html>", status=308, headers={"location": location})).words == "<html>Moved</html>"
    )


def test_an_edges_page_is_told_by_its_first_words_in_one_line() -> None:
    assert http(reply(text="a\n\n b\t" + "c" * 300, status=502)).words == "a b " + "c" * 196
