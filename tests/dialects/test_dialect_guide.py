"""The guide to adding a provider shows code that exists, and names files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runner.model import Kind

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "runner" / "dialects" / "README.md").read_text("utf-8")


@pytest.mark.parametrize("example", re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL))
def test_the_worked_example_is_the_code_itself(example: str) -> None:
    assert any(example in path.read_text("utf-8") for path in (ROOT / "runner" / "dialects").glob("*.py"))


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:runner|schemas|tests)/[\w./]+\.\w+)`", GUIDE)) - {
    "runner/dialects/NAME.py", "tests/dialects/test_NAME.py", "tests/dialects/heard_NAME.py",
}))  # fmt: skip
def test_every_file_that_is_named_is_there(path: str) -> None:
    assert (ROOT / path).is_file()


def test_every_kind_of_verdict_is_explained() -> None:
    assert {kind.name for kind in Kind} <= set(re.findall(r"`([A-Z]+)`", GUIDE))
