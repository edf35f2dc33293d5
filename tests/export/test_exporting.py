"""What stands in an export: whole videos of finished items, the same bytes each time, also after a death on the way."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from contents import contents
from run_folders import Killed, RunFolder, names_in

from runner.core.life.lifecycle import Outcome
from runner.errors import FolderError, UsageError
from runner.export.making import look, make
from runner.export.placing import NotWhole
from runner.export.samples import COLUMNS
from runner.values import replace

SPLIT = "train=0.5,test=0.5"
TYPED = pytest.mark.skipif(find_spec("pyarrow") is None, reason="pip install '.[export]'")
FORMS = ["videofolder", "webdataset", *(pytest.param(form, marks=TYPED) for form in ("parquet", "croissant"))]


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "run")
    for n in range(6):
        made.film(f"v{n}", who=f"person-{n}", metadata={"licence": "CC-BY-4.0"} if n < 2 else {})
    made.failure("bad")
    return made


def table(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metadata.jsonl").read_text().splitlines()]


def test_a_videofolder_holds_each_finished_video_and_its_row_in_the_order_of_the_plan(
    run: RunFolder, tmp_path: Path
) -> None:
    out = run.export(tmp_path / "out")

    rows = table(out)
    assert [row["file_name"] for row in rows] == [f"videos/v{n}.mp4" for n in range(6)]
    assert [(out / row["file_name"]).read_bytes() for row in rows] == [f"film v{n}".encode() for n in range(6)]
    assert [*rows[0]] == ["file_name", *(column.name for column in COLUMNS)]
    assert all(type(row[column.name]) is column.type for row in rows for column in COLUMNS)
    assert names_in(out) == sorted(["README.md", "export.json", "metadata.jsonl", *(r["file_name"] for r in rows)])


def test_every_side_of_a_split_is_a_folder_of_its_own_and_together_they_are_all(run: RunFolder, tmp_path: Path) -> None:
    out = run.export(tmp_path / "out", split=SPLIT)

    ids = [row["id"] for side in ("train", "test") for row in table(out / side)]
    assert sorted(ids) == [f"v{n}" for n in range(6)]
    assert all((out / side / row["file_name"]).is_file() for side in ("train", "test") for row in table(out / side))


def test_what_the_manifest_says_of_licence_and_consent_is_carried_and_never_guessed(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    run.film("a", metadata={"licence": "CC0-1.0", "consent": True, "studio": "North", "year": 2026})
    run.film("b", metadata={"license": "MIT"}, tags=("wink", "run"))
    run.film("c")

    rows = table(run.export(tmp_path / "out"))

    assert [(row["licence"], row["consent"], row["metadata"]) for row in rows] == [
        ("CC0-1.0", "true", '{"studio": "North", "year": 2026}'), ("MIT", "", "{}"), ("", "", "{}"),
    ]  # fmt: skip
    assert [(row["tags"], row["cost"], row["ai_generated"]) for row in rows[1:2]] == [("wink run", "0.65 USD", True)]


@pytest.mark.parametrize("form", FORMS)
def test_the_same_run_and_flags_give_the_same_bytes(run: RunFolder, tmp_path: Path, form: str) -> None:
    one = run.export(tmp_path / "one", form, split=SPLIT)
    other = run.export(tmp_path / "other" / "deeper", form, split=SPLIT)

    assert contents(one) == contents(other)


@pytest.mark.parametrize("links", [True, False], ids=["links", "copies"])
@pytest.mark.parametrize("form", FORMS)
def test_an_export_that_was_cut_off_goes_on_and_ends_the_same(
    run: RunFolder, tmp_path: Path, form: str, *, links: bool
) -> None:
    whole = contents(run.export(tmp_path / "whole", form, split=SPLIT, links=links, shard_bytes=9_000))
    cut = tmp_path / "cut"

    for stop_at in (1, 2, 5):
        with pytest.raises(Killed):
            run.export(cut, form, split=SPLIT, links=links, shard_bytes=9_000, stop_at=stop_at)
        assert not json.loads((cut / "export.json").read_text())["whole"]
    run.export(cut, form, split=SPLIT, links=links, shard_bytes=9_000)

    assert contents(cut) == whole
    assert json.loads((cut / "export.json").read_text())["whole"]


@pytest.mark.parametrize("form", FORMS)
def test_what_stands_whole_is_not_written_again_and_what_does_not_is(run: RunFolder, tmp_path: Path, form: str) -> None:
    out = run.export(tmp_path / "out", form, links=False, shard_bytes=9_000)
    whole, before = (
        contents(out),
        {path: path.stat().st_ino for path in out.rglob("*") if path.suffix in {".mp4", ".tar"}},
    )
    harmed, lost = sorted(before)[:2]
    harmed.write_bytes(harmed.read_bytes()[:-1] + b"?")
    lost.unlink()
    (harmed.parent / f".{lost.name}.999.part").write_bytes(b"cut off")

    run.export(out, form, links=False, shard_bytes=9_000)

    assert contents(out) == whole
    assert {path for path, inode in before.items() if path.stat().st_ino != inode} <= {harmed, lost}


def test_a_run_that_has_grown_is_exported_into_the_same_folder(run: RunFolder, tmp_path: Path) -> None:
    out = run.export(tmp_path / "out")
    run.film("new")

    run.export(out)

    assert [row["id"] for row in table(out)][-1] == "new"
    assert json.loads((out / "export.json").read_text())["videos"] == 7


def test_a_link_shares_its_bytes_with_the_run_and_a_copy_does_not(run: RunFolder, tmp_path: Path) -> None:
    video = run.folder / "videos/v0.mp4"

    linked, copied = run.export(tmp_path / "l"), run.export(tmp_path / "c", links=False)

    assert (linked / "videos/v0.mp4").samefile(video)
    assert not (copied / "videos/v0.mp4").samefile(video)


def test_where_no_link_can_be_made_a_copy_is(run: RunFolder, tmp_path: Path) -> None:
    video, elsewhere = run.folder / "videos/v0.mp4", tmp_path / "elsewhere.mp4"
    video.rename(elsewhere)
    video.symlink_to(elsewhere)

    out = run.export(tmp_path / "out")

    assert not (out / "videos/v0.mp4").is_symlink()
    assert (out / "videos/v0.mp4").read_bytes() == b"film v0"


def _folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


HARMS: dict[str, Callable[[Path], object]] = {
    "gone": Path.unlink,
    "changed": lambda path: path.write_bytes(b"film V3"),
    "cut off": lambda path: path.write_bytes(b"film"),
    "longer": lambda path: path.write_bytes(b"film v3 and more"),
    "a folder": _folder_instead,
}


@pytest.mark.parametrize("links", [True, False], ids=["links", "copies"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("harm", HARMS)
def test_a_video_that_is_not_the_one_that_was_checked_ends_the_export(
    run: RunFolder, tmp_path: Path, form: str, harm: str, *, links: bool
) -> None:
    HARMS[harm](run.folder / "videos/v3.mp4")

    with pytest.raises(NotWhole, match=r"videos/v3\.mp4"):
        run.export(tmp_path / "out", form, links=links)

    assert not [name for name in names_in(tmp_path / "out") if name.endswith((".part", "v3.mp4", ".tar", ".jsonl"))]


def test_a_folder_that_something_else_fills_is_refused(run: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").touch()

    with pytest.raises(UsageError, match=r"is not empty and no export \(notes.txt\)"):
        run.export(tmp_path / "mine")

    assert names_in(tmp_path / "mine") == ["notes.txt"]


@pytest.mark.parametrize(
    ("form", "flags"),
    [
        pytest.param("webdataset", {}, id="another form"),
        pytest.param("videofolder", {"split": "train=0.7,test=0.3"}, id="another split"),
        pytest.param("videofolder", {"split": SPLIT, "links": False}, id="copies"),
    ],
)
def test_an_export_with_other_flags_is_refused(
    run: RunFolder, tmp_path: Path, form: str, flags: dict[str, Any]
) -> None:
    out = run.export(tmp_path / "out", split=SPLIT)
    before = contents(out)

    with pytest.raises(UsageError, match=f"holds an export with other flags \\(--to videofolder --split {SPLIT}"):
        run.export(out, form, **flags)

    assert contents(out) == before


@pytest.mark.parametrize("form", FORMS)
def test_one_export_at_a_time_fills_a_folder(run: RunFolder, tmp_path: Path, form: str) -> None:
    recipe, told = run.recipe(tmp_path / "out", form), list[str]()

    def another(_count: int) -> None:
        with pytest.raises(FolderError, match="wait for its end") as refused:
            run.export(recipe.out, form)
        told.append(str(refused.value))

    make(recipe, run.rows, look(recipe, run.rows), another)

    words = f"another export is at work in {recipe.out}; wait for its end, then run the same command again"
    assert told == [words] * 6
    assert contents(recipe.out) == contents(run.export(tmp_path / "alone", form))


def test_an_export_never_goes_into_a_folder_that_one_with_other_flags_has_filled_meanwhile(
    run: RunFolder, tmp_path: Path
) -> None:
    recipe = run.recipe(tmp_path / "out", split=SPLIT)
    found = look(recipe, run.rows)
    whole = contents(run.export(recipe.out))

    with pytest.raises(UsageError, match="holds an export with other flags"):
        make(recipe, run.rows, found, lambda _count: None)

    assert contents(recipe.out) == whole


def test_an_export_of_another_run_is_refused(run: RunFolder, tmp_path: Path) -> None:
    out = run.export(tmp_path / "out")
    mark = out / "export.json"
    mark.write_text(mark.read_text().replace('"id": "7f3a"', '"id": "8888"'))

    with pytest.raises(UsageError, match="holds an export of another run"):
        run.export(out)


@pytest.mark.parametrize("links", [True, False], ids=["links", "copies"])
@pytest.mark.parametrize("form", FORMS)
def test_what_has_left_the_manifest_is_taken_away_by_the_next_export(
    run: RunFolder, tmp_path: Path, form: str, *, links: bool
) -> None:
    flags: dict[str, Any] = {"split": SPLIT, "links": links, "shard_bytes": 9_000}
    out = run.export(tmp_path / "out", form, **flags)
    run.rows = [row for row in run.rows if row.id in {"v1", "bad"}]

    run.export(out, form, **flags)

    assert contents(out) == contents(run.export(tmp_path / "anew", form, **flags))
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in (tmp_path / "anew").iterdir())
    assert len(names_in(run.folder)) == 6


@pytest.mark.parametrize("form", FORMS)
def test_a_death_while_something_is_taken_away_leaves_it_to_the_next_export(
    run: RunFolder, tmp_path: Path, form: str
) -> None:
    out = run.export(tmp_path / "out", form, shard_bytes=9_000)
    run.rows = run.rows[1:5]
    with pytest.raises(Killed):
        run.export(out, form, shard_bytes=9_000, stop_at=4)

    run.export(out, form, shard_bytes=9_000)

    assert contents(out) == contents(run.export(tmp_path / "anew", form, shard_bytes=9_000))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("split", [None, "train=0.5,test=0.5"], ids=["whole", "split"])
@pytest.mark.parametrize("left", [3, 0], ids=["some are left", "nobody is left"])
def test_an_export_that_was_cut_off_keeps_nobody_who_was_purged_since(
    tmp_path: Path, form: str, split: str | None, left: int
) -> None:
    run = RunFolder(tmp_path / "run")
    flags: dict[str, Any] = {"split": split, "shard_bytes": 9_000}
    films = [run.film(f"v{n}", f"film {n}".encode() * 300, who=f"p{n % 3}") for n in range(9)]
    with pytest.raises(Killed):
        run.export(tmp_path / "out", form, stop_at=9, **flags)
    run.rows = [row if n < left else replace(row, state=Outcome.SKIPPED, purged=True) for n, row in enumerate(films)]

    run.export(tmp_path / "out", form, **flags)

    (tmp_path / "anew").mkdir()
    (tmp_path / "anew/export.json").write_text((tmp_path / "out/export.json").read_text())
    assert contents(tmp_path / "out") == contents(run.export(tmp_path / "anew", form, **flags))


def _garbled(out: Path) -> None:
    (out / "metadata.jsonl").write_text('{"file_name": 7}\n')


HANDS: dict[str, Callable[[Path], object]] = {
    "a file of one's own": lambda out: (out / "videos/v2.mp4").rename(out / "videos/mine.mp4"),
    "a changed file": lambda out: (out / "videos/v2.mp4").write_bytes(b"cut to taste"),
    "a changed table": _garbled,
    "a table that is none": lambda out: (out / "metadata.jsonl").write_bytes(b"\xff\n"),
    "a table that leads out": lambda out: (out / "metadata.jsonl").write_text(
        (out / "metadata.jsonl").read_text().replace("videos/v2.mp4", "videos/../../run/videos/v2.mp4")
    ),
}


@pytest.mark.parametrize("hand", HANDS)
def test_what_is_not_surely_an_export_s_own_is_named_and_never_deleted(
    run: RunFolder, tmp_path: Path, hand: str
) -> None:
    out = run.export(tmp_path / "out", links=False)
    HANDS[hand](out)
    before = {*names_in(out), *names_in(run.folder)}
    run.rows = [row for row in run.rows if row.id != "v2"]

    with pytest.raises(UsageError, match=r"1 more than belong to this export, such as (mine|v2)\.mp4"):
        run.export(out, links=False)

    assert {*names_in(out), *names_in(run.folder)} == before
    assert not json.loads((out / "export.json").read_text())["whole"]


def test_an_archive_that_is_not_of_the_export_is_named_and_never_deleted(run: RunFolder, tmp_path: Path) -> None:
    out = run.export(tmp_path / "out", "webdataset")
    (out / "data-00099.tar").touch()

    with pytest.raises(UsageError, match=r"archives that are not of this export, such as data-00099\.tar"):
        run.export(out, "webdataset")

    assert (out / "data-00099.tar").exists()


def test_a_run_without_a_finished_video_makes_no_folder(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    run.failure("bad")

    with pytest.raises(UsageError, match=r"there is nothing to export; see s2v status \S+run$"):
        run.export(tmp_path / "out")

    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("text", ["2026-05-01", "2026-05-01T10:00:00Z", "2026-05-01 10"])
def test_a_text_that_loaders_of_json_lines_would_take_for_a_time_is_refused(tmp_path: Path, text: str) -> None:
    run = RunFolder(tmp_path / "run")
    run.film("a", metadata={"consent": text})

    with pytest.raises(UsageError, match=f"'a' has '{text}' as consent.*--to parquet"):
        run.export(tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_archives_have_three_members_a_video_no_time_no_owner_and_no_more_than_their_size(
    run: RunFolder, tmp_path: Path
) -> None:
    out = run.export(tmp_path / "out", "webdataset", shard_bytes=9_000)

    shards = sorted(out.glob("*.tar"))
    assert len(shards) > 1
    assert [shard.name for shard in shards] == [f"data-{n:05}.tar" for n in range(len(shards))]
    members = []
    for shard in shards:
        with tarfile.open(shard) as archive:
            members += [(each.name, each.mtime, each.uid, each.uname, each.mode) for each in archive]
    assert members == [(f"v{n}.{end}", 0, 0, "", 0o644) for n in range(6) for end in ("mp4", "json", "txt")]


@pytest.mark.parametrize("length", [1, 95, 96, 100, 107])
def test_an_archive_holds_names_of_any_length_an_id_may_have(tmp_path: Path, length: int) -> None:
    run, id_ = RunFolder(tmp_path / "run"), "x" * length
    run.film(id_, b"a film", prompt="她笑 \ud800")

    out = run.export(tmp_path / "out", "webdataset")

    with tarfile.open(out / "data-00000.tar") as archive:
        found = {each.name: archive.extractfile(each).read() for each in archive}  # type: ignore[union-attr]  # all are files
    assert found[f"{id_}.mp4"] == b"a film"
    assert found[f"{id_}.txt"].decode() == "她笑 \ufffd"
    assert json.loads(found[f"{id_}.json"])["prompt"] == "她笑 \ufffd"


def front(out: Path) -> dict[str, Any]:
    told = yaml.safe_load((out / "README.md").read_text().split("---\n")[1])
    assert isinstance(told, dict)
    return told


@pytest.mark.parametrize(
    ("licences", "license_", "name"),
    [
        pytest.param(["CC-BY-4.0", "CC-BY-4.0"], "cc-by-4.0", None, id="one that hubs know"),
        pytest.param(["public-domain", "public-domain"], "other", "public-domain", id="one that they do not"),
        pytest.param(["CC-BY-4.0", "MIT"], "other", None, id="several"),
        pytest.param(["CC-BY-4.0", None], "other", None, id="some without"),
        pytest.param([None, None], "other", None, id="none"),
        pytest.param(['a": [b\n---\n'] * 2, "other", 'a": [b\\n---\\n', id="one that would break the front matter"),
    ],
)
def test_the_card_says_a_licence_only_where_the_manifest_says_it_of_all(
    tmp_path: Path, licences: list[str | None], license_: str, name: str | None
) -> None:
    run = RunFolder(tmp_path / "run")
    for n, licence in enumerate(licences):
        run.film(f"v{n}", metadata={"licence": licence} if licence else {})

    told = front(run.export(tmp_path / "out"))

    assert (told["license"], told.get("license_name")) == (license_, name)


def test_the_card_names_the_files_of_every_side_and_says_what_is_missing(run: RunFolder, tmp_path: Path) -> None:
    out = run.export(tmp_path / "out", split=SPLIT)

    (config,) = front(out)["configs"]
    assert [each["split"] for each in config["data_files"]] == ["train", "test"]
    assert {file for each in config["data_files"] for pattern in each["path"] for file in out.glob(pattern)} == {
        *out.glob("*/videos/*.mp4"), *out.glob("*/metadata.jsonl"),
    }  # fmt: skip
    text = (out / "README.md").read_text()
    assert "- 4 videos without a licence: the manifest names none" in text
    assert "- 6 videos about which the manifest says nothing" in text


def test_placeholders_of_the_embedded_service_are_called_so_in_row_and_card(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    run.film("drawn", provider="local")

    out = run.export(tmp_path / "out")

    assert table(out)[0]["kind"] == "animatic"
    assert "**1 of them is an animatic**: a placeholder, drawn" in (out / "README.md").read_text()
