"""`s2v export` over real runs: what is told, what is refused, and what nothing is written for."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from desk import Desk

PROMPTS = ["one", "two", "bad [1026]", "broke [fail]"]
SPLIT = "train=0.8,test=0.2"


@pytest.fixture
def ran(desk: Desk) -> Desk:
    """Give a folder in which two of four videos were made."""
    desk.manifest(PROMPTS)
    assert desk.s2v("run", "m.yaml").code == 5
    return desk


def test_a_run_is_exported_and_what_is_left_out_and_unknown_is_told(ran: Desk) -> None:
    done = ran.s2v("export", "m.yaml", "--to", "videofolder", "--out", "set")

    assert done.code == 0, done.err
    assert "2 videos of 1 portrait in set" in done.out
    assert "left out  2 failed: only what is done is exported" in done.out
    assert 'datasets.load_dataset("set")' in done.out
    assert "2 videos without a licence: say it in the manifest's metadata, nobody here guesses it" in done.err
    rows = [json.loads(line) for line in (ran.folder / "set/metadata.jsonl").read_text().splitlines()]
    assert [(row["id"], row["sha256"]) for row in rows] == [
        (id_, row["sha256"]) for id_, row in ran.results().items() if row["state"] == "done"
    ]


def test_an_export_by_a_manifest_that_changed_since_its_run_says_that_it_is_of_that_run(ran: Desk) -> None:
    told = "m.yaml changed since its last run, and this set is as that run had it: s2v run m.yaml, then export anew"
    assert told not in ran.s2v("export", "m.yaml", "--to", "videofolder", "--out", "set").err
    ran.manifest(PROMPTS[1:])

    assert told in ran.s2v("export", "m.yaml", "--to", "videofolder", "--out", "set").err
    assert told not in ran.s2v("export", ran.folder / "runs/try", "--to", "videofolder", "--out", "set").err
    ran.s2v("run", "m.yaml")
    assert told not in ran.s2v("export", "m.yaml", "--to", "videofolder", "--out", "set").err


def contents(folder: Path) -> dict[Path, bytes]:
    """Return every file of a run folder but those in which SQLite keeps who reads."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("state.db-"))
    return {path: path.read_bytes() for path in files}


def test_an_export_changes_nothing_in_the_run_folder_and_sends_nothing(ran: Desk) -> None:
    folder = ran.folder / "runs/try"
    before, bought = contents(folder), ran.submits

    assert ran.s2v("export", folder, "--to", "webdataset", "--out", "set", "--copy").code == 0

    assert contents(folder) == before
    assert ran.submits == bought


def test_a_video_that_is_gone_ends_the_export_with_the_command_that_mends_it(ran: Desk) -> None:
    (ran.folder / "runs/try/videos/b.mp4").unlink()

    refused = ran.s2v("export", "runs/try", "--to", "videofolder", "--out", "set")

    assert refused.code == 5
    assert "runs/try/videos/b.mp4 not found; the export ends here. next: s2v fetch runs/try" in refused.err
    assert ran.s2v("fetch", "runs/try").code == 5
    assert ran.s2v("export", "runs/try", "--to", "videofolder", "--out", "set").code == 0


def test_a_side_that_stays_empty_is_told(ran: Desk) -> None:
    done = ran.s2v("export", "m.yaml", "--to", "videofolder", "--out", "set", "--split", SPLIT)

    assert done.code == 0, done.err
    assert "split     2 train, 0 test" in done.out or "split     0 train, 2 test" in done.out
    assert "too few people for these shares (1 portrait)" in done.err


def test_too_few_people_are_counted_as_they_were_told_apart(desk: Desk) -> None:
    desk.portrait("older.png", "navy")
    shown = [
        {"id": id_, "portrait": portrait, "prompt": "one", "metadata": {"who": "Anna"}}
        for id_, portrait in (("a", "anna.png"), ("b", "older.png"))
    ]
    desk.manifest(shown)
    assert desk.s2v("run", "m.yaml").code == 0

    done = desk.s2v("export", "m.yaml", "--to", "videofolder", "--out", "set", "--split", SPLIT, "--person", "who")

    assert done.code == 0, done.err
    assert "too few people for these shares (1 by metadata 'who')" in done.err


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        pytest.param(["--to", "videofolder"], "--out", id="no folder"),
        pytest.param(["--to", "avi", "--out", "set"], "invalid choice: 'avi'", id="unknown form"),
        pytest.param(["--to", "videofolder", "--out", "set", "--split", "a=2"], "found 'a=2'", id="shares"),
        pytest.param(["--to", "webdataset", "--out", "set", "--shard-size", "9"], "such as 500MB", id="size"),
        pytest.param(["--to", "videofolder", "--out", "set", "--link", "--copy"], "not allowed with", id="both"),
    ],
)
def test_flags_that_make_no_sense_are_refused(desk: Desk, flags: list[str], words: str) -> None:
    refused = desk.s2v("export", "m.yaml", *flags)

    assert refused.code == 2
    assert words in refused.err


