"""Who watches a run of a simulated world: facts go into the trail, words are kept, and the stop-loss is counted along.

Its sums are its own: what the runner believes to have counted is not asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from runner.core.life.state import Phase, State
from runner.core.limits.steering import Adjusted, Answer, Paused, Resumed
from runner.events import Broke, Checked, Event, Intended, Judged, Refused, Settled, Spoiled, Stamped
from runner.model import StopAfter

SAMPLE: Final = 10  # finished items below which a share alone stops nothing, as the manifest's schema has it
_ENDS: Final = (Checked, Judged, Refused, Broke, Spoiled)


@dataclass(slots=True, kw_only=True)
class Witness:
    """Hears all that a run tells. `adopted` is told of each job that a call brought back.

    `has_slots_set` says that a person set how many jobs may be in flight.
    """

    tell: Callable[[str], None]
    stop_after: StopAfter | None
    adopted: Callable[[str, str], None]
    words: list[str] = field(default_factory=list)
    asked_for: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    has_slots_set: bool = False
    _paused_at: float = float("inf")
    _ended: list[tuple[float, bool]] = field(default_factory=list)

    def saw(self, state: State, stamped: Stamped) -> None:
        event = stamped.event
        self.tell(f"  {state.item.id}: {event}")
        if isinstance(event, Intended) and stamped.at > self._paused_at:  # what was admitted in that moment may begin
            self.faults.append(f"{state.item.id} was bought during a pause")
        if isinstance(event, Intended):
            self.asked_for.add(state.item.key)
            if state.intended_at == stamped.at and self._is_stopped(stamped.at):
                self.faults.append(f"{state.item.id} was bought after the stop-loss: {self.stop_after}")
        if isinstance(event, Settled) and event.job_id is not None:
            self.adopted(state.provider or "", event.job_id)
        if isinstance(event, _ENDS) and _is_at_an_end(state, event):
            self._ended.append((stamped.at, state.phase is Phase.FAILED or _fails(event)))

    def said(self, text: str) -> None:
        self.words.append(text)
        self.tell(f"  said: {text}")

    def steered(self, at: float, answer: Answer) -> None:
        self.tell(f"  steered: {answer}")
        if isinstance(answer, Adjusted):
            self.has_slots_set |= any(change.limit == "in_flight" for change in answer.changes)
        if isinstance(answer, Paused | Resumed):
            self._paused_at = at if isinstance(answer, Paused) else float("inf")

    def _is_stopped(self, now: float) -> bool:
        """Return whether too much had failed before this moment; in the same one it may not yet be known."""
        ended = [is_failed for at, is_failed in self._ended if at < now]
        if self.stop_after is None or not any(ended):
            return False
        most, share = self.stop_after.failures, self.stop_after.share
        return (sum(ended) >= most if most is not None else len(ended) >= SAMPLE) and (
            share is None or sum(ended) >= share * len(ended)
        )


def _is_at_an_end(state: State, event: Event) -> bool:
    return isinstance(event, Checked) or state.phase in {Phase.FAILED, Phase.REVIEW}


def _fails(event: Event) -> bool:
    return isinstance(event, Judged) and event.judgement.grade == "fail"
