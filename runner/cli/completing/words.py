"""What can be typed where, taken out of the parser: commands, flags, and what follows them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

from ...values import dataclass

_FOLDERS: Final = frozenset({"DIR", "FOLDER", "SHARD"})
_REPEATED: Final = (argparse._AppendAction, argparse._ExtendAction)  # noqa: SLF001 - argparse names them so


class Kind(StrEnum):
    """What kind of word it is."""

    WORD = "word"  # one of a few, or nothing that anybody could list
    FILE = "file"
    FOLDER = "folder"
    MANIFEST = "manifest"  # a manifest, or a run folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What follows a flag, or stands by itself; `choices` are all that it may be, empty where nobody can list them."""

    kind: Kind
    name: str
    choices: tuple[str, ...]
    is_many: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One option in all its spellings; `value` is None where nothing follows it."""

    names: tuple[str, ...]
    words: str
    value: Value | None
    is_repeated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One command, a step of a command, or the program itself (an empty `path`); `steps` are what may follow it."""

    path: tuple[str, ...]
    words: str
    flags: tuple[Flag, ...]
    values: tuple[Value, ...]
    steps: tuple[Node, ...]

    def all(self) -> Iterator[Node]:
        """Give this node and those below it."""
        yield self
        for step in self.steps:
            yield from step.all()


def node_of(parser: argparse.ArgumentParser, path: tuple[str, ...] = (), words: str = "") -> Node:
    """Return what may be typed behind these words."""
    actions = parser._actions  # noqa: SLF001 - argparse shows what was added nowhere else
    return Node(
        path=path,
        words=words or parser.description or "",
        flags=tuple(_flag(each) for each in actions if each.option_strings),
        values=tuple(_value(each) for each in actions if not each.option_strings and not _is_group(each)),
        steps=tuple(step for each in actions for step in _steps(each, path)),
    )


def _steps(action: argparse.Action, path: tuple[str, ...]) -> Iterator[Node]:
    if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
        words = {each.dest: each.help or "" for each in action._choices_actions}  # noqa: SLF001 - as above
        for name, parser in action.choices.items():
            yield node_of(parser, (*path, name), words.get(name, ""))


def _is_group(action: argparse.Action) -> bool:
    return isinstance(action, argparse._SubParsersAction)  # noqa: SLF001 - as above


def _flag(action: argparse.Action) -> Flag:
    return Flag(
        names=tuple(action.option_strings),
        words=(action.help or "").replace("%%", "%"),
        value=None if action.nargs == 0 else _value(action),
        is_repeated=isinstance(action, _REPEATED),
    )


def _value(action: argparse.Action) -> Value:
    name = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    return Value(
        kind=_kind(action, name), name=name, choices=tuple(map(str, action.choices or ())),
        is_many=action.nargs in {"+", "*"},
    )  # fmt: skip


def _kind(action: argparse.Action, name: str) -> Kind:
    if name == "MANIFEST":
        return Kind.MANIFEST
    if action.type is not Path and "PATH" not in name:
        return Kind.WORD
    return Kind.FOLDER if name in _FOLDERS else Kind.FILE
