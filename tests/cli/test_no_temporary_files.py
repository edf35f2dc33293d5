"""A machine on which no folder for temporary files takes one, as where its disk is full: told by whoever needs one."""

from __future__ import annotations

import subprocess
import sys

from desk import Desk

_NO_PLACE = "import sys, tempfile; tempfile.tempdir = '/proc/none'; from runner.__main__ import main; sys.exit(main())"


def test_a_doctor_says_that_there_is_no_folder_for_temporary_files(desk: Desk) -> None:
    done = desk.in_shell("ulimit -f 0; s2v", "doctor", desk.manifest(["one"]), "--offline")

    assert done.code == 9
    assert (
        "temporary files: no folder for temporary files takes one: make room, or let TMPDIR name a folder" in done.out
    )


def test_a_verify_that_has_no_folder_to_look_into_videos_says_so(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one"]), "--quiet")

    done = subprocess.run(
        [sys.executable, "-c", _NO_PLACE, "verify", "m.yaml"], cwd=desk.folder, env=desk.environ(), text=True,
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip

    assert done.returncode == 9
    assert done.stderr.startswith("s2v: cannot write /proc/none: ")
