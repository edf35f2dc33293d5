"""`s2v init`: what it finds goes into the manifest, and nothing that is there is lost."""

from __future__ import annotations

import os
import stat

import pytest
from desk import Desk

from runner.edge.disk.files import write_whole
from runner.errors import FolderError


def test_files_that_a_system_hides_are_no_portraits(desk: Desk) -> None:
    desk.portrait("portraits/anna.png")
    (desk.folder / "portraits/.hidden.png").write_bytes(b"a thumbnail of a file manager")
    (desk.folder / "portraits/._anna.png").write_bytes(b"what macOS leaves on other disks")

    done = desk.s2v("init")

    assert "wrote s2v.yaml with 1 portrait\n" in done.out
    assert desk.s2v("check", "s2v.yaml").code == 0


def test_many_portraits_go_into_a_matrix_and_none_is_left_out(desk: Desk) -> None:
    for n in range(23):
        desk.portrait(f"portraits [2026]/{n:02}.{'PNG' if n % 2 else 'png'}", f"#0000{n:02}")
    (desk.folder / "portraits [2026]/._00.png").write_bytes(b"what macOS leaves on other disks")

    done = desk.s2v("init", "--portraits", "portraits [2026]")
    checked = desk.s2v("check", "s2v.yaml")

    assert done.out == "wrote s2v.yaml with 23 portraits in a matrix\nnext: s2v check s2v.yaml\n"
    assert checked.out.startswith("s2v.yaml: 23 videos from 23 portraits at local; "), checked


def test_portraits_are_named_from_where_the_manifest_stands(desk: Desk) -> None:
    portrait = desk.portrait("pictures/anna.png")
    (desk.folder / "specs").mkdir()

    done = desk.s2v("init", "specs/first.yaml", "--portraits", portrait.parent)

    assert done.out.startswith("wrote specs/first.yaml with 1 portrait\n")
    assert '- portrait: "../pictures/anna.png"' in (desk.folder / "specs/first.yaml").read_text()
    assert desk.s2v("check", "specs/first.yaml").code == 0


def test_portraits_are_named_rightly_from_a_folder_that_is_a_link(desk: Desk) -> None:
    portrait = desk.portrait("pictures/anna.png")
    (desk.folder / "deep/specs").mkdir(parents=True)
    (desk.folder / "specs").symlink_to("deep/specs")

    desk.s2v("init", "specs/first.yaml", "--portraits", portrait.parent)

    assert desk.s2v("check", "specs/first.yaml").code == 0


def test_a_folder_without_portraits_gives_no_manifest(desk: Desk) -> None:
    (desk.folder / "notes").mkdir()
    (desk.folder / "notes/anna.txt").write_text("no picture")

    empty, missing = (desk.s2v("init", "--portraits", name) for name in ("notes", "nowhere"))

    assert empty.err == "s2v: no portrait in notes, expected files that end with .jpeg, .jpg, .png, .webp\n"
    assert missing.err == "s2v: nowhere not found; name the folder in which the portraits lie\n"
    assert (empty.code, missing.code, (desk.folder / "s2v.yaml").exists()) == (2, 2, False)


@pytest.mark.parametrize("force", [(), ("--force",)], ids=["alone", "force"])
def test_what_is_no_file_is_never_replaced_by_a_manifest(desk: Desk, force: tuple[str, ...]) -> None:
    pipe = desk.folder / "pipe.yaml"
    os.mkfifo(pipe)

    done = desk.s2v("init", "pipe.yaml", *force)

    assert (done.code, done.out) == (2, "")
    assert "pipe.yaml is no regular file, which nothing here replaces" in done.err
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_no_writer_puts_a_file_in_the_place_of_what_is_none(desk: Desk) -> None:
    pipe = desk.folder / "pipe.json"
    os.mkfifo(pipe)

    with pytest.raises(FolderError, match="no regular file"):
        write_whole(pipe, ["{}"])

    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert [path.name for path in desk.folder.iterdir()] == ["pipe.json"]
