"""`s2v resolve`: a person settles what became of a request that nobody answered."""

from __future__ import annotations

import time
from typing import Literal

from ...core.lifecycle import apply
from ...core.state import Phase, State, index_of
from ...edge.journal import Journal
from ...edge.lock import held
from ...errors import Exit, UsageError
from ...events import Settled, Stamped
from ...report.text import counted, iso
from ..args import Args
from ..choosing import guess
from ..screen import Screen
from ..target import existing_folder_of, named


def resolve(args: Args, screen: Screen) -> int:
    """List the items in doubt, or settle those that are named: adopt a job, give up, or allow another try."""
    folder = existing_folder_of(args)
    decision = _decision(args)
    if decision is None:
        with Journal.read(folder) as book:
            return _list(screen, args, _doubts(book))
    with held(folder), Journal.create_or_open(folder) as book:
        for state in _named(args, _doubts(book)):
            _require_free(args, book, state)
            now = time.time()
            at = book.not_before(state.item.key, now) if decision == "abandon" else now  # its job may still run
            stamped = Stamped(at=at, event=Settled(decision=decision, job_id=args.job))
            book.write(state.item.key, [stamped], index_of(apply(state, stamped)))
            screen.say(f"{state.label}: {_WORDS[decision].format(job=args.job)}")
    screen.say(f"next: s2v run {named(args)}")
    return Exit.OK


_Decision = Literal["adopt", "resubmit", "abandon"]
_WORDS: dict[_Decision, str] = {
    "adopt": "job {job} is adopted; it is collected, and nothing is bought",
    "resubmit": "may be bought by the next run",
    "abandon": "given up; its price stays held back, for nobody knows whether it was paid",
}


def _decision(args: Args) -> _Decision | None:
    chosen: list[_Decision] = []
    chosen += ["adopt"] if args.job else []
    chosen += ["abandon"] if args.abandon else []
    chosen += ["resubmit"] if args.resubmit else []
    if len(chosen) > 1:
        raise UsageError("choose one of --job, --abandon and --resubmit")
    if chosen and not args.ids:
        raise UsageError("name the items to settle, for example: s2v resolve runs/demo ID --abandon")
    if chosen == ["adopt"] and len(args.ids) > 1:
        raise UsageError("--job names one job, so name one item")
    if args.ids and not chosen:
        raise UsageError("say how to settle them: --job JOB, --abandon or --resubmit")
    return chosen[0] if chosen else None


def _doubts(book: Journal) -> dict[str, State]:
    states = (book.state(key) for key in book.all_keys([Phase.IN_DOUBT]))
    return {state.label: state for state in states if state is not None}


def _named(args: Args, doubts: dict[str, State]) -> list[State]:
    for id_ in args.ids:
        if id_ not in doubts:
            raise UsageError(f"'{id_}' is not in doubt{guess(id_, doubts)}; s2v resolve {named(args)} lists what is")
    return [doubts[id_] for id_ in args.ids]


def _require_free(args: Args, book: Journal, state: State) -> None:
    """Raise UsageError when the job that is to be adopted is another item's already."""
    bearer = book.bearer(state.provider or "", args.job) if args.job else None
    if bearer is not None and (other := book.state(bearer)) is not None:
        raise UsageError(f"job {args.job} is that of '{other.label}' already; one job makes one video")


def _list(screen: Screen, args: Args, doubts: dict[str, State]) -> int:
    for id_, state in doubts.items():
        screen.say(f"{id_}: asked for at {state.provider} on {iso(state.intended_at)}, {state.note or 'no answer'}")
    if not doubts:
        screen.say("no item is in doubt")
        return Exit.OK
    screen.say(f"{counted(len(doubts), 'item')} in doubt: look at the provider whether the job is there, then")
    for flag, why in (
        ("--job JOB", "it is there: adopt it, nothing is bought"),
        ("--resubmit", "it is not there: let the next run buy it"),
        ("--abandon", "leave it"),
    ):
        screen.say(f"  s2v resolve {named(args)} ID {flag}   # {why}")
    return Exit.IN_DOUBT
