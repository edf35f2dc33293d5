from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from file_limit import files_of_at_most
from unprivileged import as_nobody, open_folder

from runner.edge.disk.lock import (
    NETWORK_FILE_SYSTEMS,
    Leases,
    file_system,
    held,
    note_epoch,
    note_leases,
    noted_epoch,
    noted_leases,
    still,
)
from runner.errors import FolderError, Halt

ONE, OTHER, BOTH = (Leases(live=live) for live in (("0a1b2c3d",), ("4e5f6a7b",), ("0a1b2c3d", "4e5f6a7b")))
CHILD = Path(__file__).parent / "lock_child.py"


@contextmanager
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Give another process that holds the folder."""
    with subprocess.Popen(
        [sys.executable, str(CHILD), str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        yield child


def test_a_second_process_is_refused_and_told_who_holds_the_folder(tmp_path: Path) -> None:
    with holder(tmp_path) as child, pytest.raises(FolderError) as caught, held(tmp_path):
        pass
    assert f"held by another run (process {child.pid} on {socket.gethostname()})" in str(caught.value)


def test_the_lock_of_a_killed_process_is_free_without_a_manual_step(tmp_path: Path) -> None:
    with holder(tmp_path) as child:
        child.kill()
        child.wait()
        with held(tmp_path):
            pass


def test_a_folder_that_was_let_go_can_be_held_again(tmp_path: Path) -> None:
    for _ in range(2):
        with held(tmp_path):
            pass


@pytest.mark.parametrize("words", ["", "garbled", "[]", "[" * 4096], ids=["empty", "text", "list", "very deep list"])
def test_a_lock_without_a_name_in_it_still_refuses(tmp_path: Path, words: str) -> None:
    with holder(tmp_path):
        (tmp_path / ".lock").write_text(words, encoding="utf-8")
        with pytest.raises(FolderError, match="held by another run; wait for it"), held(tmp_path):
            pass


def test_who_reads_keeps_a_run_out_and_lets_others_read(tmp_path: Path) -> None:
    with still(tmp_path), still(tmp_path), pytest.raises(FolderError, match="is held by"), held(tmp_path):
        pass
    with held(tmp_path):
        pass


def test_who_wants_to_read_is_told_who_runs(tmp_path: Path) -> None:
    with holder(tmp_path) as child, pytest.raises(FolderError) as caught, still(tmp_path):
        pass
    assert f"held by another run (process {child.pid} on {socket.gethostname()})" in str(caught.value)


def test_a_folder_in_which_nobody_can_write_is_read_without_a_lock() -> None:
    with open_folder() as folder:
        folder.chmod(0o555)
        with as_nobody(), still(folder):
            pass

        assert list(folder.iterdir()) == []


def test_a_linked_lock_is_refused_and_what_it_leads_to_is_untouched(tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("mine", encoding="utf-8")
    (tmp_path / ".lock").symlink_to(precious)
    with pytest.raises(FolderError, match=r"\.lock is a symbolic link"), held(tmp_path):
        pass
    assert precious.read_text(encoding="utf-8") == "mine"


def test_a_read_only_folder_cannot_be_held() -> None:
    with open_folder() as folder:
        folder.chmod(0o555)
        with as_nobody(), pytest.raises(FolderError, match="cannot write in"), held(folder):
            pass


@pytest.mark.parametrize("kind", sorted(NETWORK_FILE_SYSTEMS))
def test_a_network_file_system_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    table = tmp_path / "mounts"
    table.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/share {tmp_path} {kind} rw 0 0\n", encoding="utf-8")
    with pytest.raises(FolderError, match=f"network file system \\({kind}\\)"), held(tmp_path, mounts=table):
        pass
    assert not (tmp_path / ".lock").exists()


@pytest.mark.parametrize(
    "kind",
    [
        "fuse.ceph-fuse", "fuse.mfs", "fuse.mount-s3", "fuse.blobfuse2", "fuse.vmhgfs-fuse", "vboxsf", "virtiofs",
        "fakeowner", "fuse.grpcfuse", "fuse.osxfs",
        "wekafs", "orangefs", "pvfs2", "afpfs",
    ],
)  # fmt: skip
def test_what_machines_or_a_machine_and_its_guests_share_counts_as_a_network_file_system(kind: str) -> None:
    assert kind in NETWORK_FILE_SYSTEMS


@pytest.mark.parametrize("source", ["mountpoint-s3", "blobfuse2"])
def test_a_bucket_that_is_mounted_without_a_type_of_its_own_is_refused(tmp_path: Path, source: str) -> None:
    table = tmp_path / "mounts"
    table.write_text(f"dev / ext4 rw 0 0\n{source} {tmp_path} fuse rw,nosuid 0 0\n", encoding="utf-8")
    with pytest.raises(FolderError, match=f"network file system \\(fuse.{source}\\)"), held(tmp_path, mounts=table):
        pass


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(["dev / ext4 rw", "srv:/x {run} nfs4 rw"], "nfs4", id="the deepest mount counts"),
        pytest.param(["srv:/x {run} nfs4 rw", "dev / ext4 rw"], "nfs4", id="in whatever order"),
        pytest.param(["auto {run} autofs rw", "srv:/x {run} nfs4 rw"], "nfs4", id="a mount over a mount covers it"),
        pytest.param(["dev / ext4 rw", "srv:/x {run}-other nfs4 rw"], "ext4", id="a longer name is another folder"),
        pytest.param(["srv:/x {run}/inner nfs4 rw", "dev / ext4 rw"], "ext4", id="a mount below does not count"),
        pytest.param(["garbled", "", "one two", "dev / ext4 rw"], "ext4", id="garbled lines are passed over"),
        pytest.param([], "", id="an empty table tells nothing"),
    ],
)
def test_the_mount_that_holds_a_folder_is_found(tmp_path: Path, lines: list[str], expected: str) -> None:
    run = tmp_path / "run"
    run.mkdir()
    table = tmp_path / "mounts"
    table.write_text("\n".join(lines).format(run=run), encoding="utf-8")
    assert file_system(run, table) == expected


@pytest.mark.parametrize(
    ("name", "written"), [("a b", r"a\040b"), ("a\tb", r"a\011b"), ("a\\b", r"a\134b")], ids=["blank", "tab", "slash"]
)
def test_escaped_names_in_the_mount_table_are_read(tmp_path: Path, name: str, written: str) -> None:
    run = tmp_path / name
    run.mkdir()
    table = tmp_path / "mounts"
    table.write_text(f"dev / ext4 rw 0 0\nsrv:/x {tmp_path}/{written} nfs rw 0 0\n", encoding="utf-8")
    assert file_system(run, table) == "nfs"


def test_a_system_without_a_mount_table_is_not_refused(tmp_path: Path) -> None:
    with held(tmp_path, mounts=tmp_path / "no-such-table"):
        pass


def test_a_link_to_a_network_folder_counts_as_what_it_leads_to(tmp_path: Path) -> None:
    share, link, table = tmp_path / "share", tmp_path / "link", tmp_path / "mounts"
    share.mkdir()
    link.symlink_to(share)
    table.write_text(f"dev / ext4 rw 0 0\nsrv:/x {share} nfs rw 0 0\n", encoding="utf-8")
    assert file_system(link, table) == "nfs"


def test_what_a_lock_remembers_outlives_a_full_disk(tmp_path: Path) -> None:
    note_epoch(tmp_path, 7)
    note_leases(tmp_path, ONE)

    with files_of_at_most(0), pytest.raises(Halt):
        note_leases(tmp_path, BOTH)

    assert (noted_epoch(tmp_path), noted_leases(tmp_path)) == (7, ONE)


def test_a_lock_that_remembers_less_than_before_is_read_whole(tmp_path: Path) -> None:
    note_leases(tmp_path, BOTH)

    note_leases(tmp_path, OTHER)

    assert noted_leases(tmp_path) == OTHER


@pytest.mark.parametrize("live", [0, 1, 279, 280, 5000])
@pytest.mark.parametrize("spent", [0, 1, 5000])
def test_of_many_leases_the_newest_of_both_kinds_are_remembered_and_fit_into_the_lock(
    tmp_path: Path, live: int, spent: int
) -> None:
    leases = Leases(
        live=tuple(f"{n:08x}" for n in range(live)), spent=tuple(f"{n:08x}" for n in range(9000, 9000 + spent))
    )
    with held(tmp_path):
        note_epoch(tmp_path, 2**62)
        note_leases(tmp_path, leases)

    found = noted_leases(tmp_path)

    assert found.live == leases.live[-280:]
    assert found.spent == leases.spent[-(300 - len(found.live)) :]
    assert (tmp_path / ".lock").stat().st_size < 4096
