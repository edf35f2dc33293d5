"""Every executor in turn, and a floor for its steps."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from makers import MAKERS, Floor, Make


@pytest.fixture(params=sorted(MAKERS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make(name: str) -> Make:
    return MAKERS[name]


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    os.mkfifo(tmp_path / "pipe")
    pipe = os.open(tmp_path / "pipe", os.O_RDWR)  # so that no worker finds it without a reader, or ended
    yield Floor(tmp_path, pipe)
    os.close(pipe)
