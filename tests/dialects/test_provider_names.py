"""The manifest's grammar and the registry name the same providers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runner.dialects.registry import DIALECTS

SCHEMA: Any = json.loads((Path(__file__).parents[2] / "schemas" / "manifest.schema.json").read_text("utf-8"))
NAMES = frozenset(SCHEMA["definitions"]["providerName"]["enum"])


def test_the_providers_of_the_schema_are_those_of_the_registry() -> None:
    assert list(DIALECTS) == SCHEMA["definitions"]["providerName"]["enum"]


def test_settings_may_be_given_for_every_provider_and_for_nobody_else() -> None:
    assert frozenset(SCHEMA["properties"]["providers"]["properties"]) == NAMES


def test_the_settings_that_only_some_dialects_know_are_known_to_the_schema_and_to_somebody() -> None:
    settings = SCHEMA["definitions"]["providerSettings"]["properties"]
    known = frozenset[str]().union(*(dialect.options for dialect in DIALECTS.values()))
    for_all = {"base_url", "key_env", "price", "rate", "in_flight", "poll", "request_timeout"}
    assert settings.keys() == for_all | known


@pytest.mark.parametrize(
    ("name", "setting", "forms"),
    [("vapi", "image", {"string", "list"}), ("ai302", "image", {"string", "list"}),
     ("modellix", "endpoint", {"async", "plain", "image-to-video"})],
)  # fmt: skip
def test_the_forms_of_a_dialect_are_those_that_a_manifest_may_choose(name: str, setting: str, forms: set[str]) -> None:
    words = SCHEMA["definitions"]["providerSettings"]["properties"][setting]["enum"]
    assert set(words) == forms == set(DIALECTS[name].forms)
    assert setting in DIALECTS[name].options
