"""The promises, held against the provider's own books, the files on the disk, and last the runner's report."""

from __future__ import annotations

import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sim_history import DAY_S, History, job_words
from sim_market import PaidJob, video_of
from sim_rules import PRICE, draw

from runner.cli import books
from runner.core.ending import Ending
from runner.core.lifecycle import fold
from runner.core.state import Phase, State, index_of
from runner.edge.journal import Journal
from runner.edge.shelf import Shelf
from runner.events import Accepted, Settled, Stamped

SHOWN: Final = 40
_LONGEST_S: Final = 3 * DAY_S
_TINY_S: Final = 1e-6
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
        yield from _report_faults(book, told)
    states = {key: fold(stamped) for key, stamped in told.items()}
    yield from _purchase_faults(history)
    yield from _budget_faults(history)
    yield from _rate_faults(history)
    yield from _slot_faults(history)
    yield from _time_faults(history)
    yield from _loss_faults(history, told, states)
    yield from _rest_faults(history, states)


def _purchase_faults(history: History) -> Iterator[str]:
    """No item is bought twice, unless a person asked for it; nothing is bought that nobody wants."""
    market = history.market
    retries = Counter(history.retries.values())
    waived = Counter(market.jobs[job_id].prompt for job_id in history.waived)
    for prompt, count in Counter(job.prompt for job in market.jobs.values()).items():
        allowed = history.takes[prompt] + retries[prompt] + waived[prompt]
        if count > allowed:
            yield f"'{prompt}' was bought {count} times, {allowed} allowed"
    for one in market.receipts:
        era = history.eras[one.life]
        if one.prompt not in era.may_buy and not (one.key and one.prompt in era.repeats):
            yield f"life {one.life} asked for '{one.prompt}', which nobody wanted of it"


def _budget_faults(history: History) -> Iterator[str]:
    """The cap holds at every instant, for all lives and for each one's own."""
    budget = history.rules.budget
    spent = len(history.market.jobs) - len(history.waived)
    if budget is not None and spent * PRICE.micros > budget.micros:
        yield f"{spent} jobs were bought with {budget}"
    for number, era in enumerate(history.eras):
        jobs = [job for job in history.market.jobs.values() if job.life == number and job.prompt not in era.repeats]
        if era.max_cost is not None and len(jobs) * PRICE.micros > era.max_cost.micros:
            yield f"life {number} bought {len(jobs)} jobs with --max-cost {era.max_cost}"


def _rate_faults(history: History) -> Iterator[str]:
    """No window holds more submits than allowed, as the provider sees them arrive."""
    times = sorted(one.at for one in history.market.receipts if not one.is_stray)
    for rate in history.rules.rates:
        for first, last in zip(times, times[rate.count :], strict=False):
            is_over = last - first < rate.window_s - _TINY_S
            if is_over and not any(first <= leap <= last for leap in history.leaps):
                yield f"{rate.count + 1} submits within {last - first:.2f} s from {first:.2f} on: {rate}"
                break


def _slot_faults(history: History) -> Iterator[str]:
    """No more jobs run at one time than allowed, as the provider sees them run."""
    most = history.rules.in_flight
    if most is None:
        return
    stray = {one.job_id for one in history.market.receipts if one.is_stray}
    jobs = [job for job in history.market.jobs.values() if job.id not in stray | history.unseen]
    for one in jobs:
        running = [job for job in jobs if job.made_at <= one.made_at < job.ends_at]
        if len(running) > most:
            yield f"{len(running)} jobs in flight at {one.made_at:.2f}, {most} allowed"
            return


def _time_faults(history: History) -> Iterator[str]:
    for number, era in enumerate(history.eras):
        sent = sum(one.life == number for one in history.market.receipts)
        if era.ended - era.began > _LONGEST_S + sent * 6 * 3600.0:
            yield f"life {number} lasted {(era.ended - era.began) / DAY_S:.1f} days"


def _loss_faults(history: History, told: dict[str, list[Stamped]], states: dict[str, State]) -> Iterator[str]:
    """Every purchase is kept, or failed after it was paid, or is open with its job id, or in doubt and named."""
    owners: dict[str, list[str]] = {}
    for key, stamped in told.items():
        for one in stamped:
            if isinstance(one.event, Accepted | Settled) and one.event.job_id:
                owners.setdefault(one.event.job_id, []).append(key)
    for job in history.market.jobs.values():
        keys = owners.get(job.id, [])
        if not keys and job.id not in history.waived:
            yield f"nobody knows of {job_words(job)}"
        elif len(keys) > 1:
            yield f"{job_words(job)} is told of {len(keys)} times"
        elif keys and (why := _loss(job, states[keys[0]], history)):
            yield f"{job_words(job)} is lost: {why}"


def _loss(job: PaidJob, state: State, history: History) -> str:
    if state.job_id != job.id:
        return "" if job.lost else "another job took its place"
    if state.phase is not Phase.DONE:
        return "" if job.lost else f"its item is {state.phase}: {state.note}"
    path = Shelf(history.folder, full_decode=False, sidecar=str).home(state)
    return "" if path.is_file() and path.read_bytes() == video_of(job) else f"{path.name} is not its video"


def _rest_faults(history: History, states: dict[str, State]) -> Iterator[str]:
    """In calm everything comes to rest: done, or failed for a reason that the provider gave, or beyond the budget."""
    ended = history.eras[-1].conclusion
    if ended is None or ended.ending not in {Ending.FINISHED, Ending.BUDGET}:
        yield f"the last run ended with {ended}"
    for state in states.values():
        is_refused = state.item.prompt in history.market.refused or bool(state.given_up) or bool(history.waived)
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


def _report_faults(book: Journal, told: dict[str, list[Stamped]]) -> Iterator[str]:
    """What the report says follows from the facts, and so does the index."""
    book.examine()
    for key, entry in book.index():
        if index_of(fold(told[key])) != entry:
            yield f"the index of {entry.id} does not follow from its facts"
    summary = books.summary_of(book)
    facts = [one.event for stamped in told.values() for one in stamped]
    bought = sum(
        isinstance(fact, Accepted) or (isinstance(fact, Settled) and fact.decision == "adopt") for fact in facts
    )
    spent = sum(money.micros for money in summary.spent)
    reserved = sum(money.micros for money in summary.reserved)
    if (summary.bought, spent) != (bought, bought * PRICE.micros):
        yield f"the report says {summary.bought} jobs for {spent}, the facts say {bought}"
    if sum(book.committed().values()) != spent + reserved:
        yield f"the index commits {book.committed()}, the report {spent} and {reserved}"
    if sum(summary.by_state.values()) != len(told) or summary.kept > summary.bought:
        yield f"the report does not add up: {summary}"
