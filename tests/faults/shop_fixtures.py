"""A provider of its own, and a desk that buys there, for each test of the fault matrix."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from counter import Counter, serving
from desk import Desk
from made_clips import clip
from warm_start import WarmStart


@pytest.fixture(scope="session")
def film() -> bytes:
    return clip(frames=3)


@pytest.fixture
def counter(film: bytes) -> Iterator[Counter]:
    with serving(film) as provider:
        yield provider


@pytest.fixture
def shop(tmp_path: Path, counter: Counter, warm: WarmStart) -> Desk:
    """Give a desk at which `minimax` is the test's own provider."""
    return Desk(tmp_path, counter.url, tmp_path / "no-ledger", warm)
