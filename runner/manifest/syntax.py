"""What libyaml and PyYAML say about broken syntax, in the words of a person."""

from __future__ import annotations

from typing import Final

import yaml

from .flaws import Flaw, Spot

_MEANINGS: Final[tuple[tuple[str, str, str], ...]] = (
    ("cannot start any token", "this character cannot stand at the start of a value", "put the text in quotes"),
    (
        "mapping values are not allowed",
        "': ' is not expected in the middle of a value",
        "quote the text, or mend the line above",
    ),
    ("could not find expected ':'", "a key without ': ' after it", "write key: value, or check the quotes above"),
    ("did not find expected key", "a line that is no key of the mapping around it", "check indentation and quotes"),
    ("expected <block end>", "a line that does not fit the block around it", "check indentation and quotes"),
    ("did not find expected '-' indicator", "a line that is no element of the list around it", "check the indentation"),
    ("unexpected end of stream", "the quote opened here is never closed", "close the quote"),
    ("did not find expected ',' or", "a list or mapping in brackets is not continued here", "add a comma, or close it"),
    ("expected ',' or", "a list or mapping in brackets is not continued here", "add a comma, or close it"),
    ("did not find expected node content", "a value is missing here", "write one, or remove the comma before it"),
    ("expected the node content", "a value is missing here", "write one, or remove the comma before it"),
    ("did not find expected <document start>", "this does not belong to what stands before", "check the indentation"),
    ("block sequence entries are not allowed", "a list starts where none can", "start it on a line of its own"),
    ("unknown escape character", "an unknown escape after \\ in double quotes", "write \\\\, or use single quotes"),
    ("undefined alias", "an alias, which is not allowed", "write the value out"),
    ("undefined tag handle", "a tag, which is not allowed", "remove it; quote the value if it is text"),
)


def explain(error: yaml.MarkedYAMLError, text: str) -> Flaw:
    """Return the syntax error as a flaw, at the place where the parser gave up."""
    unclosed = "unexpected end of stream" in (error.problem or "")
    spot = Spot.of(error.context_mark if unclosed else error.problem_mark or error.context_mark)
    tab = _tab_before(text, spot.line)
    if tab:
        message, hint, spot = "a tab stands where YAML wants spaces", "indent with spaces", tab
    else:
        message, hint = _meaning(error.problem or error.context or "")
    return Flaw(path=(), message=message, hint=hint, spot=spot)


def _meaning(said: str) -> tuple[str, str]:
    for pattern, meaning, advice in _MEANINGS:
        if pattern in said:
            return f"not valid YAML: {meaning}", advice
    return f"not valid YAML: {said}", ""


def _tab_before(text: str, line: int) -> Spot | None:
    """Return where a tab stands in the indentation of `line`, if one does."""
    lines = text.split("\n", line)
    written = lines[line - 1] if len(lines) >= line else ""
    indentation = written[: len(written) - len(written.lstrip(" \t"))]
    return Spot(line=line, col=indentation.index("\t") + 1) if "\t" in indentation else None
