"""`s2v explain`: one item's whole story, from the manifest to the file, as its journal tells it."""

from __future__ import annotations

import json

from ...core.life.lifecycle import Outcome
from ...core.life.state import Phase, State
from ...core.sums.sums import summarise
from ...core.sums.tally import Row, row
from ...edge.disk.holder import holder
from ...edge.journal.journal import Journal
from ...errors import Exit
from ...report.advice import advice_on, at_work
from ...report.document import event_line, item_document
from ...report.story import told
from ...report.text import inert, iso, visible
from ...values import replace
from ..args import Args
from ..books import facts_here
from ..plan.choosing import keys_of_ids
from ..plan.target import existing_folder_of
from ..reporting import meanwhile
from ..screen import Screen


def explain(args: Args, screen: Screen) -> int:
    """Tell what happened to each item that is named."""
    folder = existing_folder_of(args)
    who = holder(folder)
    with Journal.read(folder) as book:
        run = replace(facts_here(book, folder, is_own=folder != args.target), holder=who)
        for key in keys_of_ids(args, book):
            state = book.state(key)
            assert state is not None
            summed = meanwhile(row(state), who)
            if args.json:
                screen.give_json(_document(book, state, summed))
            else:
                _tell(screen, book, state, summed, who)
                if step := advice_on(run, summarise([summed])):
                    screen.say(f"next: {step.command}   # {step.why}")
    return Exit.OK


def _tell(screen: Screen, book: Journal, state: State, summed: Row, who: str | None) -> None:
    item, is_doubt = state.item, summed.state is Outcome.IN_DOUBT
    stands = f"being bought or in doubt; {at_work(who)}" if who and is_doubt else summed.state.replace("_", " ")
    screen.say(f"{state.label}: {stands}")
    none = "purged" if state.phase is Phase.PURGED else "none"
    screen.say(f"  portrait  {visible(summed.portrait) or none} (sha256 {item.portrait.sha256[:12]})")
    screen.give(f"  prompt    {none if item.prompt is None else inert(visible(item.prompt))}")
    for stamped in book.history(item.key):
        screen.say(f"  {iso(stamped.at)}  {told(stamped.event)}")


def _document(book: Journal, state: State, summed: Row) -> dict[str, object]:
    events = [json.loads(event_line(state, stamped)) for stamped in book.history(state.item.key)]
    return {**item_document(summed), "events": [{k: e[k] for k in ("at", "event", "facts")} for e in events]}
