"""Holds values against the manifest's schema and says in words what is wrong.

The words come from the schema itself: `x-expected` beside a rule says what would do, for people.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby
from typing import Any, Final
from unicodedata import name

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from .flaws import Flaw
from .scalars import Unkept
from .schemas import schema
from .strict_yaml import FLAWED
from .words import Path, clipped, did_you_mean, dotted, nearest, shown

_SOURCES: Final = ("items", "include", "matrix")
_MONEY: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([A-Z]{3,10})")
_KEY: Final = re.compile(r"([a-z_]+)([: ]) *(?=\S)")
_ONE: Final = re.compile(r"[\w ./*-]{1,60}")  # of a list: a name, a path or a pattern
_UNQUOTED: Final = {"boolean": re.compile("true|false"), "integer": re.compile("[1-9][0-9]{0,5}")}
_NEVER: Final = re.compile(r"(?!)")
_QUOTE: Final = "put it in quotes"
_TYPES: Final = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}


def complaints(
    value: object, *, path: Path = (), definition: str | None = None, grammar: str = "manifest"
) -> Iterator[Flaw]:
    """Yield what the schema of a grammar, or one definition of it, has against `value`, one flaw for a place."""
    said: set[tuple[Path, str]] = set()
    for error in _in_order(_validator(grammar, definition).iter_errors(value)):
        for flaw in _flaws(error, (*path, *error.absolute_path)):
            mark = (flaw.path, flaw.message if flaw.on_key else "")
            if mark not in said:
                said.add(mark)
                yield flaw


def _in_order(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """Give the errors as they come, but those of free keys by name: jsonschema goes through these in any order."""
    for is_free, some in groupby(errors, key=lambda error: "additionalProperties" in error.absolute_schema_path):
        yield from sorted(some, key=lambda error: dotted((*error.absolute_path,)) if is_free else "")


@cache
def _validator(grammar: str, definition: str | None) -> Any:  # noqa: ANN401 -- jsonschema makes its classes at run time
    whole = schema(grammar)
    rules = {"$ref": f"#/definitions/{definition}", "definitions": whole["definitions"]} if definition else whole
    return _STRICT(rules)


def _is_integer(_checker: object, value: object) -> bool:
    """Return whether `value` was written as a whole number: 1.0 is none."""
    return isinstance(value, int) and not isinstance(value, bool)


_STRICT: Final = extend(  # type: ignore[no-untyped-call] # the stubs leave it out
    Draft7Validator, type_checker=Draft7Validator.TYPE_CHECKER.redefine("integer", _is_integer)
)


def _flaws(error: ValidationError, path: Path) -> Iterator[Flaw]:
    rules: Any = error.schema
    value: Any = error.instance
    match error.validator:
        case "additionalProperties":
            for key in _unknown(rules, value):
                hint = _colon_wanted(key, rules["properties"]) or did_you_mean(key, rules["properties"])
                yield Flaw(path=(*path, key), message="unknown key", hint=hint, on_key=True)
        case "required":
            for key in [key for key in rules["required"] if key not in value]:
                unknown = _unknown(rules, value)
                if nearest(key, unknown) is None and not any(
                    each.startswith((f"{key}:", f"{key} ")) for each in unknown
                ):
                    yield Flaw(path=path, message=f"key '{key}' is missing", hint=_example(rules, key), on_key=True)
        case "anyOf":
            if not any(nearest(key, _unknown(rules, value)) for key in _SOURCES):
                yield Flaw(path=path, message="nothing to make: give items, include or matrix")
        case "uniqueItems":
            twice = [one for number, one in enumerate(value) if one is not FLAWED and one in value[:number]]
            if twice:
                yield Flaw(path=path, message=f"found {shown(twice[0])} twice, expected {_expected(rules)}")
        case "enum":
            words = f"found {shown(value)}, expected {_one_of(rules['enum'])}"
            yield Flaw(path=path, message=words, hint=_guess(value, rules["enum"]))
        case "type" if isinstance(value, Unkept) and "number" in rules["type"]:
            yield Flaw(path=path, message=f"{clipped(value.text)} {value.why}", hint=value.write)
        case _ if "propertyNames" in error.absolute_schema_path:
            yield Flaw(path=(*path, value), message=f"found {shown(value)}, expected {_expected(rules)}", on_key=True)
        case _:
            hint = _QUOTE if _would_do_as_text(rules, value) else _unseen(value) or _as_meant(rules, value)
            yield Flaw(path=path, message=f"found {shown(value)}, expected {_expected(rules)}", hint=hint)


def _would_do_as_text(rules: dict[str, Any], value: object) -> bool:
    """Return whether a number, true or false would be what is expected, were it in quotes."""
    is_bare = rules.get("type") == "string" and isinstance(value, bool | int | float)
    return is_bare and bool(_STRICT(rules).is_valid(shown(value)))


def _colon_wanted(text: str, known: Iterable[str]) -> str:
    """Return what to write in place of `portrait:a.png` or `portrait a.png`, which is one text to YAML."""
    found = _KEY.match(text)
    if found is None or found[1] not in known:
        return ""
    if found[2] == ":":
        return f"write a blank behind the colon: {found[1]}: {clipped(text[found.end() :])}"
    return f"write a colon behind '{found[1]}'"


def _unseen(value: object) -> str:
    """Return a hint that names the first character that nobody sees, where there is one."""
    text = value if isinstance(value, str) else ""
    found = next((c for c in text if not c.isprintable() and c not in "\t\n"), "")
    return (
        f"remove U+{ord(found):04X}, {name(found, 'a control character').lower()}, which is not seen" if found else ""
    )


def _unknown(rules: dict[str, Any], value: dict[str, Any]) -> list[str]:
    return [key for key in value if key not in rules["properties"]]


def _expected(rules: dict[str, Any]) -> str:
    if "x-expected" in rules:
        return str(rules["x-expected"])
    if "enum" in rules:
        return _one_of(rules["enum"])
    if "properties" in rules:
        return f"a mapping ({', '.join(rules['properties'])})"
    return _TYPES[rules["type"]]


def _one_of(words: list[str]) -> str:
    return " or ".join(words) if len(words) < 3 else f"one of {', '.join(words)}"  # noqa: PLR2004 -- two read well with "or"


def _guess(value: object, known: list[str]) -> str:
    guess = nearest(value, known) if isinstance(value, str) else None
    return f"did you mean {guess}?" if guess else ""


def _example(rules: dict[str, Any], key: str) -> str:
    written = _written(rules, key)
    return f"for example {written}" if written else ""


def _as_meant(rules: dict[str, Any], value: object) -> str:
    """Return how to write `value` as what is expected: as it was meant where that is seen, or else an example."""
    if isinstance(value, str) and _UNQUOTED.get(str(rules.get("type")), _NEVER).fullmatch(value):
        return f"leave the quotes out: {value}"
    if rules.get("type") == "array" and isinstance(value, str) and _ONE.fullmatch(value):
        return f'write ["{value}"]'
    if isinstance(value, str) and (meant := _colon_wanted(value, rules.get("properties", ()))):
        return meant
    if {"amount", "currency"} != rules.get("properties", {}).keys():
        return _whole_example(rules)
    if isinstance(value, str) and (found := _MONEY.fullmatch(value)):
        return f"write {{amount: {found[1]}, currency: {found[2]}}}"
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return f"for example {{amount: {value}, currency: USD}}" if is_number else _whole_example(rules)


def _whole_example(rules: dict[str, Any]) -> str:
    """Return a mapping to write where all that it needs has an example: `{amount: 25.0, currency: USD}`."""
    written = [_written(rules, key) for key in rules.get("required", ()) if "properties" in rules]
    return f"for example {{{', '.join(written)}}}" if written and all(written) else ""


def _written(rules: dict[str, Any], key: str) -> str:
    example = (rules["properties"][key].get("examples") or [None])[0]
    return f"{key}: {example}" if isinstance(example, (str, int, float)) else ""
