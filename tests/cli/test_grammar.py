"""The command line loads what a command needs, and nothing of the others."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

import pytest

from runner.cli.args import Args
from runner.cli.parser import COMMANDS, parse, parser


def leaves(made: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """Return the parsers that end a command, a step of a command included."""
    groups = [each for each in made._actions if isinstance(each, argparse._SubParsersAction)]  # noqa: SLF001 - no other way
    return [leaf for group in groups for each in group.choices.values() for leaf in leaves(each)] or [made]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_can_be_typed_is_there(name: str) -> None:
    for leaf in leaves(parser({name})):
        assert callable(leaf.get_default("command"))


def test_what_is_typed_wrongly_is_said_by_the_command_that_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser({"run"}).parse_args(["run", "m.yaml", "--nonsense"], namespace=Args())

    assert ended.value.code == 2
    assert "--nonsense" in capsys.readouterr().err


ORDERS = {
    "resolve m.yaml --shard 1/2 a --job J": ["a"],
    "resolve m.yaml --resubmit a": ["a"],
    "resolve --abandon m.yaml a": ["a"],
    "resolve m.yaml a --resubmit b": ["a", "b"],
    "retry m.yaml --shard 1/2 a": ["a"],
    "retry m.yaml --dry-run a b": ["a", "b"],
    "retry m.yaml a --code 1026 b --yes c": ["a", "b", "c"],
    "log m.yaml --shard 1/2 a": ["a"],
    "log m.yaml --shard 1/2": [],
    "log m.yaml --shard 1/2 -- -a": ["-a"],
    "explain m.yaml a --json b": ["a", "b"],
    "cancel m.yaml --json a b": ["a", "b"],
}


@pytest.mark.parametrize(("line", "ids"), ORDERS.items(), ids=ORDERS)
def test_ids_and_options_stand_in_any_order(line: str, ids: list[str]) -> None:
    args = parse(line.split())

    assert (args.target, args.ids) == (Path("m.yaml"), ids)


def test_limits_and_folders_behind_an_option_are_read_as_those_before_it() -> None:
    changed, merged = (
        parse(["set", "m.yaml", "in_flight=4", "--json", "downloads=8"]),
        parse(["merge", "f", "a", "--dry-run", "b"]),
    )

    assert changed.changes == [("in_flight", 4), ("downloads", 8)]
    assert merged.sources == [Path("a"), Path("b")]


@pytest.mark.parametrize(
    "line",
    [
        "run m.yaml a",
        "run m.yaml --nonsense",
        "resolve m.yaml a --nonsense b",
        "set m.yaml in_flight=4 --json nonsense=1",
    ],
)
def test_what_is_not_understood_is_said_under_the_usage_of_its_command(
    capsys: pytest.CaptureFixture[str], line: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(line.split())

    assert ended.value.code == 2
    assert f"usage: s2v {line.split(maxsplit=1)[0]} " in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        *(["run", "m.yaml", flag, ""] for flag in ("--only", "--tag", "--code")),
        *(["plan", "m.yaml", flag, " "] for flag in ("--only", "--tag", "--code")),
        *(["retry", "m.yaml", flag, ""] for flag in ("--tag", "--code")),
        *([name, "m.yaml", ""] for name in ("retry", "cancel", "resolve", "explain", "log")),
        ["retry", "m.yaml", "--yes", ""],
        *(["review", "m.yaml", flag, "a", ""] for flag in ("--keep", "--reject")),
        ["serve", "--host", ""],
    ],
    ids=" ".join,
)
def test_a_word_that_a_variable_left_empty_is_refused(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    """It would choose nothing in silence, or, where an address is meant, everything."""
    with pytest.raises(SystemExit) as ended:
        parse(words)

    assert ended.value.code == 2
    assert re.search(r"found ' ?', expected (the|a|an) ", capsys.readouterr().err)


def test_who_types_no_command_sees_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse([])

    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    assert [name for name in COMMANDS if not re.search(rf"^    {name}\s", said.err, re.MULTILINE)] == []


def test_the_schema_of_what_each_command_prints_by_json_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["schema", "--help"])

    said = " ".join(capsys.readouterr().out.split())
    printing = [name for name in COMMANDS for leaf in leaves(parser({name})) if "--json" in leaf.format_help()]
    assert [name for name in printing if not re.search(rf"\b{name}\b", said)] == []


@pytest.mark.parametrize(
    "stranger",
    [
        "runner.cli.merge.merging",
        "runner.export.making",
        "runner.edge.watch.exposing",
        "runner.edge.store",
        "http.server",
    ],
)
def test_a_run_loads_nothing_that_only_others_need(stranger: str) -> None:
    program = "import sys, runner.cli.main, runner.cli.commands.run; print('\\n'.join(sys.modules))"

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    assert "runner.engine.drive" in loaded
    assert stranger not in loaded


@pytest.mark.parametrize("name", ["check", "plan", "status", "report", "log", "explain", "diff", "steer", "review"])
def test_a_command_that_sends_nothing_loads_no_event_loop(name: str) -> None:
    program = f"import sys, runner.cli.main, runner.cli.commands.{name}; print('\\n'.join(sys.modules))"

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    assert f"runner.cli.commands.{name}" in loaded
    assert not {"asyncio", "runner.edge.wire"} & set(loaded)
