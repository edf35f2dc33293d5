"""The JSON Schema of the journal's rows, made from the very annotations by which the codec reads them."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any, Final

from runner.edge.journal.codec import EVENT_TYPES
from runner.edge.journal.state_file import FORMAT

_PLAIN: Final = {str: "string", int: "integer", float: "number", bool: "boolean"}


def journal_schema() -> dict[str, Any]:
    """Return the schema of one row of the `event` table, its body parsed."""
    definitions: dict[str, Any] = {}
    for cls in EVENT_TYPES.values():
        _define(cls, definitions)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"A fact of an s2v journal, format {FORMAT}",
        "description": "One row of the event table in state.db, its body parsed; runner/edge/journal/FORMAT.md "
        "describes the file. The lines of s2v log are made from it, and are of another form.",
        "type": "object",
        "required": ["at", "item", "kind", "body"],
        "additionalProperties": False,
        "properties": {
            "at": {"type": "number", "description": "Seconds since the epoch; may go back between runs."},
            "item": {"type": "string", "description": "The item's fingerprint."},
            "kind": {"type": "string", "enum": list(EVENT_TYPES)},
            "body": {"type": "object", "description": "The fields of the fact; those that are null are left out."},
        },
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": kind}}},
                "then": {"properties": {"body": {"$ref": f"#/definitions/{kind}"}}},
            }
            for kind in EVENT_TYPES
        ],
        "definitions": dict(sorted(definitions.items())),
    }


def _define(cls: type, definitions: dict[str, Any]) -> None:
    if cls.__name__ in definitions:
        return
    hints = typing.get_type_hints(cls)
    made: dict[str, Any] = {
        "type": "object",
        "description": (inspect.getdoc(cls) or "").partition("\n")[0],
        "required": [],
        "additionalProperties": False,
        "properties": {},
    }
    definitions[cls.__name__] = made
    for field in fields(cls):
        hint = hints[field.name]
        is_required = field.default is MISSING and field.default_factory is MISSING
        if is_required and type(None) not in typing.get_args(hint):
            made["required"].append(field.name)
        made["properties"][field.name] = _shape(hint, definitions)


def _shape(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, inner = typing.get_origin(hint), [arg for arg in typing.get_args(hint) if arg is not type(None)]
    if hint in _PLAIN:
        return {"type": _PLAIN[hint]}
    if origin in (types.UnionType, typing.Union):
        shapes = [_shape(arg, definitions) for arg in inner]
        return shapes[0] if len(shapes) == 1 else {"type": [shape["type"] for shape in shapes]}
    if origin is tuple:
        items = _shape(inner[0], definitions)
        if type(None) in typing.get_args(inner[0]):  # in a list alone null is written
            items = {"type": [items["type"], "null"]}
        return {"type": "array", "items": items}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _shape(inner[1], definitions)}
    if origin is typing.Literal:
        return {"type": "string", "enum": inner}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"type": "string", "enum": [str(member.value) for member in hint]}
    assert is_dataclass(hint), hint
    assert isinstance(hint, type)
    _define(hint, definitions)
    return {"$ref": f"#/definitions/{hint.__name__}"}
