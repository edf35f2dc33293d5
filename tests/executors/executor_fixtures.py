"""Every executor in turn, and a floor for its steps."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
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


@pytest.fixture
def installed(tmp_path: Path) -> Callable[[str], None]:
    """Let a line be an entry point of executors for whoever has `tmp_path` on their path."""

    def install(line: str) -> None:
        about = tmp_path / "somebodys-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: somebodys\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[s2v.executors]\n{line}\n")

    return install
