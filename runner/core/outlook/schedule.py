"""One run played through on paper: when the last video is home, if jobs take what is drawn for them.

The arithmetic is the engine's own: purchases in one line; a submit occupies each window until one window after its
answer, its job holds a slot until the run sees its end, and videos come home a few at a time. Each limit only ever
moves a start to a later time, so more items never end sooner and a wider limit never ends later, for the same draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from random import Random
from typing import Final

from ...model import Rate
from ...values import dataclass
from .latency import Latency

MOST: Final = 1500  # purchases that are played one by one; what is behind them goes on at the same pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """What is left to do.

    `running` are the ages of jobs at the provider, `submitted` those of the newest submits' answers, in seconds; `held`
    says for how many more a slot is kept for each job that may run unseen. Nothing is bought for `paused_s`. `fetches`
    counts videos that are made and not yet home.
    """

    buys: int
    running: tuple[float, ...] = ()
    fetches: int = 0
    submitted: tuple[float, ...] = ()
    held: tuple[float, ...] = ()
    paused_s: float = 0.0

    @property
    def items(self) -> int:
        """Return how many items are not yet home."""
        return self.buys + len(self.running) + self.fetches


@dataclass(frozen=True, slots=True, kw_only=True)
class Widths:
    """The limits that hold for a run, all but the rates at one time; None is no limit. `requests` are paid ones."""

    rates: tuple[Rate, ...] = ()
    in_flight: int | None = None
    downloads: int | None = 8
    requests: int | None = 8
    checks: int | None = 2


def played(rest: Rest, bounds: Widths, latency: Latency, chance: Random) -> float:
    """Return after how many seconds the last item is home or has failed. Takes time for `MOST` purchases at most."""
    running, made = list[float](), list[float]()
    for age in rest.running:
        running.append(latency.left(age, chance.random()))
        if chance.random() >= latency.failures:
            made.append(running[-1])
    ends, films = _bought(rest, bounds, latency, chance, running)
    ready = [*[0.0] * min(rest.fetches, MOST), *sorted(made + films)]
    fetched = _worked_off(ready, width=bounds.downloads, each_s=latency.fetch_s)
    home = _worked_off(fetched, width=bounds.checks, each_s=latency.check_s)
    return max([0.0, *home[-1:], *running, *ends]) + _behind(rest, bounds, latency)


def _bought(
    rest: Rest, bounds: Widths, latency: Latency, chance: Random, running: Sequence[float]
) -> tuple[list[float], list[float]]:
    """Return when the run sees the ends of the jobs that it buys, and the ends of those with a video.

    The slots are held until those that are `running` end, and those that may run unseen. No call for each purchase:
    there are tens of thousands of them in a forecast. Each takes three draws whatever they say, so that the next find
    theirs.
    """
    random, jobs, most = chance.random, latency.jobs_s, bounds.in_flight
    ends, made, slots = list[float](), list[float](), [*running, *rest.held]
    start, answered = rest.paused_s, sorted(-age for age in rest.submitted)
    heapify(slots)
    windows = [(rate.count, rate.window_s) for rate in _rates(bounds)]
    for _ in range(min(rest.buys, MOST)):
        while most is not None and len(slots) >= most:
            free_at = heappop(slots)
            start = max(start, free_at)
        for count, window_s in windows:
            if len(answered) >= count and answered[-count] + window_s > start:
                start = answered[-count] + window_s
        end = start + latency.request_s
        answered.append(end)
        job_s, is_refused, is_failure = jobs[int(random() * len(jobs))], random(), random()
        if is_refused >= latency.refusals:
            end += job_s
            if is_failure >= latency.failures:
                made.append(end)
        ends.append(end)
        if most is not None:
            heappush(slots, end)
    return ends, made


def _rates(bounds: Widths) -> list[Rate]:
    """Return every limit on submits as a rate: so many under way at one time are so many in a window of no length."""
    at_once = [] if bounds.requests is None else [Rate(count=bounds.requests, window_s=0.0)]
    return [*bounds.rates, *at_once]


def _worked_off(ready: Sequence[float], *, width: int | None, each_s: float) -> list[float]:
    """Return when each of what is `ready` at these times, in order, is through a step with room for `width`."""
    done: list[float] = []
    for number, at in enumerate(ready):
        begins = at if width is None or number < width else max(at, done[number - width])
        done.append(begins + each_s)
    return done


def _behind(rest: Rest, bounds: Widths, latency: Latency) -> float:
    """Return how much longer it takes for what is behind the first `MOST`: the slowest of the limits sets the pace."""
    more = max(0, rest.buys - MOST)
    times = [
        _windows(rate, rest.buys, latency) - _windows(rate, min(rest.buys, MOST), latency) for rate in _rates(bounds)
    ]
    if bounds.in_flight is not None:
        over = max(0, rest.buys - max(MOST, bounds.in_flight))
        times.append(over * latency.slot_s / bounds.in_flight)
    for width, each_s in ((bounds.downloads, latency.fetch_s), (bounds.checks, latency.check_s)):
        if width is not None:
            times.append((more + max(0, rest.fetches - MOST)) * each_s / width)
    return max(times, default=0.0)


def _windows(rate: Rate, buys: int, latency: Latency) -> float:
    """Return how long a rate alone keeps the last of so many submits waiting."""
    return max(0, buys - 1) // rate.count * (rate.window_s + latency.request_s)
