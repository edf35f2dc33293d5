"""The forecast against the engine itself in simulated time; `tests/bench/forecast.py` tries all configurations."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulated_providers import CONFIGURATIONS, tried

KNOWN = {each.name: each for each in CONFIGURATIONS}


@pytest.mark.parametrize(
    ("name", "learns"),
    [
        ("minimax as documented", False),
        ("one at a time, steady", False),
        ("three at a time, steady", False),
        ("one a minute", False),
        ("three at a time, steady", True),
        ("quick jobs", True),
    ],
)
def test_a_run_takes_what_was_forecast_within_a_tenth(name: str, tmp_path: Path, *, learns: bool) -> None:
    trial = tried(KNOWN[name], tmp_path, learns=learns)

    assert abs(trial.cold) <= 0.1
    assert abs(trial.later) <= 0.1


def test_there_are_over_thirty_configurations_and_no_two_alike() -> None:
    assert len({each.name for each in CONFIGURATIONS}) == len(CONFIGURATIONS) > 30
