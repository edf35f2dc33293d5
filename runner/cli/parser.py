"""The command line: one literal list of commands, in the order of the help, and what was typed as `Args`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from .. import __version__
from ..manifest.words import did_you_mean
from .args import Args
from .grammar.adding import Add
from .grammar.giving import GIVING
from .grammar.looking import LOOKING
from .grammar.running import RUNNING
from .grammar.steering import STEERING

COMMANDS: Final[Mapping[str, Add]] = {**RUNNING, **STEERING, **LOOKING, **GIVING}


def parse(argv: Sequence[str] | None) -> Args:
    """Return what was typed; argparse itself ends the program for --help and for what makes no sense (exit 2)."""
    words = sys.argv[1:] if argv is None else list(argv)
    first = words[0] if words else ""
    if first and not first.startswith("-") and first not in COMMANDS:
        parser().error(f"unknown command '{first}' ({did_you_mean(first, COMMANDS)})")
    return parser({first} & COMMANDS.keys() or COMMANDS).parse_args(words, namespace=Args())


def parser(names: Collection[str] = COMMANDS) -> argparse.ArgumentParser:
    """Return the whole command line, or these commands of it alone."""
    top = argparse.ArgumentParser(
        prog="s2v",
        description="Make portrait videos in batches: never pay twice, never lose what was paid for.",
        epilog="Start with: s2v init, then s2v check, s2v plan and s2v run.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"s2v {__version__}")
    group = top.add_subparsers(metavar="COMMAND", required=True)
    for name in filter(names.__contains__, COMMANDS):
        COMMANDS[name](group)
    return top