def test_where_an_export_cannot_be_nothing_is_written(ran: Desk) -> None:
    for flags, words in (
        (["--out", "."], "is not empty and no export"),
        (["--out", "set", "--person", "subject"], "add --split, or leave it out"),
        (["--out", "set", "--shard-size", "1GB"], "--shard-size is the size of the archives of --to webdataset"),
        (["--out", "m.yaml"], "m.yaml is no folder"),
        (["--out", "set", "--split", SPLIT, "--person", "subject"], "the metadata of 2 videos has no such key (a, b)"),
    ):
        refused = ran.s2v("export", "m.yaml", "--to", "videofolder", *flags)
        assert (refused.code, words in refused.err) == (2, True), refused.err
    assert {path.name for path in ran.folder.iterdir()} - {"home"} == {"anna.png", "m.yaml", "runs"}


@pytest.mark.parametrize("out", ["runs/try", "runs/try/set", "runs/try/superseded", "runs/try/.partial", "link/set"])
def test_a_set_inside_the_run_folder_is_refused(ran: Desk, out: str) -> None:
    (ran.folder / "link").symlink_to(ran.folder / "runs/try")
    before = contents(ran.folder / "runs/try")

    refused = ran.s2v("export", "m.yaml", "--to", "videofolder", "--out", out)

    assert (refused.code, f"{out} is inside the run folder runs/try" in refused.err) == (2, True), refused.err
    assert contents(ran.folder / "runs/try") == before


@pytest.mark.parametrize("form", ["videofolder", "webdataset"])
@pytest.mark.parametrize("split", [(), ("--split", SPLIT)], ids=["whole", "split"])
def test_a_set_from_which_everything_has_left_is_emptied_and_that_is_told(
    ran: Desk, form: str, split: tuple[str, ...]
) -> None:
    words = ("--to", form, "--out", "set", *split)
    ran.s2v("export", "m.yaml", *words)
    ran.manifest(["bad [1026]"])
    ran.s2v("run", "m.yaml")

    emptied, again = (ran.s2v("export", "m.yaml", *words) for _ in range(2))

    assert (emptied.code, again.code) == (0, 0), emptied.err
    assert "0 videos of 0 portraits in set" in emptied.out
    assert "load it" not in emptied.out
    assert "no video in runs/try is done and in the manifest: set held a set, and is empty now" in emptied.err
    assert sorted(path.name for path in (ran.folder / "set").rglob("*")) == ["README.md", "export.json"]
    assert ran.s2v("export", "m.yaml", "--to", form, "--out", "new").code == 2
    ran.manifest(PROMPTS)
    ran.s2v("run", "m.yaml")
    assert "2 videos of 1 portrait in set" in ran.s2v("export", "m.yaml", *words).out


def test_what_loads_a_set_is_told_in_a_form_that_can_be_typed_whatever_its_folder_is_called(ran: Desk) -> None:
    name = 'anna\'s "best"'

    done = ran.s2v("export", "m.yaml", "--to", "videofolder", "--out", name)

    (told,) = (line for line in done.out.splitlines() if "load it" in line)
    assert ast.literal_eval(told.partition("load_dataset(")[2].removesuffix(")")) == name


def test_before_the_first_run_there_is_nothing_to_export(desk: Desk) -> None:
    desk.manifest(["one"])

    refused = desk.s2v("export", "m.yaml", "--to", "videofolder", "--out", "set")

    assert refused.code == 3
    assert "nothing was run yet in runs/try (s2v run m.yaml)" in refused.err


def test_on_a_terminal_a_bar_counts_the_videos(ran: Desk) -> None:
    done = ran.s2v_at_a_terminal("export", "m.yaml", "--to", "videofolder", "--out", "set", typed="")

    assert done.code == 0, done.err
    assert "2/2" in done.err
