"""Whatever stands in a manifest or a table, reading it ends in a value or in problems, and never in an exception."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.errors import Problems
from runner.manifest.parse import read
from runner.manifest.schemas import schema

BAD = Path(__file__).parent / "bad"
HEAD = {"version": 1, "name": "t"}
TOP = {key: node for key, node in schema("manifest")["properties"].items() if key not in HEAD}


def _keys(node: dict[str, Any]) -> list[str]:
    while "$ref" in node:
        node = schema("manifest")["definitions"][node["$ref"].split("/")[-1]]
    inner = list(node.get("properties", {}))
    return inner + [key for name in inner for key in _keys(node["properties"][name])]


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-1, 10**12), st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "a.png", "*.png", "{name}", "5/1m", "2s..1s", "90s", "USD", "auto", "vapi",
        "minimax", "${A}", "t.csv"]),
)  # fmt: skip


def _value(key: str) -> st.SearchStrategy[Any]:
    names = st.sampled_from(_keys(TOP[key]) or ["portrait", "prompt", "id", "takes"])
    return st.recursive(
        LEAVES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
        max_leaves=6,
    )


DOCUMENTS = st.fixed_dictionaries({k: st.just(v) for k, v in HEAD.items()}, optional={k: _value(k) for k in TOP})


def outcome(path: Path) -> int:
    problems = Problems()
    manifest = read(path, problems)
    for _ in manifest.wishes() if manifest else ():
        pass
    [str(problem) for problem in problems.kept]
    assert manifest is not None or problems.count
    return problems.count


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@given(document=DOCUMENTS)
@settings(max_examples=300, suppress_health_check=list(HealthCheck))
def test_no_document_crashes_the_reading(folder: Path, document: dict[str, Any]) -> None:
    (folder / "m.yaml").write_text(json.dumps(document), encoding="utf-8")
    outcome(folder / "m.yaml")


@given(cut=st.integers(0, 400), case=st.sampled_from(sorted(BAD.glob("*.yaml"))), junk=st.binary(max_size=6))
@settings(max_examples=200)
def test_no_broken_text_crashes_the_reading(folder: Path, cut: int, case: Path, junk: bytes) -> None:
    raw = case.read_bytes()
    (folder / "m.yaml").write_bytes(raw[:cut] + junk + raw[cut:])
    outcome(folder / "m.yaml")


@given(rows=st.binary(max_size=60), suffix=st.sampled_from(["csv", "jsonl"]), head=st.booleans())
@settings(max_examples=200)
def test_no_table_crashes_the_reading(folder: Path, rows: bytes, suffix: str, *, head: bool) -> None:
    (folder / f"x.{suffix}").write_bytes((b"portrait,prompt\n" if head else b"") + rows)
    (folder / "m.yaml").write_text(f"version: 1\nname: t\ninclude: [x.{suffix}]\n")
    outcome(folder / "m.yaml")
