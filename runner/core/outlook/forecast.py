"""How long the rest of a run takes, what holds it up, and what it costs: many runs played through, with a fixed seed.

Pure and deterministic: the same rest, limits and latency give the same forecast. What a provider may yet do (refuse,
throttle, fall silent) is not foreseen; it is learned once it has happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random
from statistics import median
from typing import Final, NamedTuple

from ...model import Money
from ...values import dataclass
from ..limits.purse import Till
from ..plan.plan import dearest
from .latency import Latency
from .schedule import Rest, Widths, played

RUNS: Final = 31  # for a middle and a ninetieth that a few more would not move by a hundredth
JOBS: Final = "the jobs themselves"
_TRIES: Final = 5  # runs for each limit, when the one that binds is looked for
_FEWEST: Final = 3  # runs that are played before they may be found to be alike
_ALIKE: Final = 0.03  # of the shortest: where the first runs differ by no more, others would hardly move the result
_FELT: Final = 1.05  # a limit is felt where it alone makes the run a twentieth longer than without any


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """How long the rest takes, in seconds: as likely less as more, and nine times of ten less.

    `binding` is the limit that alone makes it longest, in the manifest's words (`rate 5/1m`), or `JOBS` where none is
    felt. `per_hour` counts the items that come to rest in an hour on the whole way.
    """

    p50_s: float
    p90_s: float
    binding: str
    per_hour: float


def forecast(rest: Rest, bounds: Widths, latency: Latency, *, seed: int = 0) -> Forecast:
    """Return the forecast; costs a tenth of a second at most, whatever the number of items."""
    times = sorted(_times(rest, bounds, latency, seed=seed, runs=RUNS))
    p50_s = median(times)
    return Forecast(
        p50_s=p50_s,
        p90_s=times[min(len(times) - 1, round(0.9 * len(times)))],
        binding=_binding(rest, bounds, latency, seed=seed),
        per_hour=rest.items * 3600.0 / p50_s if p50_s else 0.0,
    )


def middle_s(rest: Rest, bounds: Widths, latency: Latency, *, seed: int = 0) -> float:
    """Return the middle of a few runs, in seconds: what a display that is drawn anew can afford."""
    return median(_times(rest, bounds, latency, seed=seed, runs=_TRIES))


class Costs(NamedTuple):
    """What purchases cost, at least and at most."""

    least: Money
    most: Money


def costs(buys: int, prices: Iterable[Money | None], *, beside: int = 0, till: Till | None = None) -> Costs | None:
    """Return what so many purchases cost at least, and with as many `beside` at most, at one of these prices each.

    Never more than the caps of `till` allow. None where a price is not known, or they cannot be compared.
    """
    offered = list(prices)
    price = dearest(offered)
    if price is None:
        return None
    known = [each for each in offered if each is not None]
    least = min(_within(till, buys, each) * each.micros for each in known)
    if len({each.micros for each in known}) == 1:
        most = _within(till, buys + beside, price) * price.micros
    else:
        lefts = [left.micros for purse in (till.purses if till else ()) if (left := purse.left)]
        most = min([(buys + beside) * price.micros, *lefts])
    return Costs(least=replace(price, micros=least), most=replace(price, micros=most))


def _within(till: Till | None, count: int, price: Money) -> int:
    """Return how many of so many purchases at one price the caps have room for."""
    room = till.room([price]) if till else None
    return count if room is None else min(count, room)


def _times(rest: Rest, bounds: Widths, latency: Latency, *, seed: int, runs: int) -> list[float]:
    times = list[float]()
    for run in range(runs):
        times.append(played(rest, bounds, latency, Random(f"{seed} {run}")))  # noqa: S311 - no secret
        if len(times) >= max(_FEWEST, runs // _FEWEST) and max(times) <= (1 + _ALIKE) * min(times):
            break
    return times


def _binding(rest: Rest, bounds: Widths, latency: Latency, *, seed: int) -> str:
    free = Widths(downloads=None, requests=None, checks=None)
    alone = {name: middle_s(rest, bound, latency, seed=seed) for name, bound in _each(bounds, free)}
    name = max(alone, key=lambda name: alone[name], default=JOBS)
    return name if name in alone and alone[name] > _FELT * middle_s(rest, free, latency, seed=seed) else JOBS


def _each(bounds: Widths, free: Widths) -> Iterator[tuple[str, Widths]]:
    """Give each limit by name, with itself alone in force."""
    for rate in bounds.rates:
        yield f"rate {rate}", replace(free, rates=(rate,))
    if bounds.in_flight is not None:
        yield f"in_flight {bounds.in_flight}", replace(free, in_flight=bounds.in_flight)
    if bounds.downloads is not None:
        yield f"downloads {bounds.downloads}", replace(free, downloads=bounds.downloads)
    if bounds.requests is not None:
        yield f"{bounds.requests} requests at one time", replace(free, requests=bounds.requests)
    if bounds.checks is not None:
        yield f"{bounds.checks} checks at one time", replace(free, checks=bounds.checks)
