"""What `s2v verify` does: workers look into videos, so what kills a decoder is told, and kills nothing else."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from counter import Counter
from desk import Desk

from runner.cli.rechecking import rechecked
from runner.edge.journal.journal import Journal
from runner.errors import Halt
from runner.executors import worker
from runner.executors.local import LocalExecutor
from runner.executors.seam import Perform


def crash(text: str) -> str:
    """Die as a decoder does, if it is the second video; else do the step."""
    if json.loads(text)["item"] == "b":
        os.kill(os.getpid(), signal.SIGSEGV)
    return worker.perform(text)


def killed(text: str) -> str:
    """Be killed, whichever video it is."""
    os.kill(os.getpid(), signal.SIGKILL)
    return text


def looked_into(folder: Path, perform: Perform) -> tuple[int, dict[str, str]]:
    with Journal.read(folder) as book:
        return rechecked(folder, book, book.states(), LocalExecutor(2, perform=perform), most=2)


def names(folder: Path) -> list[Path]:
    """Return all that lies in a run folder but the journal, whose log comes and goes with its readers."""
    return sorted(path for path in folder.rglob("*") if not path.name.startswith("state.db"))


@pytest.fixture
def folder(shop: Desk, counter: Counter) -> Path:
    """Give the folder of a run with three videos."""
    assert shop.s2v("run", shop.manifest(["one", "two", "three"])).code == 0
    return shop.folder / "runs/try"


def test_a_video_that_kills_its_decoder_kills_no_verify_and_is_told(folder: Path) -> None:
    before = names(folder)

    count, bad = looked_into(folder, crash)

    assert (count, [*bad]) == (3, ["videos/b.mp4"])
    assert "was killed by SIGSEGV" in bad["videos/b.mp4"]
    assert names(folder) == before


def test_a_machine_that_kills_the_workers_ends_a_verify_and_no_video_is_called_bad(folder: Path) -> None:
    with pytest.raises(Halt, match=r"videos/[ab]\.mp4: it could not be checked: .* was killed by SIGKILL; free memory"):
        looked_into(folder, killed)
