"""Measures how long a batch takes against the shortest time that its provider's limits allow: the optimum.

    PYTHONPATH=.:tests/engine python tests/bench/makespan.py [items] [--only NAME]

The real engine in simulated time. The optimum is list scheduling on the provider's own limits and with no overhead at
all: the items in their order, each as soon as a slot and a place in the window are free. Efficiency is the optimum
divided by the makespan, which is from the start of the run to the last video under its name. `real_makespan.py`
measures in real time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from pathlib import Path
from random import Random
from typing import Final

from studio import Script, Studio
from worlds import PACE, World

from runner.dialects.registry import DIALECTS
from runner.dialects.seam import PollPace
from runner.model import Rate

ITEMS: Final = 100
MEDIAN_S: Final = 150.0
SIGMA: Final = 0.35  # of the lognormal tail: one job of 20 takes 1.8 times the median
CONSTANT: Final = (60.0, 180.0, 300.0)
EAGER: Final = PollPace(first_s=1.0, every_s=1.0)
WAYS: Final[Mapping[str, PollPace | None]] = {"as shipped": None, "every 10 s": PACE, "every 1 s": EAGER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """A provider's own limits, and whether the manifest knows them."""

    name: str
    rate: Rate | None
    slots: int | None
    is_known: bool
    poll: PollPace = PACE


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One batch: seconds it took and could have taken, and how often it was refused."""

    took_s: float
    optimum_s: float
    refused: int

    @property
    def efficiency(self) -> float:
        return self.optimum_s / self.took_s


def markets() -> Iterator[Market]:
    """Give every provider with the limits that s2v goes by, known and hidden; equal ones once."""
    seen = set()
    for name, dialect in DIALECTS.items():
        rate, slots = dialect.traits.rate.value, dialect.traits.in_flight.value
        if (rate, slots) not in seen:
            seen.add((rate, slots))
            for is_known in (True, False):
                yield Market(name=name, rate=rate, slots=slots, is_known=is_known, poll=dialect.traits.poll.value)
    yield Market(name="(5 a minute, 8 slots)", rate=Rate(count=5, window_s=60.0), slots=8, is_known=False)
    yield Market(name="(20 a minute)", rate=Rate(count=20, window_s=60.0), slots=None, is_known=False)


def optimum_s(jobs_s: Sequence[float], rate: Rate | None, slots: int | None) -> float:
    """Return when the last job ends, if each begins as soon as the provider's limits let it."""
    begun, running = list[float](), list[float]()
    for number, job_s in enumerate(jobs_s):
        window = begun[number - rate.count] + rate.window_s if rate and number >= rate.count else 0.0
        slot = heappop(running) if slots is not None and len(running) >= slots else 0.0
        begun.append(max(window, slot, begun[-1] if begun else 0.0))
        heappush(running, begun[-1] + job_s)
    return max(running)


def simulated(market: Market, jobs_s: Sequence[float], pace: PollPace | None) -> Measured:
    """Let the real engine buy a batch in simulated time; without a `pace` it learns, from the provider's traits on."""
    ids = [f"{number:04}" for number in range(len(jobs_s))]
    scripts = {id_: Script(life_s=job_s) for id_, job_s in zip(ids, jobs_s, strict=True)}
    with tempfile.TemporaryDirectory() as folder:
        world = World(
            folder=Path(folder), ids=ids, poll=pace or market.poll, learns=pace is None,
            studio=Studio(scripts=scripts, enforces=market.rate, slots=market.slots),
        )  # fmt: skip
        if market.is_known:
            world.rates, world.in_flight = (market.rate,) if market.rate else (), market.slots
        world.run()
        assert set(world.phases().values()) == {"done"}
        return Measured(
            took_s=world.now_s, optimum_s=optimum_s(jobs_s, market.rate, market.slots),
            refused=len(world.studio.refused),
        )  # fmt: skip


def latencies(items: int) -> Mapping[str, Sequence[float]]:
    """Return how long the jobs of each batch take, in seconds."""
    dice = Random(1)
    tail = [min(max(MEDIAN_S * dice.lognormvariate(0.0, SIGMA), 60.0), 900.0) for _ in range(items)]
    return {**{f"{job_s:g} s": [job_s] * items for job_s in CONSTANT}, "lognormal": tail}


def tell(items: int, only: str) -> None:
    """Print a table of efficiencies and refusals for the providers whose names hold `only`."""
    print(f"{items} items{'jobs':>38}", *(f"{name:>12}{'refused':>9}" for name in WAYS))  # noqa: T201
    for market in (each for each in markets() if only in each.name):
        limits = "known" if market.is_known else "hidden"
        for name, jobs_s in latencies(items).items():
            told = [simulated(market, jobs_s, pace) for pace in WAYS.values()]
            row = (f"{one.efficiency:12.3f}{100 * one.refused / items:7.1f} %" for one in told)
            print(f"{market.name:>24} {limits:>7} {name:>12}", *row, flush=True)  # noqa: T201


def main() -> int:
    """Tell of the batches that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("items", type=int, nargs="?", default=ITEMS)
    parser.add_argument("--only", default="", help="the providers whose names hold this")
    args = parser.parse_args()
    tell(args.items, args.only)
    return 0


if __name__ == "__main__":
    sys.exit(main())
