"""The promises, held against the provider's own books, the files on the disk, and last the runner's report."""

from __future__ import annotations

import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from sim_books import book_faults
from sim_history import History, job_words
from sim_market import PaidJob, video_of
from sim_rules import draw

from runner.cli import reporting
from runner.core.life.lifecycle import apply, fold
from runner.core.life.state import SHELVED, Phase, State, index_of
from runner.core.sums.ending import Ending
from runner.edge.folder.places import REJECTED
from runner.edge.folder.shelf import Shelf
from runner.edge.journal.journal import Journal
from runner.events import Accepted, Checked, Doubted, Intended, Judged, Requeued, Settled, Stamped

SHOWN: Final = 40
_MEMORY: Final = Path("/dev/shm")  # files that live in memory, where the system has such


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of one seed."""

    seed: int
    faults: tuple[str, ...]
    trail: tuple[tuple[float, str], ...]

    def __str__(self) -> str:
        told = [f"{at:12.2f}  {text}" for at, text in self.trail[-SHOWN:]]
        again = f"PYTHONPATH=.:tests/engine python tests/bench/simulate.py --from {self.seed} --seeds 1"
        return "\n".join([f"seed {self.seed}:", *(f"  BROKEN {fault}" for fault in self.faults), *told, again])


def simulate(seed: int) -> Told:
    """Let the history of a seed happen, and hold it against the promises."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        history = History(folder=Path(folder), rules=draw(seed))
        try:
            history.unfold()
            faults = [*history.faults, *_broken(history)]
        except BaseException:  # noqa: BLE001 - whatever flies is a finding, and is told with its seed
            faults = [*history.faults, f"raised {traceback.format_exc()}"]
        return Told(seed=seed, faults=tuple(faults), trail=tuple(history.trail))


def _broken(history: History) -> Iterator[str]:
    with Journal.read(history.folder) as book:
        told = {key: book.history(key) for key, _ in book.index()}
        yield from _report_faults(history, book, told)
    states = {key: fold(stamped) for key, stamped in told.items()}
    let_go = Counter(states[key].item.prompt or "" for key, stamped in told.items() for _ in _let_go(stamped))
    yield from book_faults(history, let_go)
    yield from _call_faults(history, told)
    yield from _retake_faults(history, told)
    yield from _resubmit_faults(history, told)
    yield from _loss_faults(history, told, states, let_go)
    yield from _rest_faults(history, states)


def _loss_faults(
    history: History, told: dict[str, list[Stamped]], states: dict[str, State], let_go: Counter[str]
) -> Iterator[str]:
    """Every purchase is kept, or failed after it was paid, or is open with its job id, or in doubt and named."""
    left = Counter(let_go)
    owners: dict[tuple[str, str], set[str]] = {}
    for key, stamped in told.items():
        for name in _told(stamped):
            owners.setdefault(name, set()).add(key)
    for job in history.jobs:
        keys = sorted(owners.get(job.name, set()))
        if not keys and job.name not in history.person.waived:
            left[job.prompt] -= 1
        if left[job.prompt] < 0:
            yield f"nobody knows of {job_words(job)}"
        elif len(keys) > 1:
            yield f"{job_words(job)} is that of {len(keys)} items"
        elif keys and (why := _loss(job, states[keys[0]], history)):
            yield f"{job_words(job)} is lost: {why}"


def _let_go(stamped: list[Stamped]) -> list[Stamped]:
    """Return the facts by which an item in doubt was to be bought again because the rules say so."""
    return [one for one in stamped if isinstance(one.event, Settled) and one.event.by == "policy"]


def _resubmit_faults(history: History, told: dict[str, list[Stamped]]) -> Iterator[str]:
    """No item is bought again after a doubt oftener than the rules say since a person asked, and what it cost stays."""
    for stamped in told.values():
        times, state = 0, fold(stamped[:1])
        for one in stamped[1:]:
            before, state = state, apply(state, one)
            if isinstance(one.event, Requeued) and not one.event.refetch:
                times = 0
            if not _let_go([one]):
                continue
            times += 1
            if times > history.rules.resubmits or before.idempotency_key is not None:
                yield f"{state.item.id} was bought again after a doubt for the {times}. time"
            if index_of(state).committed != index_of(before).committed:
                yield f"{state.item.id} is bought again, and its doubt held {before.reserved}, then {state.reserved}"


def _told(stamped: list[Stamped]) -> set[tuple[str, str]]:
    """Return every job, by provider and id, that the facts of an item name, also one that was not known any more."""
    return {name for end in range(1, len(stamped) + 1) for name in _bought(stamped[:end]).values()}


def _bought(stamped: list[Stamped]) -> dict[int, tuple[str, str]]:
    """Return the job, by provider and id, that each try of an item came to."""
    jobs, provider, attempt = dict[int, tuple[str, str]](), "", 0
    for one in stamped:
        match one.event:
            case Intended(provider=provider, attempt=attempt):
                pass
            case Accepted(job_id=str(job_id)) | Settled(job_id=str(job_id)):
                jobs[attempt] = provider, job_id
            case Doubted() if attempt in jobs:  # the job that a person named was not there
                del jobs[attempt]
            case _:
                pass
    return jobs


