"""How a command is added to the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Literal, TypeAlias

from ..args import Args
from ..screen import Screen

Command = Callable[[Args, Screen], int]
Group: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - argparse names its type so
Add = Callable[[Group], None]
"""Adds one command."""


def add(group: Group, name: str, command: Command, words: str) -> argparse.ArgumentParser:
    """Add a command called `name`, done by `command`; `words` are its help."""
    made = group.add_parser(name, help=words, description=sentence(words), allow_abbrev=False)
    made.set_defaults(command=command, grammar=made)
    return made


def add_many(
    made: argparse.ArgumentParser,
    name: str,
    *,
    least: Literal[0, 1],
    of: Callable[[str], object],
    metavar: str,
    words: str,
) -> None:
    """Add the list of words that ends a command; options may stand between them. `words` are its help.

    argparse itself closes a list at the first option, and a list that may be empty as soon as an option follows what
    stands before it; `of` reads what is typed behind that, too.
    """
    made.add_argument(name, nargs="+" if least else "*", type=of, metavar=metavar, help=words)
    made.set_defaults(many=(name, metavar, of))


def sentence(words: str) -> str:
    """Return the words of a list as a sentence."""
    return f"{words[0].upper()}{words[1:]}."
