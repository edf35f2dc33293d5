"""What a run is forecast from: one provider's limits and traits, and the facts that came in about it so far."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import field, replace
from math import inf

from ...events import Stamped
from ...model import Rate
from ...values import dataclass
from ..limits.admission import Gate
from ..limits.breaker import Breaker
from ..limits.steering import Change
from .experience import FACTS, TELLING, Experience, Fact
from .forecast import Forecast, forecast, middle_s
from .latency import Guess, Latency
from .schedule import Rest, Widths


@dataclass(slots=True, kw_only=True)
class Outlook:
    """Learns from every fact, and forecasts when it is asked; `guess` is what the provider's traits say of its jobs.

    A job that nobody sees lives for `unseen_job_s`. `gate`, once a run has one, knows what holds by then: the limits
    that were learned or set meanwhile, the slots that are kept, and how long it rests; `breaker` knows whether anybody
    buys there. While nobody does, the time left is that of the first of the `stand_ins` who are bought from. It
    remembers the newest facts alone, so its memory does not grow with the run.
    """

    provider: str
    bounds: Widths
    guess: Guess
    unseen_job_s: float = 0.0
    gate: Gate | None = None
    breaker: Breaker | None = None
    stand_ins: tuple[Outlook, ...] = ()
    _facts: deque[Fact] = field(default_factory=lambda: deque(maxlen=FACTS))

    def all(self) -> tuple[Outlook, ...]:
        """Return the outlook on each provider of a list, in the order in which they are preferred."""
        return self, *self.stand_ins

    @property
    def is_bought_from(self) -> bool:
        """Return whether purchases go there, as far as anybody knows."""
        is_closed = self.gate is not None and self.gate.closed is not None
        return not is_closed and not (self.breaker is not None and self.breaker.is_open)

    def take(self, facts: Iterable[Fact]) -> None:
        """Take in what earlier runs tell, oldest first."""
        told = tuple(facts)
        self._facts.extend(told)
        for each in self.stand_ins:
            each.take(told)

    def saw(self, key: str, stamped: Stamped) -> None:
        """Take in one more fact, if it tells of a provider's pace."""
        if isinstance(stamped.event, TELLING):
            self.take(((key, stamped),))

    def adjust(self, changes: Iterable[Change]) -> None:
        """Go by what a person set meanwhile, where no gate knows of it."""
        for change in changes:
            for each in self.all() if change.limit == "downloads" else ():
                each.bounds = replace(each.bounds, downloads=int(change.now))

    def forecast(self, now: float, *, buys: int, running: int = 0, fetches: int = 0) -> Forecast:
        """Return the forecast at `now` for what is left."""
        rest, bounds, latency = self._reckoned(now, buys=buys, running=running, fetches=fetches)
        return forecast(rest, bounds, latency)

    def left_s(self, now: float, *, buys: int, running: int = 0, fetches: int = 0) -> float:
        """Return about how long it takes from `now`, in seconds, for a fiftieth of the work."""
        seller = next((each for each in self.all() if each.is_bought_from), self)
        if buys and seller is not self:
            return seller.left_s(now, buys=buys, running=running, fetches=fetches)
        rest, bounds, latency = self._reckoned(now, buys=buys, running=running, fetches=fetches)
        return middle_s(rest, bounds, latency)

    def learned_from(self, now: float) -> int:
        """Return how many jobs have ended that it learns from."""
        return len(self._experience(now).ended)

    def _experience(self, now: float) -> Experience:
        experience = Experience(self.provider, now)
        experience.take(self._facts)
        return experience

    def _reckoned(self, now: float, *, buys: int, running: int, fetches: int) -> tuple[Rest, Widths, Latency]:
        """Return what is left, within which limits and at what pace.

        A job of unknown age, and a request under way, count as just begun. Jobs that run, but were counted among what
        is to be bought because nobody heard of them yet, are not bought.
        """
        known, bounds = self._experience(now), self._in_force()
        unheard = min(buys, max(0, len(known.running) - running))
        buys, running = buys - unheard, running + unheard
        just_begun = max(0, running - len(known.running))
        ages = ((0.0,) * just_begun + known.running)[:running]
        submitted = tuple(age for age in known.submitted if any(age < rate.window_s for rate in bounds.rates))
        held = known.held(self.unseen_job_s)
        paused_s = 0.0 if self.stand_ins else max(0.0, known.paused_until - now)  # else another sells meanwhile
        if self.gate is not None:
            held = tuple(until - now for until in self.gate.held.values() if now < until < inf)
            paused_s = max(0.0, self.gate.paused_until - now)
        rest = Rest(buys=buys, running=ages, fetches=fetches, submitted=submitted, held=held, paused_s=paused_s)
        return rest, bounds, known.latency(self.guess)

    def _in_force(self) -> Widths:
        """Return the limits that hold now, those that were learned among them."""
        if self.gate is None:
            return self.bounds
        bounds = self.gate.bounds
        return replace(
            self.bounds,
            rates=tuple(Rate(count=each.count, window_s=each.window_s) for each in bounds if each.window_s is not None),
            in_flight=min((each.count for each in bounds if each.window_s is None), default=None),
        )
