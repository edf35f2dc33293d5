"""A command that begins in a fork is the command that begins cold: the same words, the same code, nothing inherited."""

from __future__ import annotations

import pytest
from desk import Desk


@pytest.mark.parametrize(
    "args",
    [(), ("--version",), ("verfy",), ("schema", "journal"), ("check", "nowhere.yaml"), ("plan", "m.yaml", "--json")],
    ids=lambda args: " ".join(args) or "nothing",
)
def test_a_forked_command_says_what_a_cold_one_says(desk: Desk, args: tuple[str, ...]) -> None:
    desk.manifest(["one"])

    assert desk.s2v(*args) == desk.in_shell("s2v", *args)


def test_a_forked_command_knows_nothing_of_the_one_before(desk: Desk) -> None:
    manifest = desk.manifest(["one"])

    told = [desk.s2v("check", manifest, **environ) for environ in ({}, {"MINIMAX_API_KEY": ""}, {})]

    assert [done.code for done in told] == [0, 8, 0]
    assert told[0] == told[2]
