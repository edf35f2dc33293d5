"""Every broken manifest in `bad/` against the exact words that a person reads; `--update-golden` rewrites them."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import Problems
from runner.manifest.parse import read

BAD = Path(__file__).parent / "bad"


def words_about(path: Path) -> str:
    problems = Problems()
    manifest = read(path, problems)
    for _ in manifest.wishes() if manifest else ():
        pass
    shown = [str(problem).replace(f"{path.parent}/", "") for problem in problems.kept]
    more = problems.count - len(shown)
    return "\n".join([*shown, *([f"and {more} more"] if more else [])]) + "\n"


@pytest.mark.parametrize("case", sorted(path.stem for path in BAD.glob("*.yaml")))
def test_a_broken_manifest_gets_exactly_these_words(case: str, *, update_golden: bool) -> None:
    golden = BAD / f"{case}.txt"
    words = words_about(BAD / f"{case}.yaml")

    if update_golden:
        golden.write_text(words, encoding="utf-8")
    assert words == golden.read_text(encoding="utf-8")
    assert words.strip(), "a broken manifest must not pass"


def test_there_are_at_least_sixty_broken_manifests() -> None:
    assert len(list(BAD.glob("*.yaml"))) >= 60


def test_no_golden_text_is_without_its_manifest() -> None:
    assert {path.stem for path in BAD.glob("*.txt")} == {path.stem for path in BAD.glob("*.yaml")}
