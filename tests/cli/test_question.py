"""Before money is spent at a terminal a person is asked; anything but yes sends nothing."""

from __future__ import annotations

import pytest
from desk import Desk

PRICED = {"minimax": {"poll": "20ms", "rate": "1000/1s", "price": {"amount": 0.5, "currency": "USD"}}}
QUESTION = "buy up to 2 videos at minimax for at most 1.00 USD? [y/N]"


@pytest.mark.parametrize("typed", ["n\n", "\n", "yep\n", "\x04"], ids=["no", "enter", "a slip", "end of input"])
def test_whoever_does_not_say_yes_buys_nothing_and_is_told_so(desk: Desk, typed: str) -> None:
    manifest = desk.manifest(["one", "two"], providers=PRICED)

    done = desk.s2v_at_a_terminal("run", manifest, typed=typed)

    assert done.code == 10
    assert QUESTION in done.err
    assert "nothing was sent" in done.err
    assert desk.submits == []


def test_what_is_said_to_whoever_ends_the_input_stands_on_a_line_of_its_own(desk: Desk) -> None:
    done = desk.s2v_at_a_terminal("run", desk.manifest(["one", "two"], providers=PRICED), typed="\x04")

    assert "[y/N] \r\nnothing was sent" in done.err


@pytest.mark.parametrize("typed", ["y\n", "YES\n"])
def test_whoever_says_yes_buys_what_was_asked_about(desk: Desk, typed: str) -> None:
    manifest = desk.manifest(["one", "two"], providers=PRICED)

    done = desk.s2v_at_a_terminal("run", manifest, typed=typed)

    assert done.code == 0, done.err
    assert QUESTION in done.err
    assert sorted(desk.submits) == ["one", "two"]


def test_the_question_tells_of_the_retakes_too(desk: Desk) -> None:
    checks = {"min_seconds": 4, "on_fail": "retake", "max_retakes": 2}
    manifest = desk.manifest(["one", "two"], providers=PRICED, checks=checks)

    done = desk.s2v_at_a_terminal("run", manifest, typed="n\n")

    beside = ", and up to 4 in place of those that fail their checks for at most 2.00 USD more?"
    assert QUESTION.replace("?", beside) in done.err
    assert desk.submits == []


@pytest.mark.parametrize(
    ("flags", "environ"),
    [(["--yes"], {}), ([], {"CI": "true"})],
    ids=["--yes", "in CI"],
)  # fmt: skip
def test_nobody_is_asked_who_has_agreed_or_cannot_answer(desk: Desk, flags: list[str], environ: dict[str, str]) -> None:
    manifest = desk.manifest(["one", "two"], providers=PRICED)

    done = desk.s2v_at_a_terminal("run", manifest, *flags, typed="n\n", **environ)

    assert done.code == 0, done.err
    assert QUESTION not in done.err


def test_a_dry_run_asks_nothing_and_sends_nothing(desk: Desk) -> None:
    manifest = desk.manifest(["one", "two"], providers=PRICED)

    done = desk.s2v_at_a_terminal("run", manifest, "--dry-run", typed="y\n")

    assert done.code == 0, done.err
    assert QUESTION not in done.err
    assert desk.submits == []
