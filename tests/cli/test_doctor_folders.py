"""`s2v doctor` and folders: what a run would refuse is told, and everything is left as it was."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from desk import Desk
from doctors import everything, grades, line

from runner.edge.disk.lock import held
from runner.edge.journal.state_file import FILE


@pytest.mark.parametrize("is_run", [False, True], ids=["new", "run before"])
def test_nothing_is_left_behind(desk: Desk, *, is_run: bool) -> None:
    manifest = desk.manifest(["one", "[1026] two"])
    for _ in range(is_run):
        desk.s2v("run", manifest)
    before = everything(desk.folder)

    for args in ((), (manifest,), ("runs/try",) if is_run else (manifest, "--shard", "1/2")):
        desk.s2v("doctor", *args, S2V_STATE_DIR=str(desk.folder / "state"))

    assert everything(desk.folder) == before


@pytest.mark.parametrize("name", ["state_format_1.sql", "state_format_4.sql"])
def test_an_older_journal_is_looked_into_and_not_upgraded(desk: Desk, name: str) -> None:
    from test_journal_upgrade import lay  # noqa: PLC0415 - a helper of another folder

    folder = desk.folder / "runs/try"
    folder.mkdir(parents=True)
    lay(folder, name=name)
    before = everything(folder)

    done = desk.s2v("doctor", desk.manifest(["one"]))

    assert grades(done)["journal"] == "ok", done.out
    assert everything(folder) == before


def test_a_folder_that_is_held_names_who_holds_it(desk: Desk) -> None:
    manifest = desk.manifest(["one"])
    desk.s2v("run", manifest)

    with held(desk.folder / "runs/try"):
        done = desk.s2v("doctor", manifest)

    assert (done.code, grades(done)["run folder"], grades(done)["journal"]) == (9, "wrong", "ok")
    assert "is held by another run (process" in line(done, "run folder")


def test_a_finished_run_is_told_no_room_for_videos_that_do_not_come(desk: Desk) -> None:
    manifest = desk.manifest(["one"])

    before = desk.s2v("doctor", manifest)
    desk.s2v("run", manifest)
    after = desk.s2v("doctor", manifest)

    assert "wanted for 1 video to come" in line(before, "room")
    assert line(after, "room").endswith(" free, and no video is to come")


def cut(folder: Path) -> None:
    state = folder / FILE
    state.write_bytes(state.read_bytes()[:-2000])


def spoil(folder: Path) -> None:
    state = folder / FILE
    content = bytearray(state.read_bytes())
    content[8192:12_288] = b"\xff" * 4096
    state.write_bytes(content)


def put_back_an_old_copy(folder: Path) -> None:
    lock = folder / ".lock"
    lock.write_text(json.dumps({"epoch": 99}))


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        pytest.param(cut, "its last page is cut off", id="cut off"),
        pytest.param(spoil, "is damaged", id="a page"),
        pytest.param(lambda folder: (folder / FILE).unlink(), "holds videos but no state", id="gone"),
        pytest.param(put_back_an_old_copy, "is older than its folder", id="old copy"),
    ],
)
def test_a_journal_that_is_not_whole_is_wrong_as_for_a_run(desk: Desk, harm: Any, words: str) -> None:
    manifest = desk.manifest(["one"])
    desk.s2v("run", manifest)
    harm(desk.folder / "runs/try")

    done, run = desk.s2v("doctor", manifest), desk.s2v("run", manifest)

    assert (done.code, run.code, grades(done)["journal"]) == (9, 9, "wrong")
    assert words in line(done, "journal")
    assert words in run.err


def test_a_copy_of_a_folder_is_not_where_its_manifest_runs(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one"]))
    shutil.copytree(desk.folder / "runs/try", desk.folder / "runs/copy")

    done = desk.s2v("doctor", "runs/copy")

    assert (done.code, grades(done)["manifest"]) == (2, "wrong")


def test_a_place_where_no_folder_can_be_made_is_wrong(desk: Desk) -> None:
    (desk.folder / "file").write_text("no folder")

    done = desk.s2v("doctor", desk.manifest(["one"], output={"dir": "file/runs"}))

    assert (done.code, grades(done)["run folder"]) == (9, "wrong"), done.out


def test_an_account_that_is_used_is_known_and_one_whose_file_is_damaged_is_wrong(desk: Desk) -> None:
    manifest, home = desk.manifest(["one"]), desk.folder / "state"
    before = desk.s2v("doctor", manifest, S2V_STATE_DIR=str(home))
    desk.s2v("run", manifest, S2V_STATE_DIR=str(home))
    left = everything(home)

    known = desk.s2v("doctor", manifest, S2V_STATE_DIR=str(home))
    untouched = everything(home) == left
    (file,) = home.rglob("claims.db")
    file.write_bytes(b"nothing of ours" * 1000)
    damaged = desk.s2v("doctor", manifest, S2V_STATE_DIR=str(home))

    assert untouched
    assert "not yet used on this machine" in line(before, "account minimax")
    assert "known on this machine" in line(known, "account minimax")
    assert [before.code, known.code, damaged.code] == [0, 0, 9]
    assert "claims.db cannot be used" in line(damaged, "account minimax")


def test_a_place_where_runs_cannot_find_each_other_is_wrong_as_for_a_run(desk: Desk) -> None:
    manifest = desk.manifest(["one"])
    (desk.folder / "file").write_text("no folder")

    done, run = (desk.s2v(each, manifest, S2V_STATE_DIR="file") for each in ("doctor", "run"))

    assert (done.code, run.code, grades(done)["accounts"]) == (9, 9, "wrong")
    assert "S2V_STATE_DIR" in line(done, "accounts")


def test_a_folder_whose_run_was_killed_is_whole(desk: Desk) -> None:
    manifest, folder = desk.manifest(["one", "two [slow]"]), desk.folder / "runs/try"
    with desk.start("run", manifest, "--events") as process:
        assert process.stdout is not None
        for told in process.stdout:
            if json.loads(told)["event"] == "accepted":
                process.kill()
    names = sorted(path.name for path in folder.iterdir())

    done = desk.s2v("doctor", manifest)

    assert (done.code, grades(done)["journal"]) == (0, "ok"), done.out
    assert sorted(path.name for path in folder.iterdir()) == names


def test_a_link_in_the_place_of_the_journal_is_wrong_as_for_a_run(desk: Desk) -> None:
    manifest, state = desk.manifest(["one"]), desk.folder / "runs/try" / FILE
    desk.s2v("run", manifest)
    state.rename(desk.folder / "elsewhere.db")
    state.symlink_to(desk.folder / "elsewhere.db")

    done, run = (desk.s2v(each, manifest) for each in ("doctor", "run"))

    assert (done.code, run.code, grades(done)["journal"]) == (9, 9, "wrong")
