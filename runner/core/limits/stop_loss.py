"""The stop-loss: buying ends when too much of what a run finished has failed; arithmetic on what it is told."""

from __future__ import annotations

from typing import Final

from ...judgement import Grade
from ...model import StopAfter
from ...values import dataclass
from ..life.lifecycle import Outcome
from ..sums.ending import Ending
from .admission import Closed

SAMPLE: Final = 10  # finished items below which a share says nothing, where no number of failures is given


@dataclass(slots=True)
class StopLoss:
    """Counts what one run finished. Earlier runs do not count, or a run could never go on after it was stopped."""

    after: StopAfter | None
    _finished: int = 0
    _failed: int = 0

    def count(self, outcome: Outcome, *, grade: Grade | None = None) -> None:
        """Take note of an item that came to rest; what is open or in doubt is neither made nor failed.

        A video that waits for a person is a failure if its `grade` says so: buying more like it is what a stop-loss
        ends. One that was taken again counts by what came of that.
        """
        self._finished += outcome in {Outcome.DONE, Outcome.FAILED, Outcome.REVIEW}
        self._failed += outcome is Outcome.FAILED or (outcome is Outcome.REVIEW and grade == "fail")

    @property
    def closed(self) -> Closed | None:
        """Return why nothing more is bought, or None."""
        if self.after is None or not self._failed:
            return None
        failures, share = self.after.failures, self.after.share
        if self._failed < (failures or 0) or (share is not None and self._failed < share * self._finished):
            return None
        if failures is None and self._finished < SAMPLE:
            return None
        why = f"stop-loss: {self._failed} of {self._finished} items that this run finished have failed"
        return Closed(why=why, ending=Ending.DEADLINE)
