"""`output.dir` as a place in an object store: what is understood, and what is refused with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import Problems
from runner.manifest import parse
from runner.model import Destination

TEXT = """version: 1
name: winks
items: [{{portrait: a.png, prompt: She smiles.}}]
output: {{dir: "{}"}}
"""


@pytest.mark.parametrize(
    ("written", "prefix"),
    [("s3://films/winks", "winks"), ("s3://films/a/b_c.d=e/", "a/b_c.d=e")],
)
def test_a_store_is_where_is_published_and_the_run_folder_is_the_usual_one(
    tmp_path: Path, written: str, prefix: str
) -> None:
    (tmp_path / "m.yaml").write_text(TEXT.format(written))
    problems = Problems()

    manifest = parse.read(tmp_path / "m.yaml", problems)

    assert problems.count == 0
    assert manifest is not None
    assert manifest.destination == Destination(bucket="films", prefix=prefix)
    assert str(manifest.destination) == f"s3://films/{prefix}"
    assert manifest.folder == Path.cwd() / "runs" / "winks"


@pytest.mark.parametrize(
    "written",
    [
        "s3://films", "s3://films/", "s3:///winks", "s3://Films/winks", "s3://films/../winks", "s3://films/a//b",
        "s3://films/a?b", "s3://key:secret@films/winks", "s3://films/.winks", "gs://films/winks", "S3://films/winks",
        f"s3://films/{'a' * 501}",
    ],
)  # fmt: skip
def test_any_other_place_is_refused_and_named(tmp_path: Path, written: str) -> None:
    (tmp_path / "m.yaml").write_text(TEXT.format(written))
    problems = Problems()

    manifest = parse.read(tmp_path / "m.yaml", problems)

    (problem,) = problems.kept
    assert "m.yaml:4:15: output.dir: found" in str(problem)
    assert "s3://bucket/prefix" in str(problem)
    assert manifest is not None
    assert manifest.destination is None
