"""The person beside a simulated world: looks into the providers' books, and settles doubts as `s2v resolve` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from jumping_clock import START
from sim_market import Market

from runner.cli.review.reviewing import Decision, settle, waiting
from runner.core.life.lifecycle import apply, fold
from runner.core.life.state import Phase, State, index_of
from runner.edge.disk.lock import held
from runner.edge.folder.shelf import Shelf
from runner.edge.journal.journal import Journal
from runner.edge.journal.state_file import FILE, connect
from runner.events import Doubted, Settled, Stamped

_NAMES: Final = """
SELECT item, json_extract(body, '$.provider'), json_extract(body, '$.job_id') FROM event
WHERE kind IN ('Intended', 'Accepted', 'Settled') ORDER BY seq
"""


@dataclass(slots=True, kw_only=True)
class Person:
    """Decides between two runs. `waived` are the jobs that were given up though they were there, and since when.

    `retries` are the tries that may cost once more what failed, by item and attempt.
    """

    folder: Path
    mounts: Path
    markets: Mapping[str, Market]
    tell: Callable[[str], None]
    waived: dict[tuple[str, str], float] = field(default_factory=dict)
    retries: dict[tuple[str, int], str] = field(default_factory=dict)

    def settle(self, now: float, *, skew_s: float, dice: Random | None) -> None:
        """Settle doubts under the folder's lock: some of them, or all without `dice`."""
        if not (self.folder / FILE).exists():
            return
        taken = named(self.folder) | set(self.waived)
        with held(self.folder, mounts=self.mounts), Journal.create_or_open(self.folder) as book:
            for state in _states(book, Phase.IN_DOUBT):
                if dice is None or dice.random() < 0.6:
                    decision = self._decide(state, taken, now, dice)
                    self._waive(state, book.history(state.item.key), decision, now)
                    self.tell(f"a person settles {state.item.id}: {decision}")
                    stamped = Stamped(at=START + skew_s + now, event=decision)
                    book.write(state.item.key, [stamped], index_of(apply(state, stamped)))

    def review(self, now: float, *, skew_s: float, dice: Random) -> None:
        """Look at some of the videos that wait, and keep or reject them, as `s2v review` does."""
        if not (self.folder / FILE).exists():
            return
        with held(self.folder, mounts=self.mounts), Journal.create_or_open(self.folder) as book:
            shelf = Shelf(self.folder, sidecar=lambda state: state.phase)
            waits = {id_: state for id_, state in waiting(book).items() if shelf.holds(state)}
            decisions: dict[str, Decision] = {
                id_: dice.choice(("keep", "reject")) for id_ in waits if dice.random() < 0.6
            }
            done = [state.label for state in _states(book, Phase.DONE) if state.wanted and shelf.holds(state)]
            decisions.update(dict.fromkeys((id_ for id_ in done if dice.random() < 0.05), "reject"))
            if decisions:
                self.tell(f"a person looks at {', '.join(f'{id_}: {what}' for id_, what in decisions.items())}")
                settle(book, shelf, decisions, START + skew_s + now)

    def note_retries(self) -> None:
        """Note what a person allows to be bought once more: what failed or was rejected, and is not had for nothing."""
        for state in states(self.folder, Phase.FAILED):
            job = self.markets[state.provider or ""].jobs.get(state.job_id or "")
            if state.judgement is not None or not (job and job.lost in {"", "bad files"}):
                self.retries[state.item.key, state.attempt] = state.item.prompt or ""

    def _waive(self, state: State, history: Sequence[Stamped], decision: Settled, now: float) -> None:
        """Note that a job was let go of that is this item's, but that its provider knows no more."""
        events = [one.event for one in history]
        adopted = [(at, event.job_id) for at, event in enumerate(events) if isinstance(event, Settled) and event.job_id]
        at, job_id = adopted[-1] if adopted else (len(events), "")
        name = (state.provider or "", job_id)
        job = self.markets[name[0]].jobs.get(name[1])
        is_doubted = any(isinstance(event, Doubted) for event in events[at:])  # what came of a repeat may stand behind
        is_disowned = is_doubted and job is not None and job.prompt == state.item.prompt
        if decision.decision == "resubmit" and is_disowned:
            self.waived[name] = now

    def _decide(self, state: State, taken: set[tuple[str, str]], now: float, dice: Random | None) -> Settled:
        jobs = [job for job in self.markets[state.provider or ""].found(state) if job.name not in taken]
        if not jobs:
            is_patient = dice is None or dice.random() < 0.8
            return Settled(decision="resubmit" if is_patient else "abandon")
        job = jobs[0] if dice is None else dice.choice(jobs)  # two takes of one prompt cannot be told apart
        taken.add(job.name)
        if dice is not None and dice.random() < 0.2 and all(each.ends_at <= now for each in jobs):  # it may be wrong
            self.waived[job.name] = now
            return Settled(decision=dice.choice(("abandon", "resubmit")))
        return Settled(decision="adopt", job_id=job.id)


def states(folder: Path, phase: Phase) -> list[State]:
    """Return what the journal knows of the items in a phase."""
    if not (folder / FILE).exists():
        return []
    with Journal.read(folder) as book:
        return _states(book, phase)


def named(folder: Path) -> set[tuple[str, str]]:
    """Return the jobs that the journal names, by provider and id."""
    if not (folder / FILE).exists():
        return set()
    asked, names = dict[str, str](), set[tuple[str, str]]()
    with closing(connect(folder / FILE, "ro")) as sql:  # past the codec, which takes its time
        for key, provider, job_id in sql.execute(_NAMES):
            asked[key] = provider or asked[key]
            if job_id is not None:
                names.add((asked[key], job_id))
    return names


def _states(book: Journal, phase: Phase) -> list[State]:
    return [fold(book.history(key)) for key in book.keys_in([phase])]
