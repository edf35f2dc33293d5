"""Histories from integers. `tests/bench/simulate.py` hunts in more, `tests/bench/plant_bugs.py` shows the teeth."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest
from sim_bugs import BUGS, PACKAGE, hunt, plant
from sim_promises import simulate

BLOCKS: Final = 5
SEEDS: Final = 50  # in each block
_TELL: Final = "import sys; from test_simulation import digest; print(digest(int(sys.argv[1])))"


def digest(seed: int) -> str:
    """Return the digest of all that happens in one history."""
    return sha256(repr(simulate(seed)).encode()).hexdigest()


@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_history_breaks_a_promise(block: int) -> None:
    broken = [told for seed in range(block * SEEDS, (block + 1) * SEEDS) if (told := simulate(seed)).faults]
    assert not broken, f"{len(broken)} of {SEEDS}:\n{broken[0]}"


@pytest.mark.parametrize("seed", [0, 19, 46, 227])
def test_one_integer_tells_a_whole_history_in_every_process(seed: int) -> None:
    env = {**os.environ, "PYTHONPATH": f"{PACKAGE.parent}{os.pathsep}{Path(__file__).parent}", "PYTHONHASHSEED": "7"}
    told = subprocess.run([sys.executable, "-c", _TELL, str(seed)], env=env, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == digest(seed)


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_can_still_be_planted(name: str) -> None:
    text = (PACKAGE / BUGS[name].file).read_text(encoding="utf-8")
    assert BUGS[name].changed(text) != text


@pytest.mark.parametrize(
    "name",
    [
        "a doubt without a key is repeated",
        "a run forgets the runs before it",
        "a commit is not synced",
        "a call settles what is settled",
        "the end of one is the end of all",
        "the lock is shared",
        "what is taken again is not kept",
    ],
)
def test_a_planted_bug_is_found(tmp_path: Path, name: str) -> None:
    plant(BUGS[name], tmp_path)
    assert hunt(tmp_path, range(60), only_first=True)
