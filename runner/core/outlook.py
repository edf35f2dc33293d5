"""What a run is forecast from: one provider's limits and traits, and the facts that came in about it so far."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import field

from ..events import Stamped
from ..values import dataclass
from .experience import FACTS, TELLING, Experience, Fact
from .forecast import Forecast, forecast, middle_s
from .latency import Guess, Latency
from .schedule import Rest, Widths


@dataclass(slots=True, kw_only=True)
class Outlook:
    """Learns from every fact, and forecasts when it is asked; `guess` is what the provider's traits say of its jobs.

    It remembers the newest facts alone, so its memory does not grow with the run.
    """

    provider: str
    bounds: Widths
    guess: Guess
    _facts: deque[Fact] = field(default_factory=lambda: deque(maxlen=FACTS))

    def take(self, facts: Iterable[Fact]) -> None:
        """Take in what earlier runs tell, oldest first."""
        self._facts.extend(facts)

    def saw(self, key: str, stamped: Stamped) -> None:
        """Take in one more fact, if it tells of a provider's pace."""
        if isinstance(stamped.event, TELLING):
            self._facts.append((key, stamped))

    def forecast(self, now: float, *, buys: int, running: int = 0, fetches: int = 0) -> Forecast:
        """Return the forecast at `now` for what is left."""
        rest, latency = self._reckoned(now, buys=buys, running=running, fetches=fetches)
        return forecast(rest, self.bounds, latency)

    def left_s(self, now: float, *, buys: int, running: int = 0, fetches: int = 0) -> float:
        """Return about how long it takes from `now`, in seconds, for a fiftieth of the work."""
        rest, latency = self._reckoned(now, buys=buys, running=running, fetches=fetches)
        return middle_s(rest, self.bounds, latency)

    def learned_from(self, now: float) -> int:
        """Return how many jobs have ended that it learns from."""
        return len(self._experience(now).ended)

    def _experience(self, now: float) -> Experience:
        experience = Experience(self.provider, now)
        experience.take(self._facts)
        return experience

    def _reckoned(self, now: float, *, buys: int, running: int, fetches: int) -> tuple[Rest, Latency]:
        """Return what is left and at what pace; a job of unknown age, and a request under way, count as just begun.

        Jobs that run, but were counted among what is to be bought because nobody heard of them yet, are not bought.
        """
        known = self._experience(now)
        unheard = min(buys, max(0, len(known.running) - running))
        buys, running = buys - unheard, running + unheard
        ages = (*[0.0] * max(0, running - len(known.running)), *known.running)[:running]
        submitted = tuple(age for age in known.submitted if any(age < rate.window_s for rate in self.bounds.rates))
        rest = Rest(buys=buys, running=ages, fetches=fetches, submitted=submitted)
        return rest, known.latency(self.guess)
