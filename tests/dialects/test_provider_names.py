"""The manifest's grammar, the registry and the list of what comes later name the same providers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runner.dialects.registry import DIALECTS
from runner.manifest.later import not_yet

SCHEMA: Any = json.loads((Path(__file__).parents[2] / "schemas" / "manifest.schema.json").read_text("utf-8"))
NAMES = frozenset(SCHEMA["definitions"]["providerName"]["enum"])


def places(name: str) -> list[dict[str, Any]]:
    """Return a manifest's head for each place in which a provider can be named."""
    return [{"provider": name}, {"provider": [name]}, {"providers": {name: {}}}]


def test_every_provider_of_the_registry_stands_in_the_schema() -> None:
    assert DIALECTS.keys() <= NAMES


def test_settings_may_be_given_for_every_provider_and_for_nobody_else() -> None:
    assert frozenset(SCHEMA["properties"]["providers"]["properties"]) == NAMES


@pytest.mark.parametrize("name", sorted(NAMES - DIALECTS.keys()))
def test_a_provider_without_a_dialect_is_refused_wherever_it_is_named(name: str) -> None:
    assert [head for head in places(name) if not list(not_yet(head))] == []


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_a_provider_with_a_dialect_is_refused_nowhere(name: str) -> None:
    assert [head for head in places(name) if list(not_yet(head))] == []
