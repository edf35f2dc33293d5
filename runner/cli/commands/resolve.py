"""`s2v resolve`: a person settles what became of a request that nobody answered."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from ...core.life.lifecycle import apply
from ...core.life.possession import was_had_before
from ...core.life.state import Phase, State, index_of
from ...core.sums.tally import row, without_queries
from ...dialects.registry import DIALECTS
from ...edge.account.accounts import state_home
from ...edge.disk.holder import holder
from ...edge.disk.lock import noted_leases
from ...edge.folder.owning import owned
from ...edge.folder.whereabouts import Lease, lease_place
from ...edge.journal.journal import Journal
from ...errors import Exit, UsageError
from ...events import Settled, Stamped
from ...model import spelled
from ...report.advice import at_work
from ...report.document import item_document
from ...report.text import counted, iso
from .. import reporting
from ..args import Args
from ..naming import named
from ..plan.choosing import guess
from ..plan.offers import LOCAL
from ..plan.target import existing_folder_of
from ..screen import Screen


def resolve(args: Args, screen: Screen) -> int:
    """List the items in doubt, or settle those that are named: adopt a job, give up, or allow another try."""
    folder = existing_folder_of(args)
    decision = _decision(args)
    if decision is None:
        who = holder(folder)
        with Journal.read(folder) as book:
            doubts = _doubts(book)
        if args.json:
            _give(screen, folder, doubts, who, [])
            return Exit.IN_DOUBT if doubts else Exit.OK
        return _list(screen, args, doubts, who)
    with owned(folder) as book:
        settled = _named(args, _doubts(book) if decision != "adopt" else _doubts(book) | _renamable(book))
        for state in settled:
            _require_free(args, book, state)
        lease = _outdate_copies(screen, book, folder, settled)
        for state in settled:
            _settle(args, book, state, decision)
            if lease is not None:
                lease.bought()
            if not args.json:
                _say_settled(args, screen, state, decision)
        reporting.write_reports(book, folder)
        if args.json:
            ids = [{"id": state.label, "decision": decision, "job_id": args.job} for state in settled]
            _give(screen, folder, _doubts(book), None, ids)
            return Exit.OK
    screen.say(f"next: s2v run {named(args)}")
    return Exit.OK


def _outdate_copies(screen: Screen, book: Journal, folder: Path, settled: Sequence[State]) -> Lease | None:
    """Make older ones of all copies so far, and return what notes each doubt that is settled.

    Who lacks that one was may buy it again. Raise FolderError where this folder is an older one itself. Where nothing
    was ever paid for, no copy is known.
    """
    if noted_leases(folder) or any(state.provider != LOCAL for state in settled):
        return lease_place(state_home(screen.environ), folder, book)
    return None


def _settle(args: Args, book: Journal, state: State, decision: _Decision) -> None:
    now = time.time()
    at = book.not_before(state.item.key, now) if decision == "abandon" else now  # its job may still run
    stamped = Stamped(at=at, event=Settled(decision=decision, job_id=args.job))
    book.write(state.item.key, [stamped], index_of(apply(state, stamped)))


def _say_settled(args: Args, screen: Screen, state: State, decision: _Decision) -> None:
    screen.say(f"{state.label}: {_WORDS[decision].format(job=args.job)}")
    if decision == "adopt":
        screen.say(_if_wrong(state, f"s2v resolve {named(args)} {state.label} --job JOB"))


_JOB: Final = re.compile(r"[!-~]{1,200}")
_Decision = Literal["adopt", "resubmit", "abandon"]
_WORDS: dict[_Decision, str] = {
    "adopt": "job {job} is adopted; it is collected, and nothing is bought",
    "resubmit": "may be bought by the next run",
    "abandon": "given up; its price stays held back, for nobody knows whether it was paid",
}


def _decision(args: Args) -> _Decision | None:
    if args.job is not None and not _JOB.fullmatch(args.job):
        raise UsageError(
            f"--job: found {args.job!r}, expected the id of a job as the provider shows it, without blanks"
        )
    typed: dict[_Decision, object] = {"adopt": args.job, "abandon": args.abandon, "resubmit": args.resubmit}
    chosen = [decision for decision, value in typed.items() if value]
    if len(chosen) > 1:
        raise UsageError("choose one of --job, --abandon and --resubmit")
    if chosen and not args.ids:
        raise UsageError(f"name the items to settle, for example: s2v resolve {named(args, 'ID')} --abandon")
    if chosen == ["adopt"] and len(args.ids) > 1:
        raise UsageError("--job names one job, so name one item")
    if args.ids and not chosen:
        raise UsageError("say how to settle them: --job JOB, --abandon or --resubmit")
    return chosen[0] if chosen else None


def _doubts(book: Journal) -> dict[str, State]:
    return {state.label: state for state in book.states_in([Phase.IN_DOUBT])}


def _only(doubts: Mapping[str, State]) -> str:
    """Return the id of the one item in doubt, to be pasted; where there are several, the word that stands for one."""
    return next(iter(doubts)) if len(doubts) == 1 else "ID"


def _renamable(book: Journal) -> dict[str, State]:
    """Return the items beside those in doubt whose job a person may name.

    A person named another before, or the provider does not know it, or nobody did and the doubt was settled without.
    """
    states = book.states_in([Phase.PLANNED, Phase.RUNNING, Phase.FAILED])
    return {state.label: state for state in states if _may_be_named(state)}


def _may_be_named(state: State) -> bool:
    is_asked_anew = state.phase is Phase.PLANNED and state.intended_at is not None and state.verdict is None
    is_settled = state.is_given_up or state.is_let_go or (is_asked_anew and not state.bought)
    return state.is_adopted or state.is_gone or is_settled


def _named(args: Args, doubts: dict[str, State]) -> list[State]:
    for id_ in args.ids:
        if id_ not in doubts:
            raise UsageError(f"'{id_}' is not in doubt{guess(id_, doubts)}; s2v resolve {named(args)} lists what is")
    return [doubts[id_] for id_ in args.ids]


def _require_free(args: Args, book: Journal, state: State) -> None:
    """Raise UsageError when the job that is to be adopted is another item's already, or that of an earlier request."""
    if args.job and was_had_before(book.history(state.item.key), state.provider or "", args.job):
        raise UsageError(
            f"job {args.job} is that of an earlier request of '{state.label}' already; one job makes one video: name "
            f"the one that was made since, or say --resubmit where there is none"
        )
    bearer = book.bearer(state.provider or "", args.job) if args.job else None
    if bearer is not None and (other := book.state(bearer)) is not None:
        raise UsageError(f"job {args.job} is that of '{other.label}' already; one job makes one video")


