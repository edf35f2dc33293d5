"""A video comes from another folder by link or by copy, whole, or not at all."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from unprivileged import as_nobody, open_folder

from runner.edge.disk.taking import take
from runner.errors import Halt

CONTENT = b"a video"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.mp4"
    path.write_bytes(CONTENT)
    return path


def test_a_file_on_the_same_disk_is_linked(source: Path, tmp_path: Path) -> None:
    assert take(source, tmp_path / "new" / "a.mp4", SHA256)

    assert (tmp_path / "new" / "a.mp4").samefile(source)


def test_a_file_on_another_disk_is_copied(source: Path) -> None:
    places = [place for place in map(Path, ("/dev/shm", "/var/tmp")) if place.is_dir()]
    others = [place for place in places if place.stat().st_dev != source.stat().st_dev]
    if not others:
        pytest.skip("needs a second file system")
    target = others[0] / f"s2v-{os.getpid()}.mp4"
    try:
        assert take(source, target, SHA256)
        assert target.read_bytes() == CONTENT
        assert source.stat().st_nlink == 1
    finally:
        target.unlink(missing_ok=True)


def test_a_link_is_followed_to_its_content_and_not_taken_as_a_link(source: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.mp4"
    link.symlink_to(source)

    assert take(link, tmp_path / "a.mp4", SHA256)

    assert not (tmp_path / "a.mp4").is_symlink()
    assert (tmp_path / "a.mp4").read_bytes() == CONTENT


@pytest.mark.parametrize("kind", ["gone", "other", "folder", "fifo"])
def test_what_is_not_the_file_leaves_no_trace_and_does_not_block(tmp_path: Path, kind: str) -> None:
    source, target = tmp_path / "source.mp4", tmp_path / "new" / "a.mp4"
    match kind:
        case "other":
            source.write_bytes(b"another video")
        case "folder":
            source.mkdir()
        case "fifo":
            os.mkfifo(source)
    target.parent.mkdir()
    target.write_bytes(b"what was here")

    assert not take(source, target, SHA256)

    assert [path.read_bytes() for path in target.parent.iterdir()] == [b"what was here"]


def test_taking_again_after_a_death_leaves_one_name(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "new" / "a.mp4"
    take(source, target, SHA256)

    assert take(source, target, SHA256)

    assert list(target.parent.iterdir()) == [target]


def test_a_disk_that_refuses_halts(source: Path) -> None:
    with open_folder() as folder:
        folder.chmod(0o555)
        with as_nobody(), pytest.raises(Halt, match="cannot write"):
            take(source, folder / "new" / "a.mp4", SHA256)
