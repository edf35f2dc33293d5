"""`s2v init`: what it finds goes into the manifest, and nothing that is there is lost."""

from __future__ import annotations

import os
import stat

import pytest
from desk import Desk

from runner.edge.files import write_whole
from runner.errors import FolderError


def test_files_that_a_system_hides_are_no_portraits(desk: Desk) -> None:
    desk.portrait("portraits/anna.png")
    (desk.folder / "portraits/.hidden.png").write_bytes(b"a thumbnail of a file manager")
    (desk.folder / "portraits/._anna.png").write_bytes(b"what macOS leaves on other disks")

    done = desk.s2v("init")

    assert "wrote s2v.yaml with 1 portrait\n" in done.out
    assert desk.s2v("check", "s2v.yaml").code == 0


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
