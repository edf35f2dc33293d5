"""`s2v review`: a person looks at the videos that did not pass their checks, and says which of them count."""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path
from typing import Final

from ...core.life.state import Phase, State
from ...core.sums.tally import row
from ...edge.disk.regular import is_file
from ...edge.folder.erasing import SIGNED
from ...edge.folder.owning import owned
from ...edge.folder.places import VIDEOS
from ...edge.journal.journal import Journal
from ...errors import Exit, UsageError
from ...report.failures import MENDED
from ...report.text import counted, some_of, visible
from .. import books, reporting
from ..args import Args
from ..naming import named, pasted
from ..plan.target import existing_folder_of
from ..review.decisions import read_decisions
from ..review.reviewing import (
    Decision,
    Decisions,
    decidable,
    decided_by,
    document,
    require_waiting,
    settle,
    standing,
    still_due,
    waiting,
)
from ..screen import Screen

_NAMED: Final = 50  # items in a command to be pasted, or places of copies


def review(args: Args, screen: Screen) -> int:
    """List the videos that wait, or keep and reject those that are named. Sends nothing, and buys nothing."""
    folder = existing_folder_of(args)
    decisions = _decisions(args)
    if not decisions and args.apply is None:
        with Journal.read(folder) as book:
            return _list(args, screen, waiting(book), book)
    with owned(folder) as book:
        paper = read_decisions(args.apply, book.run_id) if args.apply else None
        named_here = decided_by(book, decisions, f"s2v review {named(args)}")
        due = named_here if paper is None else still_due(book, paper.decisions, paper.videos)
        require_waiting(due, decided := decidable(book, due), book)
        settled = dict[str, State]()
        if due:
            shelf = books.shelf_of(folder, book)
            shelf.prepare()
            settled = settle(book, shelf, due, time.time())
            reporting.write_reports(book, folder)
            _tell_what_stays(args, screen, book, folder, [decided[id_] for id_ in due])
            _tell_what_comes(args, screen, book, settled.values())
        before = {id_: each for id_, each in paper.decisions.items() if id_ not in due} if paper else {}
        return _tell(args, screen, settled, before, waiting(book))


def _tell_what_stays(args: Args, screen: Screen, book: Journal, folder: Path, decided: list[State]) -> None:
    """Say where copies of videos are that counted until now, for s2v deletes none of them."""
    names = [state.item.name for state in decided if state.phase is Phase.DONE and state.wanted]
    if signed := [pasted(copy) for name in names if is_file(copy := folder / SIGNED / name)]:
        screen.tell(f"a signed copy still shows what does not count any more; delete it: {_some(signed)}")
    if names and (store := books.destination_of(book)) is not None:
        published = _some([f"{store}/{VIDEOS}/{name}" for name in names])
        screen.tell(
            "still in the store, as far as it was published, and no other video gets its name there before you delete "
            f"it: {published}, and the .json beside it; s2v fetch {named(args)} puts the results there anew"
        )


def _tell_what_comes(args: Args, screen: Screen, book: Journal, settled: Collection[State]) -> None:
    """Say what puts the videos that count from now on where the run publishes: nothing is sent here."""
    kept = [state for state in settled if state.phase is Phase.DONE and state.wanted]
    if kept and (store := books.destination_of(book)) is not None:
        puts = f"s2v fetch {named(args)} puts what is not yet in {store} there"
        screen.tell(f"{counted(len(kept), 'video')} kept: {puts}")


def _some(places: list[str]) -> str:
    return some_of(places[:_NAMED], len(places))


def _decisions(args: Args) -> Decisions:
    if args.apply is not None and (args.keep or args.reject):
        raise UsageError("--apply takes every decision from its file: leave out --keep and --reject")
    both = sorted(set(args.keep) & set(args.reject))
    if both:
        raise UsageError(f"'{both[0]}' is to be kept and rejected: say one of both; nothing was decided")
    keep: Decision = "keep"
    reject: Decision = "reject"
    return dict.fromkeys(args.keep, keep) | dict.fromkeys(args.reject, reject)


def _counted(decided: Collection[Decision | None]) -> str:
    kept = sum(decision == "keep" for decision in decided)
    told = (("kept", kept), ("rejected", len(decided) - kept))
    return ", ".join(f"{counted(count, 'video')} {word}" for word, count in told if count)


def _list(args: Args, screen: Screen, waits: dict[str, State], book: Journal) -> int:
    if args.json:
        screen.give_json(document(waits))
        return Exit.IN_DOUBT if waits else Exit.OK
    for id_, state in waits.items():
        told = row(state)
        screen.say(f"{id_}: {told.video}: {told.reason}")
        screen.say(f"  portrait  {visible(told.portrait)}")
        if state.judgement and state.judgement.is_duplicate:
            screen.say(f"  the other {_first_with_its_file(state, book)}")
    if not waits:
        screen.say("no video waits to be looked at")
        return Exit.OK
    screen.say(f"{counted(len(waits), 'video')} to look at, then")
    screen.say(f"  s2v review {named(args)} --keep ID ...     # it counts, and moves to videos/")
    screen.say(f"  s2v review {named(args)} --reject ID ...   # it does not; s2v retry may buy another")
    screen.say(f"  s2v review {named(args)} --apply FILE      # as you decided in report.html, which saves that file")
    return Exit.IN_DOUBT


def _first_with_its_file(state: State, book: Journal) -> str:
    """Return which item the file came home for first, and where it lies."""
    assert state.artifact is not None
    key = book.saved_first(state.artifact.sha256)
    first = book.state(key) if key else None
    if first is None or first.item.key == state.item.key:
        return "was bought for the same item before"
    is_there = first.artifact is not None and first.artifact.sha256 == state.artifact.sha256
    return f"{first.label}: {(row(first).video if is_there else None) or 'its file is not there any more'}"


def _tell(args: Args, screen: Screen, settled: dict[str, State], before: Decisions, waits: dict[str, State]) -> int:
    decided = {id_: standing(state) for id_, state in settled.items()}
    if args.json:
        screen.give_json({**document(waits), "decided": decided, "decided_before": dict(before)})
        return Exit.OK
    for id_, state in settled.items():
        place = str(row(state).video).partition("/")[0]
        kept = f"kept; it stands in {place}/"
        screen.say(f"{id_}: {kept if decided[id_] == 'keep' else 'rejected; the file is kept in rejected/'}")
    for id_, decision in before.items():
        screen.say(f"{id_}: {'kept' if decision == 'keep' else 'rejected'} before")
    if len(decided) > 1:
        screen.say(_counted(decided.values()))
    if waits:
        screen.say(f"{counted(len(waits), 'video')} still to look at: s2v review {named(args)}")
    if again := [id_ for id_, state in settled.items() if decided[id_] == "reject" and state.wanted]:
        is_few = len(again) <= _NAMED
        ids = again if is_few else ["ID", "..."]
        anew = "buys what was rejected anew" if is_few else f"buys anew what you name of {len(again)} rejected"
        screen.say(f"next: s2v retry {named(args, *ids)}   # {anew}; {MENDED}")
    return Exit.OK
