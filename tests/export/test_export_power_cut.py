"""The power fails at every write of an export: the same command goes on, and ends with the same bytes."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import pytest
from contents import contents
from losing_disk import LosingDisk, Tree
from run_folders import RunFolder

FORMS = [
    pytest.param("videofolder", {"links": True}, id="links"),
    pytest.param("videofolder", {"links": False, "split": "train=0.5,test=0.5"}, id="copies on two sides"),
    pytest.param("webdataset", {"shard_bytes": 9_000}, id="archives"),
    pytest.param(
        "croissant", {"links": True}, id="croissant",
        marks=pytest.mark.skipif(find_spec("pyarrow") is None, reason="pip install '.[export]'"),
    ),
]  # fmt: skip


@pytest.mark.parametrize("grows", [False, True], ids=["first export", "another export after it"])
@pytest.mark.parametrize(("form", "flags"), FORMS)
def test_an_export_goes_on_after_any_power_cut_and_calls_nothing_whole_that_is_not(
    tmp_path: Path, form: str, flags: dict[str, Any], *, grows: bool
) -> None:
    """The other one lacks a video that was in the first, has a new one, and one that is another by now."""
    run, life, trees = RunFolder(tmp_path / "run"), tmp_path / "life", dict[object, Tree]()
    for n in range(3):
        run.film(f"v{n}", who=f"person-{n}")
    life.mkdir()
    if grows:
        run.export(life / "out", form, **flags)
        run.rows = run.rows[:1]
        run.film("v1", b"another film of v1", who="person-1")
        run.film("v3", who="person-3")

    def note(_what: str, left: list[Tree]) -> None:
        trees.update((frozenset(tree.items()), tree) for tree in left)

    run.export(life / "out", form, disk=LosingDisk(life, note, dice=Random(7)), **flags)

    whole = contents(life)
    assert len(trees) > 10
    for number, tree in enumerate(trees.values()):
        root = tmp_path / str(number)
        lay(root, tree)
        if json.loads(tree.get(Path("out/export.json")) or "{}").get("whole") and not grows:
            assert {name: each for name, each in contents(root).items() if not name.endswith(".part")} == whole
        run.export(root / "out", form, **flags)
        assert contents(root) == whole
        shutil.rmtree(root)


def lay(root: Path, tree: Tree) -> None:
    """Make this what lies under `root`."""
    root.mkdir()
    for path, content in sorted(tree.items()):
        if content is None:
            (root / path).mkdir()
        else:
            (root / path).write_bytes(content)
