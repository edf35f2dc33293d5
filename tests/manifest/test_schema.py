from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from runner.manifest.complaints import complaints
from runner.manifest.items import is_surely_sound
from runner.manifest.schemas import schema
from runner.model import ProviderSettings

SCHEMA = schema("manifest")
DRAFT_07 = {
    "$schema", "$id", "$ref", "title", "description", "default", "examples", "definitions", "type", "properties",
    "required", "additionalProperties", "propertyNames", "items", "enum", "const", "pattern", "minLength", "maxLength",
    "minimum", "maximum", "exclusiveMinimum", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
    "if", "then", "else", "anyOf", "x-expected",
}  # fmt: skip


def nodes(node: Any, path: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema in the schema; what only stands in examples or defaults is none."""
    yield path, node
    for key in ("properties", "definitions"):
        for name, inner in node.get(key, {}).items():
            yield from nodes(inner, f"{path}/{key}/{name}")
    for key in ("items", "additionalProperties", "propertyNames", "if", "then", "else"):
        if isinstance(node.get(key), dict):
            yield from nodes(node[key], f"{path}/{key}")


KEYS = {path: node for path, node in nodes(SCHEMA) if path.split("/")[-2:-1] == ["properties"]}


def test_the_schema_is_a_draft_07_schema_in_words_that_editors_know() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert {word for _, node in nodes(SCHEMA) for word in node} <= DRAFT_07


@pytest.mark.parametrize("path", KEYS)
def test_every_key_says_what_it_means_and_gives_a_sound_example(path: str) -> None:
    node = KEYS[path]
    assert node["description"].endswith((".", ")"))
    validator = Draft7Validator({**node, "definitions": SCHEMA["definitions"]})
    for example in [*node["examples"], *([node["default"]] if "default" in node else [])]:
        rules = {"allOf": [{k: v for k, v in node.items() if k != "$ref"}], "definitions": SCHEMA["definitions"]}
        assert not list(validator.iter_errors(example))
        assert not list(Draft7Validator(rules).iter_errors(example))


def test_every_mapping_is_closed_but_metadata() -> None:
    open_ones = [path for path, node in nodes(SCHEMA) if node.get("type") == "object" and node["additionalProperties"]]
    assert open_ones == ["#/definitions/metadata"]


def test_every_definition_is_in_use() -> None:
    used = set(re.findall(r'"#/definitions/(\w+)"', json.dumps(SCHEMA)))
    assert used == set(SCHEMA["definitions"])


def test_every_provider_that_can_be_named_can_be_set() -> None:
    assert set(SCHEMA["definitions"]["providerName"]["enum"]) == set(SCHEMA["properties"]["providers"]["properties"])


def test_provider_settings_are_those_of_the_model() -> None:
    known = {field.name.removesuffix("_s") for field in fields(ProviderSettings)}
    assert set(SCHEMA["definitions"]["providerSettings"]["properties"]) == known


TEXTS = [
    "", " ", "a", "a.png", "../a", "CON", "x\n", "~/a", "\x07", "https://x.org/a.png", "https://u:p@x.org/", "${A}",
    "a b",
    "a;b", "data:image/png;base64,AA==",
]  # fmt: skip
FACTS = st.one_of(st.text("ab\x00\n", max_size=3), st.integers(), st.none())
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 120),
    st.floats(),
    st.sampled_from(TEXTS),
    st.lists(st.sampled_from(["a", "b", "a b", ""]), max_size=3),
    st.dictionaries(st.sampled_from(["a", "b c", ""]), FACTS, max_size=2),
)


@given(st.dictionaries(st.sampled_from([*SCHEMA["definitions"]["item"]["properties"], "promt"]), JUNK))
@settings(max_examples=400)
def test_the_quick_check_never_passes_what_the_schema_refuses(item: dict[str, Any]) -> None:
    if is_surely_sound(item):
        assert not list(complaints(item, definition="item"))
