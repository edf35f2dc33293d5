"""The forecast against the engine itself in simulated time; `tests/bench/forecast.py` tries all configurations."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulated_providers import CONFIGURATIONS, Configuration, tried

QUICK = ("minimax as documented", "one at a time, steady", "three at a time, steady", "one a minute")


@pytest.mark.parametrize("configuration", [each for each in CONFIGURATIONS if each.name in QUICK], ids=lambda c: c.name)
def test_a_run_takes_what_was_forecast_within_a_tenth(configuration: Configuration, tmp_path: Path) -> None:
    trial = tried(configuration, tmp_path)

    assert abs(trial.cold) <= 0.1
    assert abs(trial.later) <= 0.1


def test_there_are_over_thirty_configurations_and_no_two_alike() -> None:
    assert len({each.name for each in CONFIGURATIONS}) == len(CONFIGURATIONS) > 30
