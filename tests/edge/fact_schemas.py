"""The JSON Schemas of facts, made from the very annotations by which the codec reads them.

A row of the journal leaves out what is null and keeps the names of fields; a line of `s2v log` and `--events` has every
field, null where it says nothing, and tells money as a report does.
"""

from __future__ import annotations

import inspect
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final

from runner.core.life.state import Phase
from runner.edge.journal.codec import EVENT_TYPES
from runner.edge.journal.state_file import FORMAT
from runner.model import Money

_SCHEMAS: Final = Path(__file__).parents[2] / "schemas"
_PLAIN: Final = {str: "string", int: "integer", float: "number", bool: "boolean"}
_DRAFT: Final = "http://json-schema.org/draft-07/schema#"
_MONEY: Final = {
    "type": "object",
    "description": "An exact amount.",
    "required": ["amount", "currency"],
    "additionalProperties": False,
    "properties": {
        "amount": {
            "description": "Units of the currency as a decimal string.",
            "type": "string",
            "pattern": "^[0-9]+\\.[0-9]{2,6}$",
        },
        "currency": {"description": "ISO 4217, or a provider's own such as PTC.", "type": "string", "minLength": 1},
    },
}
_STEERED: Final = {"limits", "tighter", "under_way", "changed", "names"}


def journal_schema() -> dict[str, Any]:
    """Return the schema of one row of the `event` table, its body parsed."""
    shapes = _Shapes()
    for cls in EVENT_TYPES.values():
        shapes.define(cls)
    return {
        "$schema": _DRAFT,
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
        "allOf": _each("kind", {kind: kind for kind in EVENT_TYPES}, "body"),
        "definitions": dict(sorted(shapes.definitions.items())),
    }


def event_schema() -> dict[str, Any]:
    """Return the schema of one line of `s2v log` and `--events`."""
    names, definitions = _facts_of_lines()
    steered = {each["properties"]["event"]["const"]: _facts_of(each) for each in published("steer")["oneOf"]}
    definitions |= steered
    names |= {name: name for name in steered}
    return {
        "$schema": _DRAFT,
        "title": "A line of s2v log, and of --events",
        "description": "One fact as it happened. Lines of what a person changed about a run that goes on (adjusted, "
        "paused, resumed, leftout) are in --events alone and about no one item.",
        "type": "object",
        "required": ["at", "id", "key", "event", "phase", "provider", "job_id", "facts"],
        "additionalProperties": False,
        "properties": {
            "at": {"type": "string", "format": "date-time", "description": "When, in UTC; may go back between runs."},
            "id": {"type": ["string", "null"], "description": "The item's id in the manifest."},
            "key": {"type": ["string", "null"], "description": "The item's fingerprint.", "pattern": "^[0-9a-f]{64}$"},
            "event": {"type": "string", "enum": list(names), "description": "What happened."},
            "phase": {
                "type": ["string", "null"],
                "enum": [*map(str, Phase), None],
                "description": "Where the item is after it.",
            },
            "provider": {"type": ["string", "null"], "description": "Who was asked last; null before that."},
            "job_id": {"type": ["string", "null"], "description": "The provider's id of the job of now."},
            "facts": {
                "type": "object",
                "description": "The fields of the fact; times are seconds since the epoch, links have no query.",
            },
        },
        "allOf": _each("event", names, "facts"),
        "definitions": dict(sorted(definitions.items())),
    }


def explain_schema() -> dict[str, Any]:
    """Return the schema of what `s2v explain --json` prints for each item."""
    item, line = published("results"), event_schema()["properties"]
    names = ("at", "event", "facts")
    events = {
        "description": "All that happened to the item, oldest first; `facts` are as the schema event has them.",
        "type": "array",
        "items": {
            "type": "object",
            "required": [*names],
            "additionalProperties": False,
            "properties": {name: line[name] for name in names},
        },
    }
    return item | {
        "title": "s2v explain --json",
        "description": "An item as results.jsonl has it, and what happened to it: one document for each that is named.",
        "properties": item["properties"] | {"events": events},
        "required": [*item["required"], "events"],
    }


