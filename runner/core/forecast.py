"""How long a run should take under its limits: arithmetic on what is known, and no more exact than that."""

from __future__ import annotations

from collections.abc import Iterable

from ..model import Rate


def duration_s(jobs: int, *, rates: Iterable[Rate], in_flight: int | None, job_s: float) -> float:
    """Return about how many seconds `jobs` purchases take, when each job takes `job_s` and all limits hold."""
    if jobs == 0:
        return 0.0
    admitted = max(((jobs - 1) // rate.count * rate.window_s for rate in rates), default=0.0)
    rounds = 1 if in_flight is None else -(-jobs // in_flight)
    return max(admitted + job_s, rounds * job_s)
