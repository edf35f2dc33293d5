"""Holds values against the manifest's schema and says in words what is wrong.

The words come from the schema itself: `x-expected` beside a rule says what would do, for people.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from .flaws import Flaw
from .schemas import schema
from .words import Path, did_you_mean, nearest, shown

_TYPES: Final = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}


def complaints(value: object, *, path: Path = (), definition: str | None = None) -> Iterator[Flaw]:
    """Yield what the manifest's schema, or one definition of it, has against `value`, one flaw for a place."""
    said: set[tuple[Path, str]] = set()
    for error in _validator(definition).iter_errors(value):
        for flaw in _flaws(error, (*path, *error.absolute_path)):
            mark = (flaw.path, flaw.message if flaw.on_key else "")
            if mark not in said:
                said.add(mark)
                yield flaw


@cache
def _validator(definition: str | None) -> Any:  # noqa: ANN401 -- jsonschema makes its validator classes at run time
    whole = schema("manifest")
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
            known = list(rules["properties"])
            for key in [key for key in value if key not in rules["properties"]]:
                yield Flaw(path=(*path, key), message="unknown key", hint=did_you_mean(key, known), on_key=True)
        case "required":
            for key in [key for key in rules["required"] if key not in value]:
                yield Flaw(path=path, message=f"key '{key}' is missing", hint=_example(rules, key), on_key=True)
        case "anyOf":
            yield Flaw(path=path, message="nothing to make: give items, include or matrix")
        case "enum":
            words = f"found {shown(value)}, expected {' or '.join(rules['enum'])}"
            yield Flaw(path=path, message=words, hint=_guess(value, rules["enum"]))
        case _:
            yield Flaw(path=path, message=f"found {shown(value)}, expected {_expected(rules)}")


def _expected(rules: dict[str, Any]) -> str:
    words = rules.get("x-expected")
    if words is None and "enum" in rules:
        return " or ".join(rules["enum"])
    return str(words or _TYPES.get(str(rules.get("type")), "something else"))


def _guess(value: object, known: list[str]) -> str:
    guess = nearest(value, known) if isinstance(value, str) else None
    return f"did you mean {guess}?" if guess else ""


def _example(rules: dict[str, Any], key: str) -> str:
    example = (rules["properties"][key].get("examples") or [None])[0]
    return f"for example {key}: {example}" if isinstance(example, (str, int, float)) else ""
