"""`s2v completion`: prints what makes a shell complete the words of s2v; installs nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ...errors import Exit
from ..args import Args
from ..completing import bash, fish, zsh
from ..completing.words import Node, node_of
from ..screen import Screen

SCRIPTS: Final[Mapping[str, Callable[[Node], str]]] = {"bash": bash.script, "zsh": zsh.script, "fish": fish.script}


def completion(args: Args, screen: Screen) -> int:
    """Print the script for a shell."""
    screen.stream([SCRIPTS[args.shell](node_of(args.whole()))])
    return Exit.OK
