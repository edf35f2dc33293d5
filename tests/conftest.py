"""What every room's tests share: options, and programs that leave nothing in the source tree or in anybody's home."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings

gc.disable()  # or a third of the time to collect the tests would go into looking for rings among them, time and again
_MEMORY: Final = Path("/dev/shm")
_ROOM: Final = 4 << 30  # bytes; the tests of one moment need a tenth of it
if "TMPDIR" not in os.environ and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _ROOM:
    tempfile.tempdir = os.environ["TMPDIR"] = str(_MEMORY)  # thousands of journals, synced at every fact

pytest_plugins = ["desk_fixtures", "executor_fixtures", "shop_fixtures", "store_fixtures", "wire_fixtures"]

os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", os.path.join(tempfile.gettempdir(), "s2v-hypothesis"))  # noqa: PTH118 -- an environment variable is text
_STATE = tempfile.TemporaryDirectory(prefix="s2v-state-")
os.environ["S2V_STATE_DIR"] = _STATE.name  # of this session alone: what its programs tell each other is theirs
settings.register_profile("s2v", database=None, deadline=None)
settings.load_profile("s2v")


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files with what is said now")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))
