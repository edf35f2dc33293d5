"""What a command prints for programs, held against the schema that `s2v schema` prints for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft7Validator

SCHEMAS: Final = Path(__file__).parents[2] / "schemas"
SCHEMA_OF: Final[Mapping[str, str]] = {
    **{name: name for name in ("check", "diff", "doctor", "explain", "plan", "provenance", "providers", "resolve")},
    **{name: name for name in ("review", "verify")},
    **dict.fromkeys(("run", "retry", "fetch", "status"), "report"),
    **dict.fromkeys(("set", "pause", "continue", "cancel"), "steer"),
}
"""The schema of what each command prints by `--json`."""


def hold(args: Sequence[str], out: str) -> None:
    """Raise when what a command printed is not what its schema says; nothing is fine, for a refusal goes to stderr."""
    if (name := schema_of(args)) is not None:
        for document in documents(out):
            validator(name).validate(document)


def schema_of(args: Sequence[str]) -> str | None:
    """Return the schema of what is printed; None where that is for people."""
    command = args[0] if args else ""
    if "--events" in args or command == "log":
        return "event"
    if "--json" not in args:
        return None
    return "watch" if "--watch" in args else "plan" if "--dry-run" in args else SCHEMA_OF[command]


def documents(text: str) -> Iterator[Any]:
    """Give one document after the other."""
    decoder, at = json.JSONDecoder(), 0
    while text := text[at:].lstrip():
        document, at = decoder.raw_decode(text)
        yield document


@cache
def validator(name: str) -> Draft7Validator:
    return Draft7Validator(json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")))
