"""When to ask after a job: learned from how long this provider's jobs take, and from what a second of lateness costs.

The next request leaves when the lateness that has grown by then, in expectation, is worth the request it might waste:
one that finds its job over had to be sent some time, one that finds it pending is what asking costs. Where the hazard
stays h for a while, and a request is worth c seconds of lateness, this is a gap of about sqrt(2 c / h): the inspection
rule of Barlow, Hunter and Proschan 1963 ("Optimum checking procedures") in the form that Keller gave it in 1974
("Optimum checking schedules for systems subject to random failure"). Where no job ends the hazard is near zero and
nobody is asked; where most of them end the gap is short; where all end together one request does, a moment later.

Jobs that were taken together come due together, and tell the same. So the first of them is asked after, and the others
wait for its answer, unless they are likelier over than not: while it is pending they need not be asked at all.

Whoever asks late finds every job over, and cannot tell how late that was. So one job of every few is a scout, asked
earlier than it would pay, and jobs that became faster are noticed.
"""

from __future__ import annotations

from dataclasses import field
from math import exp, expm1
from typing import Final

from ...values import dataclass
from ..limits.retry import jitter
from .lifetimes import Lifetimes, lateness

PRIOR_JOBS: Final = 0.25  # so many jobs the traits weigh
ENDS: Final = 0.29  # of the jobs that are pending, in a usual gap, where the usual gap is the right one
PRICE: Final = (ENDS + expm1(-ENDS)) / (ENDS * exp(-ENDS))  # what this makes a request worth: usual gaps of lateness
UNWANTED: Final = 2.4  # times dearer is a request while nobody waits for what it may tell
SCOUTS: Final = 1 / 16  # of all jobs
SCOUTING: Final = 0.15  # jobs, in each e-fold of age: what a scout takes for possible beyond what was seen
SHORTEST: Final = 0.2  # usual gaps; jobs whose ages differ by no more are of the same age
LONGEST: Final = 30.0  # usual gaps
RECONSIDER: Final = 1.5  # usual gaps after which a moment that was chosen is chosen anew, from what was seen since
LIKELY: Final = 0.5  # the chance to be pending from which on a job waits for the answer about another
SLOW: Final = 1.2  # times the usual time of an answer: what is waited for one
FINE: Final = 16  # bins of age in a usual gap


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
    lifetimes: Lifetimes = field(init=False)
    _answer_s: float = field(init=False)
    _asked_at: float = float("-inf")
    _asked_age: float = 0.0

    def __post_init__(self) -> None:
        """Suppose what makes the usual pace the right one, until experience knows better."""
        self.lifetimes = Lifetimes(self.usual.every_s / FINE)
        self._answer_s = SHORTEST * self.usual.every_s / 2
        first, every = self.usual.first_s - self.usual.every_s, self.usual.every_s
        self.lifetimes.suppose(PRIOR_JOBS, 0.0, first, hazard=0.0)
        self.lifetimes.suppose(PRIOR_JOBS, first, 2 * self.usual.job_s, hazard=ENDS / every)

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

    def held_until(self, *, accepted_at: float, pending_at: float, now: float) -> float:
        """Return until when a request that is due waits for the answer to one about a job of the same age.

        That is `now` where there is none under way, or where the job has ended more likely than not.
        """
        wait_s = min(SLOW * self._answer_s, SHORTEST * self.usual.every_s)
        is_near = abs(now - accepted_at - self._asked_age) <= SHORTEST * self.usual.every_s
        if not is_near or not 0.0 <= now - self._asked_at < wait_s:
            return now
        is_likely = self.lifetimes.alive(pending_at - accepted_at, now - accepted_at) >= LIKELY
        return self._asked_at + wait_s if is_likely else now

    def asked(self, *, accepted_at: float, at: float) -> None:
        """Note that a request about a job leaves."""
        self._asked_at, self._asked_age = at, at - accepted_at

    def answered(self, seconds: float) -> None:
        """Note how long a provider took for an answer."""
        self._answer_s += (max(seconds, 0.0) - self._answer_s) / 4

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
            more, after = lateness(stretch, alive=alive, hazard=hazard), alive * exp(-hazard * stretch)
            if late + more >= price * after:
                return gap + _reached(price, late, stretch, alive=alive, hazard=hazard)
            gap, late, alive = gap + stretch, late + more, after
            if gap >= most_s:
                break
        return most_s


def _reached(price: float, late: float, most_s: float, *, alive: float, hazard: float) -> float:
    """Return after how many seconds of a stretch the lateness has come to a price; it grows all the time."""
    low, high = 0.0, most_s
    for _ in range(24):
        middle = (low + high) / 2
        if late + lateness(middle, alive=alive, hazard=hazard) < price * alive * exp(-hazard * middle):
            low = middle
        else:
            high = middle
    return high
