"""`s2v log`: every fact of the journal as one line of JSON, for people and for jq."""

from __future__ import annotations

from ...core.life.lifecycle import apply
from ...core.life.state import State
from ...edge.journal.journal import Journal
from ...errors import Exit
from ...events import Planned
from ...report.document import event_line
from ..args import Args
from ..plan.choosing import keys_of_ids
from ..plan.target import existing_folder_of
from ..screen import Screen


def log(args: Args, screen: Screen) -> int:
    """Print the journal's events, oldest first."""
    folder = existing_folder_of(args)
    states: dict[str, State] = {}
    with Journal.read(folder) as book:
        asked = frozenset(keys_of_ids(args, book)) if args.ids else None
        for _, key, stamped in book.events():
            if asked is not None and key not in asked:
                continue
            known = states.get(key)
            if known is not None:
                states[key] = apply(known, stamped)
            elif isinstance(stamped.event, Planned):
                states[key] = State(item=stamped.event.item)
            screen.give(event_line(states[key], stamped))
    return Exit.OK
