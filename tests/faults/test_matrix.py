"""The fault matrix is whole: every row names tests that exist, or the sentence in the code that handles it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

TESTS: Final = Path(__file__).parents[1]
MATRIX: Final[list[dict[str, Any]]] = yaml.safe_load(
    Path(__file__).with_name("matrix.yaml").read_text(encoding="utf-8")
)


@cache
def names(path: Path) -> frozenset[str]:
    """Return the tests of a module, by its syntax tree."""
    return frozenset(node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef))


def test_every_row_is_there_once_and_in_order() -> None:
    assert [row["row"] for row in MATRIX] == list(range(1, 78))
    assert all(row["fault"] and row["expected"] for row in MATRIX)


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: f"{row['row']}: {row['fault'][:40]}")
def test_a_row_is_held_by_what_it_names(row: dict[str, Any]) -> None:
    keys = {"row", "fault", "expected", "tests", "golden", "code", "otherwise"}
    assert row.keys() <= keys
    assert row.get("tests") or row.get("code")
    for test in row.get("tests", ()):
        file, _, name = test.partition("::")
        assert name in names(TESTS / file), test
    for case in row.get("golden", ()):
        assert (TESTS / "manifest" / "bad" / f"{case}.txt").is_file(), case
    for file, sentence in row.get("code", {}).items():
        assert sentence in (TESTS.parent / file).read_text(encoding="utf-8"), sentence
