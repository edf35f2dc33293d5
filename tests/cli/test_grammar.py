"""The command line loads what a command needs, and nothing of the others."""

from __future__ import annotations

import argparse
import subprocess
import sys

import pytest

from runner.cli.args import Args
from runner.cli.parser import COMMANDS, parser


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


@pytest.mark.parametrize(
    "stranger", ["runner.cli.merging", "runner.export.making", "runner.edge.exposing", "http.server"]
)
def test_a_run_loads_nothing_that_only_other_commands_need(stranger: str) -> None:
    program = "import sys, runner.cli.main, runner.cli.commands.run; print('\\n'.join(sys.modules))"

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    assert "runner.engine.drive" in loaded
    assert stranger not in loaded
