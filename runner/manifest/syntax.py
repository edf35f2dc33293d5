"""What libyaml and PyYAML say about broken syntax, in the words of a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

import yaml

from .flaws import Flaw, Spot
from .schemas import schema

OUT: Final = "write the value out, or quote it if it is text"
HALF: Final = "invalid Unicode character escape"
_BACKSLASH: Final = "write \\\\ for a backslash, or use single quotes"
_BRACKETS: Final = re.compile(r"\s*(?:- +)*(?:[^\s#:][^#:]*: +)?(?:\[[^\[\]]*\]|\{[^{}]*\})\s*")
_HIDDEN: Final = re.compile(r"\S([ \t]+)#(?:\S|[^#]*[\]},])|[\[{,]#")
"""A comment that looks like text, or that takes a bracket with it."""
_OPENS: Final = re.compile(r"[\[{][^\]}]*\Z")
_CLOSES: Final = re.compile(r"[\]}]")
_GLUED: Final = re.compile(r" {0,99}(?:- {1,9}){0,9}([a-z_]{1,99} {0,9}):[^ \t\r/]")
_BARE: Final = re.compile(r" {0,99}(?:- {1,9}){0,9}([a-z_]{1,99})(?:[ \t\r](?:[^:]*|[\[{].*))?")
_KEY: Final = re.compile(r"( {0,99}(?:- {1,9}){0,9})([a-z_]{1,99}):(?:[ \t\r]|\Z)")
_BACK: Final = 20  # lines
_MEANINGS: Final[tuple[tuple[str, str, str], ...]] = (
    ("cannot start any token", "this character cannot stand at the start of a value", "put the text in quotes"),
    (
        "mapping values are not allowed",
        "': ' is not expected in the middle of a value",
        "quote the text, or mend the line above",
    ),
    ("could not find expected ':'", "a key without ': ' after it", "write key: value, or check the quotes above"),
    ("did not find expected key", "a line that is no key of the mapping around it", "check indentation and quotes"),
    (
        "while parsing a block mapping: expected <block end>",
        "a line that is no key of the mapping around it",
        "check indentation and quotes",
    ),
    (
        "while parsing a block collection: expected <block end>",
        "a line that is no element of the list around it",
        "check the indentation",
    ),
    ("did not find expected '-' indicator", "a line that is no element of the list around it", "check the indentation"),
    ("unexpected end of stream", "the quote opened here is never closed", "close the quote"),
    ("did not find expected ',' or", "a list or mapping in brackets is not continued here", "add a comma, or close it"),
    ("expected ',' or", "a list or mapping in brackets is not continued here", "add a comma, or close it"),
    ("did not find expected node content", "a value is missing here", "write one, or remove the comma before it"),
    ("expected the node content", "a value is missing here", "write one, or remove the comma before it"),
    ("did not find expected <document start>", "this does not belong to what stands before", "check the indentation"),
    ("expected '<document start>'", "this does not belong to what stands before", "check the indentation"),
    ("sequence entries are not allowed", "a list starts where none can", "start it on a line of its own"),
    ("unknown escape character", "an unknown escape after \\ in double quotes", "write \\\\, or use single quotes"),
    ("hexdecimal number", "an escape after \\ that is not whole", _BACKSLASH),
    ("expected escape sequence of", "an escape after \\ that is not whole", _BACKSLASH),
    (
        HALF,
        "an escape after \\ that is no character, but half of one as JSON writes it",
        "write the character itself: json.dumps(..., ensure_ascii=False)",
    ),
    ("mapping keys are not allowed", "a '? ' is not expected here", "write key: value"),
    ("while scanning a directive", "a directive, which is not allowed", "remove the line that starts with %"),
    ("while scanning an alias", "an alias, which is not allowed", OUT),
    ("while scanning an anchor", "an anchor, which is not allowed", "use defaults, or quote it if it is text"),
    ("found unexpected document", "a line of dashes or dots inside a quoted text", "close the quote before it"),
    ("undefined alias", "an alias, which is not allowed", OUT),
    ("undefined tag handle", "a tag, which is not allowed", "remove it; quote the value if it is text"),
)


def explain(error: yaml.MarkedYAMLError, text: str) -> Flaw:
    """Return the syntax error as a flaw, at the place where the parser gave up."""
    is_about_all = any(each in (error.problem or "") for each in ("unexpected end of stream", HALF))
    spot = _within(Spot.of(error.context_mark if is_about_all else error.problem_mark or error.context_mark), text)
    if "unknown escape" in (error.problem or ""):
        spot = _at_backslash(spot, text)
    tab = _tab_before(text, spot.line)
    if _goes_on_behind_brackets(text, spot):
        message, hint = "not valid YAML: text goes on behind a bracket or brace that is closed", "quote the whole text"
    elif tab:
        message, hint, spot = "a tab stands where YAML wants spaces", "indent with spaces", tab
    else:
        message, hint = _meaning(error.context or "", error.problem or "")
        begin = Spot.of(error.context_mark).line if error.context_mark else spot.line
        hint = _cause(text, max(1, min(begin, spot.line - 1)), spot) or hint
    return Flaw(path=(), message=message, hint=hint, spot=spot)


def _meaning(context: str, problem: str) -> tuple[str, str]:
    for pattern, meaning, advice in _MEANINGS:
        if pattern in f"{context}: {problem}":
            return f"not valid YAML: {meaning}", advice
    return f"not valid YAML: {problem or context}", ""


def _cause(text: str, first: int, spot: Spot) -> str:
    """Return what to write where a line from `first` on has the slip that shows only at `spot`; the last such line.

    A `#` hides the end of its line: `{prompt: She is #1}`. A key without a colon, or a blank behind it, is text, and so
    is a key that stands further in than the one before it: it goes on with the value of that.
    """
    lines = text.split("\n", spot.line)[: spot.line]
    if deeper := _deeper(lines, spot):
        return deeper
    for number in range(spot.line, max(first, spot.line - _BACK) - 1, -1):
        line = lines[number - 1] if number <= len(lines) else ""
        if found := _HIDDEN.search(line):
            is_open = _OPENS.search(line, 0, found.start() + 1) and not _CLOSES.search(line, found.start())
            remedy = "quote what is no comment, and close the bracket" if is_open else "quote the whole text there"
            return f"'{' ' if found[1] else ''}#' in line {number} begins a comment: {remedy}"
        if (found := _GLUED.match(line)) and found[1].rstrip() in _keys():
            return f"write a blank behind '{found[1]}:' in line {number}"
        if (found := _BARE.fullmatch(line)) and found[1] in _keys():
            return f"write a colon behind '{found[1]}' in line {number}"
    return ""


def _deeper(lines: list[str], spot: Spot) -> str:
    """Return what to do where the key at `spot` stands further in than that of the line before, which has a value."""
    line = lines[-1] if len(lines) == spot.line else ""
    found = _KEY.match(line)
    if found is None or found[2] not in _keys() or spot.col not in {found.start(2) + 1, found.end(2) + 1}:
        return ""
    before = next((number for number in range(spot.line - 1, 0, -1) if _says_something(lines[number - 1])), 0)
    other = _KEY.match(lines[before - 1]) if before else None
    if other is None or other[2] not in _keys() or len(other[1]) >= len(found[1]):
        return ""
    return f"let '{found[2]}' begin in the same column as '{other[2]}' in line {before}, or quote that value"


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


@cache
def _keys() -> frozenset[str]:
    """Return every key that a manifest may have anywhere."""
    return frozenset(_keys_in(schema("manifest")))


def _keys_in(rules: object) -> Iterator[str]:
    for key, value in rules.items() if isinstance(rules, dict) else ():
        if key == "properties":
            yield from value
        yield from _keys_in(value)


def _within(spot: Spot, text: str) -> Spot:
    """Return a place that exists: for libyaml the end of a text without a line end is a line further."""
    lines = text.split("\n")
    return spot if spot.line <= len(lines) else Spot(line=len(lines), col=len(lines[-1]) + 1)


def _at_backslash(spot: Spot, text: str) -> Spot:
    """Return where an escape begins: libyaml points there, PyYAML one further."""
    before = text.split("\n")[spot.line - 1][: spot.col - 1]
    return Spot(line=spot.line, col=spot.col - 1) if before.endswith("\\") else spot


def _goes_on_behind_brackets(text: str, spot: Spot) -> bool:
    """Return whether a value begins as a list or a mapping in brackets does, and is a text: `{name} smiles`."""
    line = text.split("\n", spot.line)[spot.line - 1]
    before, rest = line[: spot.col - 1], line[spot.col - 1 :]
    return bool(_BRACKETS.fullmatch(before)) and rest[:1] not in {"", "#"}


def _tab_before(text: str, line: int) -> Spot | None:
    """Return where a tab stands in the indentation of `line`, if one does."""
    lines = text.split("\n", line)
    written = lines[line - 1] if len(lines) >= line else ""
    indentation = written[: len(written) - len(written.lstrip(" \t"))]
    return Spot(line=line, col=indentation.index("\t") + 1) if "\t" in indentation else None
