"""The states of the items that this run drives, one with the journal.

What is noted in one moment is committed at its end, together: a commit costs the same for one fact and for a hundred.
The run itself believes a fact at once. Nobody else does before it is committed: no paid request leaves before its
intent is (`settled`), whoever reads the journal here reads all that was noted, and observers are told afterwards. What
the disk refused is kept and offered again with the next facts, for the answers to paid requests are among it. So is
what a bug keeps from being written, apart from the facts of other items, which are not lost with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import field
from typing import Final, NamedTuple

from ..core.life.lifecycle import apply, fold
from ..core.life.state import OPEN_PHASES, Entry, State, index_of
from ..core.limits.retry import FREE, jitter, pause_s
from ..core.limits.steering import Answer
from ..errors import FolderError, Halt
from ..events import Accepted, Event, Intended, Saved, Settled, Stalled, Stamped
from ..values import dataclass, replace
from .ports import Clock, Journal, Observer

LONG_S: Final = 90.0  # a longer wait is told to the user; the common windows are of a minute


class _Fact(NamedTuple):
    """What is to be written, with the state after it."""

    state: State
    stamped: Stamped


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    """What kept the first `count` of the unwritten facts from being written."""

    error: Exception
    count: int


@dataclass(slots=True)
class Ledger:
    """Holds no more than the items under way; those at rest are in the journal alone.

    `on_disk` is the journal without what was noted in this moment, which `up_to_date` commits first. `rescue` gets each
    paid job whose id may be in no journal, with words for the user, which observers may not show.
    """

    on_disk: Journal
    clock: Clock
    observers: Sequence[Observer]
    rescue: Callable[[State, str], None] | None = None
    _states: dict[str, State] = field(default_factory=dict)
    _watchers: list[Callable[[State, Stamped], None]] = field(default_factory=list)
    _unwritten: list[_Fact] = field(default_factory=list)
    _refusal: _Refusal | None = None
    _mourned: set[tuple[str, str]] = field(default_factory=set)
    _told: set[str] = field(default_factory=set)
    _waits: dict[str, float] = field(default_factory=dict)

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
            self._states[key] = fold(self.up_to_date().history(key))
        return self._states[key]

    def look(self, key: str) -> State:
        """Return the state of an item without keeping it at hand."""
        return self._states.get(key) or fold(self.up_to_date().history(key))

    def saved_first(self, sha256: str) -> str | None:
        """Return the key of the item for which a file of this digest came home first, written down yet or not."""
        noted = (
            state.item.key
            for state, stamped in self._unwritten
            if isinstance(stamped.event, Saved) and stamped.event.artifact.sha256 == sha256
        )
        return self.on_disk.saved_first(sha256) or next(noted, None)

    def look_all(self, keys: Collection[str]) -> list[State]:
        """Return the states of items that are not at hand, in this order, without keeping them."""
        return [fold(history) for history in self.up_to_date().histories(keys).values()]

    def keep(self, state: State) -> None:
        """Keep at hand what was just looked at, as `load` does, without reading it again."""
        self._states.setdefault(state.item.key, state)

    def drop(self, key: str) -> None:
        """Let go of an item that is at rest."""
        self._states.pop(key, None)

    def note(self, key: str, event: Event, *, at: float | None = None) -> State:
        """Believe a fact about an item, of now or `at`; it is committed with what else is noted in this moment."""
        stamped = Stamped(at=self.clock.now() if at is None else at, event=event)
        state = self._states[key] = apply(self.load(key), stamped)
        self._unwritten.append(_Fact(state, stamped))
        for saw in self._watchers:
            saw(state, stamped)
        return state

    def stall(self, key: str, reason: str, *, asked_s: float | None = None) -> None:
        """Note that a step which costs nothing came to nothing; it is due again after a pause that grows."""
        tries = self[key].stalls + 1
        pause = pause_s(FREE, tries, jitter=jitter(key, tries), asked_s=asked_s)
        self.note(key, Stalled(reason=reason, retry_at=self.clock.now() + pause))

    def postpone(self, key: str, until: float, *, stalls: int = 0) -> None:
        """Set when the next free step is due; not worth a row, because it is cheap to learn again."""
        self._states[key] = replace(self._states[key], due=until, stalls=stalls)

    def saw_pending(self, key: str, at: float) -> State:
        """Remember until when a job was known to be pending; not worth a row, because the row of its end tells."""
        state = self._states[key] = replace(self._states[key], pending_at=at)
        return state

    def watch(self, saw: Callable[[State, Stamped], None]) -> None:
        """Let a part of the engine itself take note of every fact, as soon as it is believed."""
        self._watchers.append(saw)

    def commit(self) -> None:
        """Write down what was noted, all or nothing, then tell the observers.

        Raise what the journal raises, once for the same facts: they are offered again together with the next ones.
        """
        if len(self._unwritten) == (self._refusal.count if self._refusal else 0):
            return
        offered = self._unwritten
        try:
            self.on_disk.require_in_place()
        except FolderError as error:
            self._write_astray(offered, error)
            raise
        try:
            self._write(offered)
        except (Halt, FolderError) as error:
            self._put_off(offered, error)
            raise
        except Exception as error:
            left = self._left_of(offered)
            self._put_off(left, error)
            self._tell(fact for fact in offered if fact not in left)
            raise
        self._unwritten, self._refusal = [], None
        self._tell(offered)

    def up_to_date(self) -> Journal:
        """Commit, and return the journal with all in it that was noted; may raise what `commit` raises."""
        self._require_written()
        return self.on_disk

    async def settled(self) -> None:
        """Return when all that was noted is committed, together with what others are about to note in this moment.

        Raise what the journal raises; then what was noted is not committed, and may yet be.
        """
        await asyncio.sleep(0)
        self._require_written()

    def close(self) -> None:
        """Offer what the disk refused for the last time: by now it may have room for it."""
        self._refusal = None
        self.commit()

    def say(self, text: str) -> None:
        """Tell the observers something for the user."""
        for observer in self.observers:
            observer.said(text)

    def say_once(self, matter: str, text: str) -> None:
        """Tell the observers something for the user, unless this run told of the same `matter` before."""
        if matter not in self._told:
            self._told.add(matter)
            self.say(text)

    def say_wait(self, who: str, wait_s: float, why: str) -> None:
        """Tell the user that somebody waits, once for each long wait: one that hardly goes beyond it is the same."""
        until = self.clock.now() + wait_s
        if wait_s > LONG_S and until > self._waits.get(who, 0.0) + LONG_S:
            self._waits[who] = until
            self.say(f"{who} wait {wait_s / 60:.0f} min: {why}")

    def steered(self, answer: Answer) -> None:
        """Tell the observers what a person changed from outside."""
        for observer in self.observers:
            observer.steered(self.clock.now(), answer)

    def _require_written(self) -> None:
        """Commit, and raise also what kept facts from being written before, as long as they are not."""
        self.commit()
        if self._unwritten and self._refusal is not None:
            raise self._refusal.error

    def _write(self, facts: Sequence[_Fact]) -> None:
        self.on_disk.write_all(Entry(key=of.item.key, stamped=[one], index=index_of(of)) for of, one in facts)

    def _write_astray(self, offered: Sequence[_Fact], error: Exception) -> None:
        """Write all but intents into a journal that was taken away, for it may be put back; it may be gone as well."""
        intents = [fact for fact in offered if isinstance(fact.stamped.event, Intended)]
        rest = [fact for fact in offered if not isinstance(fact.stamped.event, Intended)]
        self._mourn(rest, "and its run folder was taken away meanwhile")
        self._write(rest)
        self._put_off(intents, error)

    def _left_of(self, offered: Sequence[_Fact]) -> list[_Fact]:
        """Write the facts of each item by themselves, and return those that the journal does not take even so."""
        left = list[_Fact]()
        for key in dict.fromkeys(state.item.key for state, _ in offered):
            facts = [fact for fact in offered if fact.state.item.key == key]
            try:
                self._write(facts)
            except Exception:  # noqa: BLE001 - the boundary of one item; `commit` raises what came first
                left.extend(facts)
        return left

    def _put_off(self, facts: list[_Fact], error: Exception) -> None:
        """Keep what was not written; tell the user, once, of each paid job whose id may be in no journal."""
        self._unwritten, self._refusal = facts, _Refusal(error=error, count=len(facts))
        self._mourn(facts, "which could not be written")

    def _mourn(self, facts: Iterable[_Fact], why: str) -> None:
        for state, stamped in facts:
            job = state.provider or "", state.job_id or ""
            if isinstance(stamped.event, Accepted | Settled) and state.job_id and job not in self._mourned:
                self._mourned.add(job)
                words = f"{state.item.id} was bought at {state.provider} as job {state.job_id}, {why}"
                if self.rescue is None:
                    self.say(words)
                else:
                    self.rescue(state, words)

    def _tell(self, facts: Iterable[_Fact]) -> None:
        for state, stamped in facts:
            for observer in self.observers:
                observer.saw(state, stamped)
