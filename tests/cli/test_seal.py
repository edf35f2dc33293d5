"""What is the same to the byte is not judged again, and whatever differs is noticed: a seal is never in the way."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from desk import Desk

from runner.cli.plan.planning import Prepared, prepare
from runner.cli.plan.seal import PORTRAITS_MOST, Entered, is_still_entered, seal
from runner.core.plan.plan import Plan, digest_of
from runner.model import Shard

HERE = {"dir": "runs/try"}  # as seen from the manifest, and not from where a command is called
ROWS = "id,portrait,prompt,tags,metadata.year\na,anna.png,one{mark},x;y,2020\nb,more/bert.png,two{mark},,\n"


def batch(desk: Desk) -> Path:
    """Write a manifest of every kind of source, and run it."""
    desk.portrait("more/bert.png", "navy")
    (desk.folder / "rows.csv").write_text(ROWS.format(mark=desk.mark))
    matrix = {"portraits": ["more/*.png"], "prompts": ["three" + desk.mark]}
    path = desk.manifest(["inline"], include=["rows.csv"], matrix=matrix, output={"dir": "run"})
    path.write_text(path.read_text().replace("id: a", "id: c"))
    assert desk.s2v("run", path).code == 0
    return path


def prepared(desk: Desk, path: Path, *, recall: bool = True, shard: Shard | None = None) -> Prepared:
    return prepare(path, desk.environ(), recall=recall, shard=shard)


def is_recalled(found: Prepared) -> bool:
    return isinstance(found.plan.items, Entered)


def test_what_is_recalled_is_what_reading_everything_gives(desk: Desk) -> None:
    path = batch(desk)

    quick, whole = prepared(desk, path), prepared(desk, path, recall=False)

    assert (is_recalled(quick), is_recalled(whole)) == (True, False)
    assert list(quick.plan.items) == list(whole.plan.items)
    assert (len(quick.plan.items), quick.plan.digest) == (4, digest_of(whole.plan.items))


def _edit(name: str, old: str, new: str) -> Callable[[Desk], object]:
    def change(desk: Desk) -> None:
        path = desk.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return change


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_edit("m.yaml", "name: try", "name: try # twice"), id="manifest"),
        pytest.param(_edit("rows.csv", "2020", "2021"), id="table"),
        pytest.param(lambda desk: desk.portrait("anna.png", "teal"), id="portrait"),
        pytest.param(lambda desk: desk.portrait("more/carla.png", "teal"), id="a match more"),
        pytest.param(_edit("run/plan.lock.json", '"take": 1', '"take": 2'), id="lock"),
        pytest.param(lambda desk: (desk.folder / "run/plan.lock.json").unlink(), id="no lock"),
        pytest.param(lambda desk: (desk.folder / "run/state.db").unlink(), id="no journal"),
    ],
)
def test_whatever_differs_is_read_anew(desk: Desk, change: Callable[[Desk], object]) -> None:
    path = batch(desk)
    assert is_recalled(prepared(desk, path))

    change(desk)

    assert not is_recalled(prepared(desk, path))


def test_a_manifest_that_was_changed_and_changed_back_is_read_anew_until_it_was_run_again(desk: Desk) -> None:
    path = batch(desk)
    first, rows = path.read_text(), (desk.folder / "rows.csv").read_text()
    (desk.folder / "rows.csv").write_text(rows.splitlines(keepends=True)[0] + rows.splitlines(keepends=True)[1])
    assert desk.s2v("run", path).code == 0
    (desk.folder / "rows.csv").write_text(rows)

    assert (path.read_text(), is_recalled(prepared(desk, path))) == (first, False)
    assert desk.s2v("run", path).code == 0
    assert is_recalled(prepared(desk, path))
    assert sorted(desk.submits) == ["inline", "one", "three", "two"]


def test_a_run_of_what_is_recalled_sends_and_rewrites_nothing(desk: Desk) -> None:
    path = batch(desk)
    made = [file for file in (desk.folder / "run").rglob("[!.]*.*") if "state.db" not in file.name]
    times = [file.stat().st_mtime_ns for file in made]

    done = desk.s2v("run", path)

    assert (done.code, done.out) == (0, "4 of 4 videos done; nothing to do in run\n")
    assert [file.stat().st_mtime_ns for file in made] == times
    assert len(desk.submits) == 4


def test_failed_and_lost_things_are_mended_in_a_plan_that_is_recalled(desk: Desk) -> None:
    path = batch(desk)
    (desk.folder / "run/videos/a.mp4").unlink()
    assert is_recalled(prepared(desk, path))

    done = desk.s2v("run", path)

    assert done.code == 0, done.err
    assert "1 video gone or changed" in done.err
    assert (desk.folder / "run/videos/a.mp4").is_file()
    assert len(desk.submits) == 4


@pytest.mark.parametrize(
    ("sources", "is_sealed"),
    [
        ([("/a.png", "a.png", "0" * 64)], True),
        ([("/a.png", "a.png", "0" * 64)] * (PORTRAITS_MOST + 1), False),
        ([("data:image/png;base64,AAAA", "data:image/png", "0" * 64)], False),
    ],
    ids=["few", "too many", "within a URL"],
)
def test_only_a_plan_of_few_portraits_in_files_is_sealed(
    sources: list[tuple[str, str, str]], *, is_sealed: bool
) -> None:
    assert (seal("0" * 64, Plan(items=(), digest=""), sources) is not None) is is_sealed


def test_a_shard_recalls_its_part_and_never_that_of_another(desk: Desk) -> None:
    path, mine, other = (
        desk.manifest(["one", "two", "three", "four"], output=HERE),
        Shard(index=1, count=2),
        Shard(index=2, count=2),
    )
    assert desk.s2v("run", path, "--shard", mine).code == 0

    quick, whole = prepared(desk, path, shard=mine), prepared(desk, path, shard=mine, recall=False)
    shutil.copytree(desk.folder / "runs/try.shard-1of2", desk.folder / "runs/try.shard-2of2")

    assert (is_recalled(quick), list(quick.plan.items)) == (True, list(whole.plan.items))
    assert 0 < len(whole.plan.items) < len(whole.every)
    assert not is_recalled(prepared(desk, path, shard=other))


def test_what_a_merge_brought_together_is_read_anew_until_it_was_run(desk: Desk) -> None:
    path = desk.manifest(["one"], output=HERE)
    first = path.read_text()
    assert desk.s2v("run", path).code == 0
    assert is_recalled(prepared(desk, path))
    desk.manifest([{"id": "z", "portrait": "anna.png", "prompt": "z" + desk.mark}], output=HERE)
    assert desk.s2v("run", path, "--shard", "1/1").code == 0
    path.write_text(first)

    merged = desk.s2v("merge", "runs/try", "runs/try.shard-1of1")

    assert merged.code == 0, merged.err
    assert not is_recalled(prepared(desk, path))
    assert desk.s2v("run", path).code == 0
    assert is_recalled(prepared(desk, path))
    assert sorted(desk.submits) == ["one", "z"]


@pytest.mark.parametrize(
    ("header", "is_still"),
    [
        ({"sealed": "seal", "entered": "digest"}, True),
        ({"sealed": "seal", "entered": ""}, False),
        ({"sealed": "", "entered": "digest"}, False),
        ({}, False),
    ],
    ids=["same", "half entered", "seal taken away", "a new journal"],
)
def test_a_plan_that_was_recalled_is_not_taken_for_what_the_journal_holds_by_now(
    header: dict[str, str], *, is_still: bool
) -> None:
    assert is_still_entered(header, Plan(items=(), digest="digest"), "seal") is is_still
