"""The command line: one literal list of commands, in the order of the help, and what was typed as `Args`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from .. import __version__
from ..errors import Exit
from ..manifest.words import did_you_mean
from .args import Args
from .grammar.adding import Add
from .grammar.giving import GIVING
from .grammar.looking import LOOKING
from .grammar.running import RUNNING
from .grammar.steering import STEERING

COMMANDS: Final[Mapping[str, Add]] = {**RUNNING, **STEERING, **LOOKING, **GIVING}


def parse(argv: Sequence[str] | None) -> Args:
    """Return what was typed; argparse itself ends the program for --help and for what makes no sense (exit 2).

    Where nothing was typed, that is the help, on stderr.
    """
    words = sys.argv[1:] if argv is None else list(argv)
    if not words:
        whole = parser()
        whole.print_help(sys.stderr)
        whole.exit(Exit.USAGE, "\ns2v: error: the following arguments are required: COMMAND\n")
    first = words[0]
    if first and not first.startswith("-") and first not in COMMANDS:
        parser().error(f"unknown command '{first}' ({did_you_mean(first, COMMANDS)})")
    args, rest = parser({first} & COMMANDS.keys() or COMMANDS).parse_known_args(words, namespace=Args())
    args.whole = parser
    _take_late(args, rest)
    return args


def _take_late(args: Args, rest: Sequence[str]) -> None:
    """Take the words that stand behind an option into the command's list; refuse what else was not understood."""
    before, after = (rest[: rest.index("--")], rest[rest.index("--") + 1 :]) if "--" in rest else (rest, ())
    if rest and (args.many is None or any(word.startswith("-") for word in before)):
        args.grammar.error(f"unrecognized arguments: {' '.join(rest)}")
    if args.many is not None:
        name, metavar, of = args.many
        try:
            getattr(args, name).extend(map(of, (*before, *after)))
        except argparse.ArgumentTypeError as error:
            args.grammar.error(f"argument {metavar}: {error}")


def parser(names: Collection[str] = COMMANDS) -> argparse.ArgumentParser:
    """Return the whole command line, or these commands of it alone."""
    top = argparse.ArgumentParser(
        prog="s2v",
        description="Make portrait videos in batches: never pay twice, never lose what was paid for.",
        epilog="Start with: s2v init, then s2v check, s2v plan and s2v run.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"s2v {__version__}")
    group = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in filter(names.__contains__, COMMANDS):
        COMMANDS[name](group)
    return top
