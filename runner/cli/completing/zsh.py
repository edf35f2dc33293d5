"""The script for zsh: sourced, or as a file `_s2v` in a folder of `fpath`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from shlex import quote
from typing import Final

from .words import Flag, Kind, Node, Value

_OFFERS: Final = {
    Kind.WORD: "",
    Kind.FILE: "_files",
    Kind.FOLDER: "_files -/",
    Kind.MANIFEST: '_files -g "*.(yaml|yml)"',
}
_SPECIAL: Final = re.compile(r"([\[\]:\\])")
_HEAD: Final = "#compdef s2v\n# What zsh offers behind s2v, as `s2v completion zsh` printed it.\n"
_TAIL: Final = 'if [[ $funcstack[1] == _s2v ]]; then _s2v "$@"; else compdef _s2v s2v; fi\n'


def script(top: Node) -> str:
    """Return the script: a function for each command."""
    return "".join([_HEAD, *(piece for node in top.all() for piece in _function(node)), _TAIL])


def _function(node: Node) -> Iterator[str]:
    yield f"{_name(node)}() {{\n"
    specs = [*map(_spec, node.flags)]
    if not node.steps:
        specs += [_positional(number, value) for number, value in enumerate(node.values, 1)]
        yield from _arguments(specs)
        yield "}\n"
        return
    yield "    local curcontext=$curcontext state line\n    typeset -A opt_args\n"
    yield from _arguments([*specs, quote("1:command:->step"), quote("*::argument:->more")], " -C")
    yield "    case $state in\n    step)\n        local -a steps=(\n"
    yield from (f"            {quote(f'{each.path[-1]}:{_escaped(each.words)}')}\n" for each in node.steps)
    yield "        )\n        _describe command steps ;;\n    more)\n        case $words[1] in\n"
    yield from (f"        {quote(each.path[-1])}) {_name(each)} ;;\n" for each in node.steps)
    yield "        esac ;;\n    esac\n}\n"


def _arguments(specs: list[str], flag: str = "") -> Iterator[str]:
    yield f"    _arguments{flag}"
    yield from (f" \\\n        {each}" for each in specs)
    yield "\n"


def _name(node: Node) -> str:
    return "_".join(["_s2v", *node.path])


def _spec(flag: Flag) -> str:
    names, words = flag.names, f"[{_escaped(flag.words)}]"
    value = "" if flag.value is None else _action(flag.value)
    signs = [f"{name}=" if flag.value is not None and name.startswith("--") else name for name in names]
    if flag.is_repeated:
        return " ".join(quote(f"*{each}{words}{value}") for each in signs)
    others = f"({' '.join(names)})" if len(names) > 1 else ""
    return " ".join(quote(f"{others}{each}{words}{value}") for each in signs)


def _positional(number: int, value: Value) -> str:
    return quote(f"{'*' if value.is_many else number}{_action(value)}")


def _action(value: Value) -> str:
    offer = f"({' '.join(value.choices)})" if value.choices else _OFFERS[value.kind]
    return f":{_escaped(value.name)}:{offer}"


def _escaped(words: str) -> str:
    return _SPECIAL.sub(r"\\\1", words)
