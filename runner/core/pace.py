"""When to ask after a job: learned from how long this provider's jobs take, and from what a second of lateness costs.

The next request leaves when the lateness that has grown by then, in expectation, is worth one request. Where the hazard
stays h for a while, and a request is worth c seconds of lateness, this is a gap of sqrt(2 c / h): the inspection rule
of Barlow, Hunter and Proschan 1963 ("Optimum checking procedures") in the form that Keller gave it in 1974 ("Optimum
checking schedules for systems subject to random failure"). Where no job ends the hazard is near zero and nobody is
asked; where most of them end the gap is short.

Whoever asks late finds every job over, and cannot tell how late that was. So one job of every few is a scout, asked
earlier than it would pay, and jobs that became faster are noticed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp
from typing import Final

from .lifetimes import Lifetimes, lateness
from .retry import jitter

PRIOR_JOBS: Final = 0.25  # so many jobs the traits weigh
PRICE: Final = 0.15  # seconds of lateness that a request is worth, for each second of the usual gap
UNWANTED: Final = 2.0  # times dearer is a request while nobody waits for what it may tell
SCOUTS: Final = 1 / 16  # of all jobs
SCOUTING: Final = 0.1  # jobs, in each e-fold of age: what a scout takes for possible beyond what was seen
SHORTEST: Final = 0.2  # usual gaps
LONGEST: Final = 30.0  # usual gaps
RECONSIDER: Final = 1.5  # usual gaps after which a moment that was chosen is chosen anew, from what was seen since


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What the provider's traits say: ask first after `first_s`, then every `every_s`; a job takes about `job_s`."""

    first_s: float
    every_s: float
    job_s: float


@dataclass(slots=True)
class Pace:
    """When to ask one provider after its jobs. `is_wanted` says that somebody waits: an item for a slot, or the run."""

    usual: Usual
    is_wanted: bool = True
    lifetimes: Lifetimes = field(default_factory=Lifetimes)

    def __post_init__(self) -> None:
        """Suppose what makes the usual pace the right one, until experience knows better."""
        first, every = self.usual.first_s - self.usual.every_s, self.usual.every_s
        self.lifetimes.suppose(PRIOR_JOBS, 0.0, first, hazard=0.0)
        self.lifetimes.suppose(PRIOR_JOBS, first, 2 * self.usual.job_s, hazard=2 * PRICE / every)

    @property
    def reconsider_s(self) -> float:
        """Return after how long a chosen moment should be chosen anew."""
        return RECONSIDER * self.usual.every_s

    def next_ask(self, key: str, *, accepted_at: float, pending_at: float) -> float:
        """Return when to ask after a job that was taken, and last known to be pending, at these times.

        Never sooner after `pending_at` than SHORTEST usual gaps, and never later than LONGEST.
        """
        price = PRICE * self.usual.every_s * (1.0 if self.is_wanted else UNWANTED)
        scouting = SCOUTING if jitter(key, 0) < SCOUTS else 0.0
        age = max(pending_at - accepted_at, 0.0)
        shortest, longest = SHORTEST * self.usual.every_s, LONGEST * self.usual.every_s
        return pending_at + min(max(self._gap(age, price, scouting=scouting, most_s=longest), shortest), longest)

    def saw_pending(self, *, accepted_at: float, since: float, at: float) -> None:
        """Note that a job, known to be pending since the time `since`, still was at another."""
        self.lifetimes.outlived(since - accepted_at, at - accepted_at)

    def saw_end(self, *, accepted_at: float, since: float, at: float, called_at: float | None = None) -> None:
        """Note that a job ended between two times, or at `called_at`, when the provider called about it."""
        if called_at is not None and since <= called_at <= at:
            self.lifetimes.outlived(since - accepted_at, called_at - accepted_at)
            since = at = called_at
        self.lifetimes.ended(since - accepted_at, at - accepted_at)

    def _gap(self, age: float, price: float, *, scouting: float, most_s: float) -> float:
        gap, late, alive = 0.0, 0.0, 1.0
        for seconds, learned in self.lifetimes.ahead(age):
            hazard = learned + scouting / max(age + gap, self.usual.every_s)
            stretch = min(seconds, most_s - gap)
            more = lateness(stretch, alive=alive, hazard=hazard)
            if late + more >= price:
                return gap + _reached(price - late, stretch, alive=alive, hazard=hazard)
            gap, late = gap + stretch, late + more
            if gap >= most_s:
                break
            alive *= exp(-hazard * stretch)
        return most_s


def _reached(price: float, most_s: float, *, alive: float, hazard: float) -> float:
    """Return after how many seconds of a stretch the lateness has come to a price; it grows all the time."""
    low, high = 0.0, most_s
    for _ in range(24):
        middle = (low + high) / 2
        if lateness(middle, alive=alive, hazard=hazard) < price:
            low = middle
        else:
            high = middle
    return high
