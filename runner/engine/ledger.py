"""The states of the items that this run drives, one with the journal: a fact is committed before it is believed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..core.lifecycle import apply, fold
from ..core.retry import FREE, jitter, pause_s
from ..core.state import OPEN_PHASES, State, index_of
from ..core.steering import Answer
from ..core.values import replace
from ..events import Event, Stalled, Stamped
from .ports import Clock, Journal, Observer


@dataclass(slots=True)
class Ledger:
    """Holds no more than the items under way; those at rest are in the journal alone."""

    journal: Journal
    clock: Clock
    observers: Sequence[Observer]
    _states: dict[str, State] = field(default_factory=dict)
    _watchers: list[Callable[[State, Stamped], None]] = field(default_factory=list)

    def __getitem__(self, key: str) -> State:
        return self._states[key]

    def __contains__(self, key: str) -> bool:
        return key in self._states

    def __len__(self) -> int:
        return len(self._states)

    @property
    def is_busy(self) -> bool:
        """Return whether an item is under way, whose end may still come in this run."""
        return any(state.phase in OPEN_PHASES for state in self._states.values())

    def load(self, key: str) -> State:
        """Return the state of an item, read from the journal, and keep it at hand."""
        if key not in self._states:
            self._states[key] = fold(self.journal.history(key))
        return self._states[key]

    def look(self, key: str) -> State:
        """Return the state of an item without keeping it at hand."""
        return self._states.get(key) or fold(self.journal.history(key))

    def drop(self, key: str) -> None:
        """Let go of an item that is at rest."""
        self._states.pop(key, None)

    def note(self, key: str, *events: Event) -> State:
        """Commit facts about an item, then believe them, then tell the observers."""
        now = self.clock.now()
        state, told = self.load(key), []
        for event in events:
            stamped = Stamped(at=now, event=event)
            state = apply(state, stamped)
            told.append((state, stamped))
        self.journal.write(key, [stamped for _, stamped in told], index_of(state))
        self._states[key] = state
        for seen, stamped in told:
            for saw in (*self._watchers, *(observer.saw for observer in self.observers)):
                saw(seen, stamped)
        return state

    def stall(self, key: str, reason: str, *, asked_s: float | None = None) -> State:
        """Note that a step which costs nothing came to nothing; it is due again after a pause that grows."""
        tries = self[key].stalls + 1
        pause = pause_s(FREE, tries, jitter=jitter(key, tries), asked_s=asked_s)
        return self.note(key, Stalled(reason=reason, retry_at=self.clock.now() + pause))

    def postpone(self, key: str, until: float, *, stalls: int = 0) -> None:
        """Set when the next free step is due; not worth a row, because it is cheap to learn again."""
        self._states[key] = replace(self._states[key], due=until, stalls=stalls)

    def saw_pending(self, key: str, at: float) -> State:
        """Remember until when a job was known to be pending; not worth a row, because the row of its end tells."""
        state = self._states[key] = replace(self._states[key], pending_at=at)
        return state

    def watch(self, saw: Callable[[State, Stamped], None]) -> None:
        """Let a part of the engine itself take note of every fact, after it is committed."""
        self._watchers.append(saw)

    def say(self, text: str) -> None:
        """Tell the observers something for the user."""
        for observer in self.observers:
            observer.said(text)

    def steered(self, answer: Answer) -> None:
        """Tell the observers what a person changed from outside."""
        for observer in self.observers:
            observer.steered(self.clock.now(), answer)
