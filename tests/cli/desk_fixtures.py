"""One provider process for all tests of the front desk, and a fresh folder with a command line for each."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from desk import ROOT, Desk
from warm_start import WarmStart, warm_start


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Give the URL of the moody service and the file in which it lists what was submitted."""
    with _served(tmp_path_factory.mktemp("provider")) as served:
        yield served


@pytest.fixture(scope="session")
def other_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Give the same of a second service, which has no moods."""
    with _served(tmp_path_factory.mktemp("other_provider"), "calm") as served:
        yield served


@contextmanager
def _served(folder: Path, *moods: str) -> Iterator[tuple[str, Path]]:
    script = Path(__file__).with_name("moody_service.py")
    process = subprocess.Popen(
        [sys.executable, script, folder, *moods], stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ROOT)}
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip(), folder / "submits"
    process.terminate()
    process.communicate(timeout=20)


@pytest.fixture(scope="session")
def warm() -> Iterator[WarmStart]:
    with warm_start(ROOT) as start:
        yield start


@pytest.fixture
def desk(tmp_path: Path, provider: tuple[str, Path], warm: WarmStart) -> Desk:
    return Desk(tmp_path, *provider, warm)