def _call_faults(history: History, told: dict[str, list[Stamped]]) -> Iterator[str]:
    """A call settles nothing but the very try whose job it names, and nothing in doubt is asked for elsewhere."""
    for key, stamped in told.items():
        attempt, provider = 0, ""
        state = fold(stamped[:1])
        for one in stamped[1:]:
            match one.event:
                case Intended() as intent:
                    is_repeat = intent.idempotency_key is not None and intent.idempotency_key == state.idempotency_key
                    if state.phase is Phase.IN_DOUBT and not (is_repeat and intent.provider == provider):
                        yield f"{state.item.id} was asked for at {intent.provider} while in doubt at {provider}"
                    attempt, provider = intent.attempt, intent.provider
                case Settled(job_id=str(job_id), by="callback"):
                    job = history.markets[provider].jobs.get(job_id)
                    if job is None or job.url != history.switchboard.paths.url_for(key, attempt):
                        yield f"{state.item.id} adopted {job_id} for its try {attempt} by a call about another"
                case _:
                    pass
            state = apply(state, one)


def _retake_faults(history: History, told: dict[str, list[Stamped]]) -> Iterator[str]:
    """Only what fails is taken again, by itself, and no item oftener than the policy allows since a person asked."""
    films = {sha256(video_of(job)).hexdigest(): video_of(job) for job in history.jobs}
    for stamped in told.values():
        taken = 0
        for number, one in enumerate(stamped):
            if not isinstance(one.event, Judged | Checked | Requeued):
                continue
            state = fold(stamped[:number])
            if isinstance(one.event, Requeued):
                taken = 0
                if one.event.refetch and state.judgement is not None:
                    yield f"{state.item.id} is fetched again, though a person rejected it"
                continue
            assert state.artifact is not None
            grade, decision = history.rules.grade(films[state.artifact.sha256]), getattr(one.event, "decision", "keep")
            taken += decision == "retake"
            if decision == "retake" and (grade != "fail" or taken > history.retakes_most):
                yield f"{state.item.id} is taken again for the {taken}. time, though its video is graded '{grade}'"
            if decision == "keep" and not state.approved and not history.lets_pass(grade):
                yield f"{state.item.id} counts, though its video is graded '{grade}'"


def _loss(job: PaidJob, state: State, history: History) -> str:
    if state.job_id != job.id:
        return "" if job.lost or _is_aside(job, history) else "another job took its place"
    if state.phase not in SHELVED:
        return "" if job.lost or _is_aside(job, history) else f"its item is {state.phase}: {state.note}"
    path = Shelf(history.folder, sidecar=str).home(state)
    return "" if path.is_file() and path.read_bytes() == video_of(job) else f"{path.name} is not its video"


def _is_aside(job: PaidJob, history: History) -> bool:
    """Return whether a video that does not count is kept, with its sidecar."""
    kept = (path for path in (history.folder / REJECTED).glob("*.mp4") if path.read_bytes() == video_of(job))
    return any(path.with_suffix(".json").is_file() for path in kept)


def _rest_faults(history: History, states: dict[str, State]) -> Iterator[str]:
    """In calm everything comes to rest: done, or failed for a reason that the provider gave, or beyond the budget."""
    ended = history.eras[-1].conclusion
    if ended is None or ended.ending not in {Ending.FINISHED, Ending.BUDGET}:
        yield f"the last run ended with {ended}"
    refused = set[str]().union(*(market.refused for market in history.markets.values()))
    for state in states.values():
        is_refused = state.item.prompt in refused or bool(state.given_up) or bool(history.person.waived)
        if state.phase is Phase.FAILED and state.job_id is None and not is_refused:
            yield f"{state.item.id} failed without a reason: {state.note}"
        if state.phase is Phase.PLANNED and state.wanted and (ended is None or ended.ending is not Ending.BUDGET):
            yield f"{state.item.id} was never bought: {state.note}"
        if state.phase in {Phase.RUNNING, Phase.READY, Phase.SAVED, Phase.IN_DOUBT}:
            yield f"{state.item.id} is still {state.phase}: {state.note}"
    if parts := sorted(path.name for path in history.folder.rglob("*.part")):
        yield f"parts of files are left: {', '.join(parts)}"
    wanted = {one.id for one in history.draft.wanted} - {state.item.id for state in states.values() if state.wanted}
    if wanted:
        yield f"never planned: {', '.join(sorted(wanted))}"


def _report_faults(history: History, book: Journal, told: dict[str, list[Stamped]]) -> Iterator[str]:
    """What the report says follows from the facts, and so does the index."""
    book.examine()
    for key, entry in book.index():
        if index_of(fold(told[key])) != entry:
            yield f"the index of {entry.id} does not follow from its facts"
    summary = reporting.summary_of(book)
    jobs = [name for stamped in told.values() for name in _bought(stamped).values()]
    costs = sum(history.markets[provider].nature.price.micros for provider, _ in jobs)
    spent = sum(money.micros for money in summary.spent)
    reserved = sum(money.micros for money in summary.reserved)
    if (summary.bought, spent) != (len(jobs), costs):
        yield f"the report says {summary.bought} jobs for {spent}, the facts say {len(jobs)} for {costs}"
    if sum(book.committed().values()) != spent + reserved:
        yield f"the index commits {book.committed()}, the report {spent} and {reserved}"
    if sum(summary.by_state.values()) != len(told) or summary.kept + summary.in_review > summary.bought:
        yield f"the report does not add up: {summary}"
