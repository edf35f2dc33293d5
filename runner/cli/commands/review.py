"""`s2v review`: a person looks at the videos that did not pass their checks, and says which of them count."""

from __future__ import annotations

import json
import time

from ...core.state import State
from ...core.tally import row
from ...edge.journal import Journal
from ...edge.lock import held
from ...errors import Exit, UsageError
from ...report.text import counted, visible
from .. import books
from ..args import Args
from ..reviewing import Decision, Decisions, document, require_waiting, settle, waiting
from ..screen import Screen
from ..target import existing_folder_of, named


def review(args: Args, screen: Screen) -> int:
    """List the videos that wait, or keep and reject those that are named. Sends nothing, and buys nothing."""
    folder = existing_folder_of(args)
    decisions = _decisions(args)
    if not decisions:
        with Journal.read(folder) as book:
            return _list(args, screen, waiting(book))
    with held(folder), Journal.create_or_open(folder) as book:
        require_waiting(decisions, waiting(book))
        shelf = books.shelf_of(folder, book)
        shelf.prepare()
        settle(book, shelf, decisions, time.time())
        books.note_reports(book, books.write_reports(book, folder))
        return _tell(args, screen, decisions, waiting(book))


def _decisions(args: Args) -> Decisions:
    both = sorted(set(args.keep) & set(args.reject))
    if both:
        raise UsageError(f"'{both[0]}' is to be kept and rejected: say one of both")
    keep: Decision = "keep"
    reject: Decision = "reject"
    return dict.fromkeys(args.keep, keep) | dict.fromkeys(args.reject, reject)


def _list(args: Args, screen: Screen, waits: dict[str, State]) -> int:
    if args.json:
        screen.give(json.dumps(document(waits), indent=2))
        return Exit.IN_DOUBT if waits else Exit.OK
    for id_, state in waits.items():
        told = row(state)
        screen.say(f"{id_}: {told.video}: {told.reason}")
        screen.say(f"  portrait  {visible(told.portrait)}")
    if not waits:
        screen.say("no video waits to be looked at")
        return Exit.OK
    screen.say(f"{counted(len(waits), 'video')} to look at, then")
    screen.say(f"  s2v review {named(args)} --keep ID ...     # it counts, and moves to videos/")
    screen.say(f"  s2v review {named(args)} --reject ID ...   # it does not; s2v retry may buy another")
    return Exit.IN_DOUBT


def _tell(args: Args, screen: Screen, decisions: Decisions, waits: dict[str, State]) -> int:
    words = {"keep": "kept; it stands in videos/", "reject": "rejected; the file is kept in rejected/"}
    if args.json:
        screen.give(json.dumps({**document(waits), "decided": dict(decisions)}, indent=2))
        return Exit.OK
    for id_, decision in decisions.items():
        screen.say(f"{id_}: {words[decision]}")
    if waits:
        screen.say(f"{counted(len(waits), 'video')} still to look at: s2v review {named(args)}")
    elif "reject" in decisions.values():
        screen.say(f"next: s2v retry {named(args)}   # buys what was rejected anew")
    return Exit.OK
