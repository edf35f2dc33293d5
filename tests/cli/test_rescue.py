"""Paid jobs that no journal took: one private file for all of a run, wherever one can be written, and words anyway."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from told_lives import saved

from runner.cli.run.rescue import Rescue

ANNA, BERT = saved("anna", b"anna"), saved("bert", b"bert")


def lines(path: Path) -> list[str]:
    return [json.loads(line)["item"] for line in path.read_text().splitlines()]


def test_all_jobs_of_a_run_are_kept_in_one_file_of_their_owner_alone(tmp_path: Path) -> None:
    told = list[str]()
    rescue = Rescue(tmp_path / "run", {"S2V_STATE_DIR": str(tmp_path / "state")}, told.append)

    rescue(ANNA, "anna was bought")
    rescue(BERT, "bert was bought")

    (path,) = (tmp_path / "state").iterdir()
    assert (lines(path), stat.S_IMODE(path.stat().st_mode)) == (["anna", "bert"], 0o600)
    settle = f"s2v resolve {tmp_path / 'run'} bert --job {BERT.job_id}"
    assert told[1] == f"bert was bought, and is kept in {path}; if it is in doubt later: {settle}"


def test_a_job_is_kept_elsewhere_when_the_file_of_the_one_before_takes_no_more(tmp_path: Path) -> None:
    rescue = Rescue(tmp_path / "run", {"S2V_STATE_DIR": str(tmp_path / "state")}, lambda _: None)
    rescue(ANNA, "anna was bought")
    (first,) = (tmp_path / "state").iterdir()
    first.unlink()

    rescue(BERT, "bert was bought")

    (second,) = (tmp_path / "state").iterdir()
    assert (second != first, lines(second)) == (True, ["bert"])


@pytest.mark.parametrize("environ", [{}, {"S2V_STATE_DIR": "/proc/no-such-place"}], ids=["no home", "no such place"])
def test_without_a_home_it_is_kept_where_temporary_files_are(tmp_path: Path, environ: dict[str, str]) -> None:
    told = list[str]()

    Rescue(tmp_path / "run", environ, told.append)(ANNA, "anna was bought")

    kept = Path(told[0].partition("is kept in ")[2].partition(";")[0])
    assert lines(kept) == ["anna"]
    kept.unlink()


_NOWHERE = """
import resource, sys
from pathlib import Path
from told_lives import saved
from runner.cli.run.rescue import Rescue

resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # no file of this process takes a byte
Rescue(Path("run"), {"S2V_STATE_DIR": sys.argv[1]}, print)(saved("anna", b"anna"), "anna was bought")
"""


def test_a_job_is_told_where_no_folder_of_the_machine_takes_a_file_and_none_was_looked_for_before(
    tmp_path: Path,
) -> None:
    """Where the disk is full, the search for a folder for temporary files finds none, and says so by an error."""
    search = os.pathsep.join([str(Path(__file__).parents[1] / "edge"), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", _NOWHERE, tmp_path / "state"], cwd=tmp_path, env={**os.environ, "PYTHONPATH": search},
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"anna was bought; if it is in doubt later: s2v resolve run anna --job {ANNA.job_id}\n"
