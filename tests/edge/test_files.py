from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from file_limit import files_of_at_most
from losing_disk import LosingDisk, Tree
from unprivileged import as_nobody, open_folder

from runner.edge.disk.files import UNFENCED, Files, halting, write_whole
from runner.errors import Halt


def test_a_text_is_written_whole_and_alone(tmp_path: Path) -> None:
    write_whole(tmp_path / "report.md", ["她笑\r\n", "end\n"])
    assert [path.name for path in tmp_path.iterdir()] == ["report.md"]
    assert (tmp_path / "report.md").read_bytes() == "她笑\r\nend\n".encode()


def test_an_older_text_stays_whole_when_the_new_one_fails(tmp_path: Path) -> None:
    def chunks() -> Iterator[str]:
        yield "half"
        raise RuntimeError

    path = tmp_path / "report.md"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(RuntimeError):
        write_whole(path, chunks())
    assert [(each.name, each.read_text(encoding="utf-8")) for each in tmp_path.iterdir()] == [("report.md", "old")]


def test_an_older_text_stays_whole_when_the_disk_takes_no_more(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    path.write_text("old", encoding="utf-8")
    with files_of_at_most(50_000), pytest.raises(Halt, match="larger than this process may write"):
        write_whole(path, ["x" * 1000] * 100)
    assert [(each.name, each.read_text(encoding="utf-8")) for each in tmp_path.iterdir()] == [("report.md", "old")]


def contents(folder: Path) -> dict[str, str]:
    return {each.name: each.read_text(encoding="utf-8") for each in folder.iterdir()}


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 1000])
def test_several_texts_are_written_side_by_side(tmp_path: Path, count: int) -> None:
    pieces = ((f"a{n}\n", "", f"她{n}") for n in range(count))

    UNFENCED.write_all_whole([tmp_path / name for name in ("one", "two", "three")], pieces)

    assert contents(tmp_path) == {
        "one": "".join(f"a{n}\n" for n in range(count)),
        "two": "",
        "three": "".join(f"她{n}" for n in range(count)),
    }


@pytest.mark.parametrize("begins", [0, 300])
def test_of_several_texts_the_older_ones_stay_all_when_one_fails(tmp_path: Path, begins: int) -> None:
    def pieces() -> Iterator[tuple[str, str]]:
        yield from [("new", "new")] * begins
        raise RuntimeError

    write_whole(tmp_path / "one", ["old"])
    with pytest.raises(RuntimeError):
        UNFENCED.write_all_whole([tmp_path / "one", tmp_path / "two"], pieces())
    assert contents(tmp_path) == {"one": "old"}


@pytest.mark.parametrize(
    ("count", "most"), [(100, 50_000), (3, 1000)], ids=["at once", "from the buffer, which is written again at the end"]
)
def test_of_several_texts_the_one_is_named_that_the_disk_does_not_take(tmp_path: Path, count: int, most: int) -> None:
    pieces = (("x", "x" * 1000) for _ in range(count))
    with files_of_at_most(most), pytest.raises(Halt, match="two: the file is larger than this process may write"):
        UNFENCED.write_all_whole([tmp_path / "one", tmp_path / "two"], pieces)
    assert contents(tmp_path) == {}


def test_several_texts_that_were_written_survive_a_power_cut(tmp_path: Path) -> None:
    write_whole(tmp_path / "one", ["old"])
    cuts: list[Tree] = []
    disk = LosingDisk(tmp_path, lambda _, trees: cuts.extend(trees))

    Files(disk=disk).write_all_whole([tmp_path / "one", tmp_path / "two"], [("new", "new")])

    assert {tree.get(Path("one")) for tree in cuts} == {b"old", b"new"}
    cuts.clear()
    disk.look("all is written")
    assert cuts == [{Path("one"): b"new", Path("two"): b"new"}]


def test_a_link_under_the_name_is_replaced_and_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("mine", encoding="utf-8")
    (tmp_path / "report.md").symlink_to(precious)
    write_whole(tmp_path / "report.md", ["new"])
    assert precious.read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "report.md").is_symlink()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_a_link_left_under_the_name_of_the_half_text_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("mine", encoding="utf-8")
    (tmp_path / f".report.md.{os.getpid()}.part").symlink_to(precious)
    write_whole(tmp_path / "report.md", ["new"])
    assert precious.read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "report.md").read_text(encoding="utf-8") == "new"


def test_a_full_device_is_told_as_a_full_disk() -> None:
    with pytest.raises(Halt, match="the disk is full: make room"), halting(Path("/dev/full")):
        Path("/dev/full").write_bytes(b"x")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "make room"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read-only"),
        (errno.EMFILE, "too many open files"),
        (errno.EIO, "Input/output error: mend it"),
    ],
    ids=errno.errorcode.get,
)
def test_what_a_disk_refuses_halts_with_advice(tmp_path: Path, number: int, words: str) -> None:
    with pytest.raises(Halt, match=words) as caught, halting(tmp_path):
        raise OSError(number, os.strerror(number))
    assert str(tmp_path) in str(caught.value)


def test_a_folder_that_may_not_be_written_halts() -> None:
    with open_folder() as folder:
        (folder / "a").write_bytes(b"x")
        folder.chmod(0o555)
        with as_nobody():
            with pytest.raises(Halt, match="permission denied"):
                write_whole(folder / "report.md", ["x"])
            with pytest.raises(Halt, match="permission denied"):
                UNFENCED.move(folder / "a", folder / "b")


def test_a_move_makes_the_folder_that_it_needs(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    UNFENCED.move(tmp_path / "a", tmp_path / "deep" / "b")
    assert (tmp_path / "deep" / "b").read_bytes() == b"x"


def test_a_folder_in_the_way_of_a_move_halts(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "b").mkdir()
    with pytest.raises(Halt):
        UNFENCED.move(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == b"x"