def _if_wrong(state: State, command: str) -> str:
    """Return in words when a job shows to be none, and the command that names another."""
    unseen_s = DIALECTS[state.provider or ""].traits.unseen_job_s.value
    until = f"one that {state.provider} does not know is asked after for up to {spelled(unseen_s)}"
    return f"  {until}, then the item is in doubt again; to name another: {command}"


def _give(screen: Screen, folder: Path, doubts: dict[str, State], who: str | None, settled: list[Any]) -> None:
    """Print one document: what was settled just now, and what is in doubt."""
    document = {
        "version": 1,
        "folder": str(folder),
        "at_work": who,
        "in_doubt": [_entry(state) for state in doubts.values()],
        "settled": settled,
    }
    screen.give_json(document)


def _entry(state: State) -> dict[str, Any]:
    told = item_document(row(state))
    asked = {"asked_at": iso(state.intended_at), "answer": without_queries(state.note) if state.note else None}
    names = ("reserved", "key", "portrait", "portrait_sha256", "prompt", "prompt_optimizer", "take")
    return {"id": state.label, "provider": state.provider, **asked, **{name: told[name] for name in names}}


def _list(screen: Screen, args: Args, doubts: dict[str, State], who: str | None) -> int:
    for id_, state in doubts.items():
        screen.say(f"{id_}: asked for at {state.provider} on {iso(state.intended_at)}, {state.note or 'no answer'}")
    if not doubts:
        screen.say("no item is in doubt")
        return Exit.OK
    if who is not None:
        screen.say(f"{counted(len(doubts), 'item')} being bought or in doubt; {at_work(who)}: settle them when it ends")
        return Exit.IN_DOUBT
    screen.say(f"{counted(len(doubts), 'item')} in doubt: look at the provider whether the job is there, then")
    one = _only(doubts)
    for flag, why in (
        ("--job JOB", "it is there: adopt it, nothing is bought"),
        ("--resubmit", "it is not there: let the next run buy it"),
        ("--abandon", "nobody can tell: give it up; nothing is bought, and its price stays held back"),
    ):
        screen.say(f"  s2v resolve {named(args, one)} {flag}   # {why}")
    return Exit.IN_DOUBT
