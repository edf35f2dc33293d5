"""Who is fit to be bought from: a breaker for each provider, as arithmetic on `now`; no clock, no sleep.

A provider that refuses the account, or stays silent again and again, is left alone. After a cool-down one real
purchase may go there as a probe: a job closes the breaker, another refusal opens it for longer. A provider that merely
asks for a long pause (MiniMax's 2056) is *parked*: left alone as well, but that alone never ends a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ...model import Backoff
from ...values import dataclass
from ..sums.ending import Ending
from .admission import Closed, Go, Wait

QUICK: Final = Backoff(first_s=60.0, most_s=600.0)  # what may mend by itself
SLOW: Final = Backoff(first_s=600.0, most_s=3600.0)  # what a person must mend, or what costs a doubt to try
PARKED_S: Final = 300.0  # a longer pause is not waited for while others can make the video

_GRAVEST: Final = (Ending.HALTED, Ending.AUTH_CLOSED, Ending.QUOTA_CLOSED, Ending.UNREACHABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outage:
    """Why nothing is bought before `until`; `ending` is how a run ends that has nobody else, None for a mere pause."""

    why: str
    until: float
    ending: Ending | None


@dataclass(slots=True)
class Breaker:
    """Guards one provider. Closed is the good state: purchases pass."""

    _outage: _Outage | None = None
    _trips: int = 0
    _probe: str | None = None

    @property
    def why(self) -> str:
        """Return why it is open, empty when it is closed."""
        return self._outage.why if self._outage else ""

    @property
    def is_open(self) -> bool:
        """Return whether the provider has to prove itself before it is bought from as usual."""
        return self._outage is not None

    @property
    def broken(self) -> Closed | None:
        """Return how a run ends that has nobody else; None while it works, is parked, or is being probed."""
        if self._outage is None or self._outage.ending is None or self._probe is not None:
            return None
        return Closed(why=self._outage.why, ending=self._outage.ending)

    def ask(self, now: float) -> Go | Wait:
        """Say whether a purchase may go there now: any while it is closed, one alone when a probe is due."""
        if self._outage is None:
            return Go()
        until = self._outage.until if self._probe is None else float("inf")
        return Go() if until <= now else Wait(until=until, why=self._outage.why)

    def start(self, key: str) -> None:
        """Note that a purchase leaves; while the breaker is open it is the probe."""
        if self._outage is not None:
            self._probe = key

    def is_probe(self, key: str) -> bool:
        """Return whether this purchase is the one that is to prove the provider."""
        return self._probe == key

    def trip(self, key: str, why: str, ending: Ending, *, now: float, pace: Backoff) -> None:
        """Open: the provider refused the account, or was silent too often. `key` is the purchase that met it.

        What comes back to other purchases while it is open left before it opened, and makes nothing worse.
        """
        is_broken = self._outage is not None and self._outage.ending is not None
        if is_broken and not self.is_probe(key):
            return
        self._trips += 1
        cool_down = min(pace.most_s, pace.first_s * 2.0 ** min(self._trips - 1, 32))
        self._outage = _Outage(why=why, until=now + cool_down, ending=ending)

    def park(self, until: float, why: str) -> None:
        """Open until the end of a long pause that the provider asked for."""
        if self._outage is None or (self._outage.ending is None and until > self._outage.until):
            self._outage = _Outage(why=why, until=until, ending=None)

    def took(self, key: str) -> None:
        """Note that the provider took a job. A probe's closes; others left before it opened, and prove nothing."""
        if self.is_probe(key):
            self._outage, self._probe, self._trips = None, None, 0

    def leave(self, key: str) -> None:
        """Note that a purchase has its answer; one that proved nothing (its content was refused) lets the next try."""
        if self.is_probe(key):
            self._probe = None


def gravest(outages: Sequence[Closed]) -> Closed:
    """Return one ending for several outages: what a person must mend goes before what time may mend."""
    why = "; ".join(dict.fromkeys(each.why for each in outages))
    return Closed(why=why, ending=min((each.ending for each in outages), key=_GRAVEST.index))
