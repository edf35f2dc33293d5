from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import Problems, UsageError
from runner.manifest.parse import read
from runner.manifest.template import starter
from runner.model import Wish

MANIFESTS = Path(__file__).parents[2] / "manifests"


def wishes(path: Path) -> list[Wish]:
    problems = Problems()
    manifest = read(path, problems)
    found = list(manifest.wishes()) if manifest else []
    assert [str(problem) for problem in problems.kept] == []
    return found


@pytest.mark.parametrize(("name", "count"), [("demo", 8), ("matrix", 3), ("table", 3), ("minimax", 2)])
def test_an_example_is_sound_and_its_portraits_exist(name: str, count: int) -> None:
    found = wishes(MANIFESTS / f"{name}.yaml")
    assert len(found) == count
    assert all(Path(wish.portrait).is_file() for wish in found)


@pytest.mark.parametrize("path", sorted(MANIFESTS.glob("*.yaml")), ids=lambda path: path.stem)
def test_an_example_names_its_schema_for_editors(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    grammar = "faults" if path.stem == "faults" else "manifest"
    assert first == f"# yaml-language-server: $schema=../schemas/{grammar}.schema.json"


@pytest.mark.parametrize("portraits", [[], ["a.png"], ["portraits/anna.jpg", 'we"ird: #é.png', "x" * 200]])
def test_the_starter_manifest_is_sound(tmp_path: Path, portraits: list[str]) -> None:
    (tmp_path / "m.yaml").write_text(starter("my-first_1", portraits, is_matrix=False), encoding="utf-8")
    found = wishes(tmp_path / "m.yaml")
    assert [wish.shown for wish in found] == (portraits or ["portraits/anna.jpg"])


def test_the_starter_manifest_with_its_comments_taken_off_is_sound_but_for_the_table(tmp_path: Path) -> None:
    text = (
        starter("first", ["a.png"], is_matrix=False)
        .replace("\n# include", "\ninclude")
        .replace("\n# limits", "\nlimits")
    )
    (tmp_path / "m.yaml").write_text(text.replace("\n#   ", "\n  "), encoding="utf-8")
    (tmp_path / "more.csv").write_text("portrait\nb.png\n")
    assert [wish.shown for wish in wishes(tmp_path / "m.yaml")] == ["a.png", "b.png"]


def test_a_name_that_cannot_name_a_run_is_refused() -> None:
    with pytest.raises(UsageError, match="the name 'a/b' does not do, expected 1 to 100 letters"):
        starter("a/b", [], is_matrix=False)
