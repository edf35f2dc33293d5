"""One provider process for all tests of the front desk, and a fresh folder with a command line for each."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import ROOT, Desk


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Give the URL of the moody service and the file in which it lists what was submitted."""
    folder = tmp_path_factory.mktemp("provider")
    script = Path(__file__).with_name("moody_service.py")
    process = subprocess.Popen(
        [sys.executable, script, folder], stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ROOT)}
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip(), folder / "submits"
    process.terminate()
    process.communicate(timeout=20)


@pytest.fixture
def desk(tmp_path: Path, provider: tuple[str, Path]) -> Desk:
    return Desk(tmp_path, *provider)
