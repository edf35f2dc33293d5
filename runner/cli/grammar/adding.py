"""How a command is added to the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeAlias

from ..args import Args
from ..screen import Screen

Command = Callable[[Args, Screen], int]
Group: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - argparse names its type so
Add = Callable[[Group], None]
"""Adds one command."""


def add(group: Group, name: str, command: Command, words: str) -> argparse.ArgumentParser:
    """Add a command called `name`, done by `command`; `words` are its help."""
    made = group.add_parser(name, help=words, description=sentence(words), allow_abbrev=False)
    made.set_defaults(command=command)
    return made


def sentence(words: str) -> str:
    """Return the words of a list as a sentence."""
    return f"{words[0].upper()}{words[1:]}."
