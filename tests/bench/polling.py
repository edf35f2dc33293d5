"""Measures what learned polling saves: requests for each job, and how late its end is noticed, in simulated time.

    PYTHONPATH=.:tests/engine python tests/bench/polling.py [--jobs 400] [--seeds 3] [--rate]

The real engine runs against the simulated studio, with 40 slots that are always wanted or, with `--rate`, at 20 submits
a minute, where nobody waits for a slot. An interval is the gap between the last two looks at a job. A fixed interval of
equal lag begins at the submit: its p95 is 95 % of it and its mean half of it, and a job of T seconds costs T / interval
+ 1/2 requests, wherever in the interval its end may fall. Every lag has the answer's way home in it. `at most` is the
ratio, at equal mean lag, that nobody can exceed who knows the distribution and nothing else, as long as gaps are short:
E[T] / E[h(T) ** -1/2] ** 2, h being the hazard.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, pi, sqrt
from pathlib import Path
from random import Random
from statistics import NormalDist, fmean, quantiles
from typing import Final

from studio import WAY_S, Script, Studio
from worlds import World

from runner.events import Finished
from runner.model import Limits, Rate

SLOTS: Final = 40
RATE: Final = Rate(count=20, window_s=60.0)

Law = Callable[[Random, float], float]
"""How long a job takes, given chance and how much of the run is behind it, from 0 to 1."""


def _spread(median_s: float, sigma: float) -> Law:
    return lambda chance, _done: median_s * chance.lognormvariate(0.0, sigma)


def _drifting(first_s: float, last_s: float) -> Law:
    return lambda chance, done: (first_s + (last_s - first_s) * done) * chance.lognormvariate(0.0, 0.1)


LAWS: Final[dict[str, Law]] = {
    "constant 60 s": lambda _chance, _done: 60.0,
    "constant 180 s": lambda _chance, _done: 180.0,
    "constant 300 s": lambda _chance, _done: 300.0,
    "180 s, +-10 %": lambda chance, _done: chance.uniform(162.0, 198.0),
    "lognormal 120 s, 0.10": _spread(120.0, 0.10),
    "lognormal 60 s, 0.25": _spread(60.0, 0.25),
    "lognormal 120 s, 0.25": _spread(120.0, 0.25),
    "lognormal 300 s, 0.25": _spread(300.0, 0.25),
    "lognormal 120 s, 0.50": _spread(120.0, 0.50),
    "bimodal 80 or 240 s": lambda chance, _done: chance.choice((80, 80, 240)) * chance.lognormvariate(0.0, 0.05),
    "drifting 60 to 300 s": _drifting(60.0, 300.0),
    "drifting 300 to 60 s": _drifting(300.0, 60.0),
    "slow start 300, 100 s": lambda chance, done: (300 if done < 0.2 else 100) * chance.lognormvariate(0.0, 0.1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one job cost and how late its end was noticed; `gap_s` lay between the last two looks at it."""

    took_s: float
    polls: int
    lag_s: float
    gap_s: float


def watch(law: Law, *, jobs: int, seed: int, learns: bool, at_rate: bool) -> list[Look]:
    """Run a batch, and return what was seen of each job."""
    chance, ids = Random(seed), [f"item-{number:04}" for number in range(jobs)]
    scripts = {id_: Script(life_s=law(chance, number / jobs)) for number, id_ in enumerate(ids)}
    with tempfile.TemporaryDirectory() as folder:
        world = World(
            folder=Path(folder), ids=ids, studio=Studio(scripts=scripts), learns=learns,
            in_flight=None if at_rate else SLOTS, rates=(RATE,) if at_rate else (),
            limits=Limits(item_deadline_s=86400.0),
        )  # fmt: skip
        world.run()
    polls = defaultdict[str, list[float]](list)
    for at, job_id in world.studio.polls:
        polls[job_id].append(at)
    noticed = {id_: at for at, id_, event in world.diary.pages if isinstance(event, Finished)}
    return [
        Look(
            took_s=job.ends_at - job.made_at, polls=len(polls[job.id]), lag_s=noticed[job.prompt] - job.ends_at,
            gap_s=[later - earlier for earlier, later in pairwise((job.made_at, *polls[job.id]))][-1],
        )
        for job in world.studio.jobs.values()
    ]  # fmt: skip


def p95(values: Sequence[float]) -> float:
    """Return the value that one of twenty exceeds."""
    return quantiles(values, n=20)[-1]


def most_possible(name: str) -> str:
    """Return the ratio that no rule exceeds, for the laws whose hazard is known in closed form."""
    if not name.startswith("lognormal"):
        return "-"
    sigma, normal = float(name.rpartition(" ")[2]), NormalDist()
    total, step = 0.0, 0.001
    for number in range(-6000, 6000):
        z = number * step
        density = exp(-z * z / 2) / sqrt(2 * pi)
        alive = normal.cdf(-z)
        total += sqrt(density * alive * sigma * exp(sigma * z)) * step
    return f"{exp(sigma * sigma / 2) / total**2:.1f}"


def row(name: str, *, jobs: int, seeds: int, at_rate: bool) -> str:
    """Return one line of the table."""
    looks, fixed = list[Look](), list[Look]()
    for seed in range(seeds):
        looks += watch(LAWS[name], jobs=jobs, seed=seed, learns=True, at_rate=at_rate)
        fixed += watch(LAWS[name], jobs=jobs, seed=seed, learns=False, at_rate=at_rate)
    polls, usual = fmean(look.polls for look in looks), fmean(look.polls for look in fixed)
    lags, took = [look.lag_s for look in looks], fmean(look.took_s for look in looks)
    late, mean, middle = p95(lags), fmean(lags), quantiles(lags, n=2)[0]
    equal, equal_mean = took / ((late - WAY_S) / 0.95) + 0.5, took / (2 * (mean - WAY_S)) + 0.5
    in_gaps = p95([look.lag_s / look.gap_s for look in looks])
    return (
        f"{name:<22} {polls:5.1f} {middle:6.1f} {mean:6.1f} {late:6.1f} {in_gaps:7.2f} "
        f"{equal:7.1f} {equal / polls:5.1f} {equal_mean:7.1f} {equal_mean / polls:5.1f} {most_possible(name):>7} "
        f"{usual:7.1f} {usual / polls:5.1f} {p95([look.lag_s for look in fixed]):6.1f}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=400)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rate", action="store_true", help="20 submits a minute in place of 40 slots")
    parser.add_argument("laws", nargs="*", help="words in the names of the laws to try; all of them by default")
    args = parser.parse_args()
    print(f"{'':<22} {'learned':^33} {'fixed, p95':^13} {'fixed, mean':^13} {'':>7} {'20 s, then 10 s':^20}")  # noqa: T201
    print(  # noqa: T201
        f"{'a job takes':<22} {'polls':>5} {'p50 s':>6} {'mean s':>6} {'p95 s':>6} {'in gaps':>7} "
        f"{'polls':>7} {'ratio':>5} {'polls':>7} {'ratio':>5} {'at most':>7} {'polls':>7} {'ratio':>5} {'p95 s':>6}"
    )
    for name in LAWS:
        if not args.laws or any(word in name for word in args.laws):
            print(row(name, jobs=args.jobs, seeds=args.seeds, at_rate=args.rate), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
