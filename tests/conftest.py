"""What every room's tests share: options, and programs that leave nothing in the source tree or in anybody's home."""

from __future__ import annotations

import os
import tempfile

import pytest
from hypothesis import settings

pytest_plugins = ["desk_fixtures", "executor_fixtures", "shop_fixtures", "wire_fixtures"]

os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", os.path.join(tempfile.gettempdir(), "s2v-hypothesis"))  # noqa: PTH118 -- an environment variable is text
_STATE = tempfile.TemporaryDirectory(prefix="s2v-state-")
os.environ["S2V_STATE_DIR"] = _STATE.name  # of this session alone: what its programs tell each other is theirs
settings.register_profile("s2v", database=None, deadline=None)
settings.load_profile("s2v")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files with what is said now")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))
