"""The no-progress abort: a run in which nothing moves for too long ends; arithmetic on what it is told."""

from __future__ import annotations

from typing import Final

from ...events import (
    Accepted,
    Broke,
    Checked,
    Doubted,
    Finished,
    Judged,
    Refused,
    Saved,
    Seen,
    Settled,
    Spoiled,
    Stalled,
    Stamped,
)
from ...model import spelled
from ...values import dataclass
from ..sums.ending import Ending
from .admission import Closed

_REFUSED_MOST: Final = 3  # requests in a row, after which waiting is no part of a plan any more


@dataclass(slots=True, kw_only=True)
class Standstill:
    """Watches when something last went forward; `after_s` None means that a run waits as long as its items do."""

    after_s: float | None
    _since: float = 0.0
    _trouble: str = ""
    _refused: int = 0

    def begin(self, at: float) -> None:
        """Count from `at` on: the run begins then."""
        self._since = max(self._since, at)

    def wait(self, until: float) -> None:
        """Count from `until` on, for the run waits on purpose; not where it is refused each time that it has waited."""
        if self._refused < _REFUSED_MOST:
            self.begin(until)

    def saw(self, stamped: Stamped, whose: str = "") -> None:
        """Take note of a fact: what was bought, went on, came home or failed for good moves a run; trouble does not.

        `whose` stands before trouble that is told: the provider, where it does not go without saying.
        """
        match stamped.event:
            case (
                Accepted() | Settled(decision="adopt") | Seen() | Finished() | Saved() | Checked() | Judged() | Broke()
            ):
                self._move(stamped.at)
            case Refused(final=True) | Spoiled(final=True):
                self._move(stamped.at)
            case Refused(verdict=verdict):
                self._trouble = f"{whose}{verdict}"
                self._refused += 1
            case Doubted(reason=reason) | Stalled(reason=reason) | Spoiled(reason=reason):
                self._trouble = f"{whose}{reason}"
            case _:
                pass

    @property
    def due(self) -> float | None:
        """Return when the run ends if nothing moves before, None when it need not."""
        return None if self.after_s is None else self._since + self.after_s

    def closed(self, now: float) -> Closed | None:
        """Return why the run ends, or None while it may go on."""
        if self.after_s is None or now < self._since + self.after_s:
            return None
        trouble = f": {self._trouble}" if self._trouble else ""
        return Closed(why=f"nothing moved for {spelled(self.after_s)}{trouble}", ending=Ending.DEADLINE)

    def _move(self, at: float) -> None:
        self.begin(at)
        self._trouble, self._refused = "", 0
