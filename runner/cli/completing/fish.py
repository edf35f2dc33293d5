"""The script for fish."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .words import Flag, Kind, Node, Value

_HEAD: Final = """# What fish offers behind s2v, as `s2v completion fish` printed it.
function __s2v_behind
    set -l words (commandline -opc)
    for each in $argv
        set -e words[1]
        test "$words[1]" = $each; or return 1
    end
end
function __s2v_right_behind
    set -l words (commandline -opc)
    test "$words[2..-1]" = "$argv"
end
complete -c s2v -f
"""
_OFFERS: Final = {
    Kind.WORD: "",
    Kind.FILE: "(__fish_complete_path (commandline -ct))",
    Kind.FOLDER: "(__fish_complete_directories (commandline -ct) '')",
    Kind.MANIFEST: r"(__fish_complete_suffix .yaml | string match -r '^.*(?:/|\.ya?ml)(?:\t.*)?$')",
}


def script(top: Node) -> str:
    """Return the script: a line for each word that may be typed."""
    return "".join([_HEAD, *(line for node in top.all() for line in _lines(node))])


def _lines(node: Node) -> Iterator[str]:
    place = " ".join(node.path)
    behind, right_behind = f"__s2v_behind {place}".strip(), f"__s2v_right_behind {place}".strip()
    for step in node.steps:
        yield _line(right_behind, f"-a {step.path[-1]}", step.words)
    for flag in node.flags:
        yield _line(right_behind if node.steps else behind, _names(flag) + _taken(flag), flag.words)
    for value in node.values:
        if offer := _offer(value):
            yield _line(behind, f"-a {_quoted(offer)}", value.name)


def _line(condition: str, what: str, words: str) -> str:
    return f"complete -c s2v -n {_quoted(condition)} {what} -d {_quoted(words)}\n"


def _names(flag: Flag) -> str:
    return " ".join(f"-l {each[2:]}" if each.startswith("--") else f"-s {each[1:]}" for each in flag.names)


def _taken(flag: Flag) -> str:
    if flag.value is None:
        return ""
    offer = _offer(flag.value)
    return f" -x -a {_quoted(offer)}" if offer else " -x"


def _offer(value: Value) -> str:
    return " ".join(value.choices) or _OFFERS[value.kind]


def _quoted(text: str) -> str:
    """Return a text as fish reads it between single quotes."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