def published(name: str) -> dict[str, Any]:
    """Return a schema as it stands in `schemas/`."""
    return dict(json.loads((_SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")))


def _facts_of_lines() -> tuple[dict[str, str], dict[str, Any]]:
    """Return what each event of a line is called and defined by, and the definitions."""
    shapes = _LineShapes()
    for cls in EVENT_TYPES.values():
        shapes.define(cls)
    return {cls.__name__.lower(): cls.__name__ for cls in EVENT_TYPES.values()}, shapes.definitions


def _facts_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the shape of what `--events` tells of an answer to `s2v set` and its like: neither folder nor fates."""
    names = [name for name in answer["properties"] if name in _STEERED]
    return {
        "description": answer["description"],
        "type": "object",
        "required": names,
        "additionalProperties": False,
        "properties": {name: answer["properties"][name] for name in names},
    }


def _each(name: str, kinds: Mapping[str, str], part: str) -> list[dict[str, Any]]:
    return [
        {
            "if": {"properties": {name: {"const": kind}}},
            "then": {"properties": {part: {"$ref": f"#/definitions/{definition}"}}},
        }
        for kind, definition in kinds.items()
    ]


class _Shapes:
    """What the fields of classes are in rows, gathered by name."""

    leaves_out = True

    def __init__(self) -> None:
        self.definitions: dict[str, Any] = {}

    def define(self, cls: type) -> None:
        if cls.__name__ in self.definitions:
            return
        hints = typing.get_type_hints(cls)
        made: dict[str, Any] = {
            "type": "object",
            "description": (inspect.getdoc(cls) or "").partition("\n")[0],
            "required": [],
            "additionalProperties": False,
            "properties": {},
        }
        self.definitions[cls.__name__] = made
        for each in fields(cls):
            name, hint = self.name(each.name), hints[each.name]
            may_lack = each.default is not MISSING or each.default_factory is not MISSING or _may_be_none(hint)
            if not (self.leaves_out and may_lack):
                made["required"].append(name)
            made["properties"][name] = self.field(hint)

    def name(self, name: str) -> str:
        return name

    def field(self, hint: Any) -> dict[str, Any]:
        return self.shape(hint)

    def shape(self, hint: Any) -> dict[str, Any]:
        origin, inner = typing.get_origin(hint), [arg for arg in typing.get_args(hint) if arg is not type(None)]
        if hint in _PLAIN:
            return {"type": _PLAIN[hint]}
        if origin in (types.UnionType, typing.Union):
            shapes = [self.shape(arg) for arg in inner]
            return shapes[0] if len(shapes) == 1 else {"type": [shape["type"] for shape in shapes]}
        if origin is tuple:
            items = self.shape(inner[0])
            if _may_be_none(inner[0]):  # in a list alone a row has null
                items = {"type": [items["type"], "null"]}
            return {"type": "array", "items": items}
        if origin is Mapping:
            return {"type": "object", "additionalProperties": self.shape(inner[1])}
        if origin is typing.Literal:
            return {"type": "string", "enum": inner}
        if isinstance(hint, type) and issubclass(hint, Enum):
            return {"type": "string", "enum": [str(member.value) for member in hint]}
        assert is_dataclass(hint), hint
        assert isinstance(hint, type)
        self.define(hint)
        return {"$ref": f"#/definitions/{hint.__name__}"}


class _LineShapes(_Shapes):
    """The same in lines, where nothing is left out and money is told in units of its currency."""

    leaves_out = False

    def define(self, cls: type) -> None:
        if cls is Money:
            self.definitions["Money"] = _MONEY
        else:
            super().define(cls)

    def name(self, name: str) -> str:
        return name.rstrip("_")

    def field(self, hint: Any) -> dict[str, Any]:
        told = self.shape(hint)
        return {"anyOf": [told, {"type": "null"}]} if _may_be_none(hint) else told


def _may_be_none(hint: Any) -> bool:
    return type(None) in typing.get_args(hint)
