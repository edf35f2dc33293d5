"""What the machine has left, looked at for real."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

import pytest

from runner.edge.disk.space import Space
from runner.errors import Halt


def test_the_disk_of_the_folder_is_measured_as_its_users_see_it(tmp_path: Path) -> None:
    disk = os.statvfs(tmp_path)

    free = Space(tmp_path).free_bytes()

    assert 0 < free <= disk.f_blocks * disk.f_frsize


def test_a_folder_that_is_gone_is_a_halt_with_advice(tmp_path: Path) -> None:
    with pytest.raises(Halt, match=r"cannot measure the disk of .*gone"):
        Space(tmp_path / "gone").free_bytes()


def test_every_file_that_is_opened_leaves_one_less(tmp_path: Path) -> None:
    before = Space(tmp_path).free_files()
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(5)]
    try:
        left = Space(tmp_path).free_files()
    finally:
        for fd in opened:
            os.close(fd)

    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert left == before - 5 if most != resource.RLIM_INFINITY else left == sys.maxsize
